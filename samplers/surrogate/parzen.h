// Parzen: a density over the points of a space, one product kernel for each observation and one for
// the prior. Layer 2; read-only after construction; any thread.
//
//   p(x) = sum_k w_k prod_axis K_axis(x | k),  the prior's kernel last
//
//   Real        the normal at the observation's coordinate, truncated to [0, 1], width sigma_k
//   Steps       the same normal's mass over the step, or its density at the step's middle
//   Categories  (off + [x = observed]) / (1 + off * count), off = prior_weight / kernels
//
// The widths are those of Bergstra et al. 2011 in Optuna's form: the larger distance to a neighbour
// (Gaps), or one for all, 0.2 m^(-1/(d+4)) for m observations of d axes (SampleSize). They are
// clipped to [smallest, 1]; `smallest` is 1 / min(100, kernels + 1) unless the rule gives one.
//
// Densities are relative to the prior: uniform in coordinates, so that an axis on which an
// observation or the point itself is not active contributes a factor of 1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <Eigen/Core>

#include "model/rng.h"
#include "samplers/surrogate/encoding.h"

namespace sweepjob {

struct ParzenRule {
  enum class Width : std::uint8_t { Gaps, SampleSize };

  Width width = Width::Gaps;
  bool consider_endpoints = false;  // the ends of the range count as neighbours of the outermost
  bool magic_clip = true;           // else nothing but 1e-12 bounds the widths from below
  std::optional<double> smallest;   // instead of the magic clip
  double prior_weight = 1;
  bool step_masses = true;  // else densities, and widths of half a step at least: quicker
};

// Of values in [0, 1]: the larger distance to a neighbour, of the outermost to their only one.
[[nodiscard]] std::vector<double> neighbour_gaps(std::span<const double> values,
                                                 bool consider_endpoints);

class Parzen {
 public:
  // Over some of the encoding's axes, constant ones excepted. `points` are snapped; their weights
  // are relative to prior_weight. All of these outlive the density, but for `rule`.
  Parzen(const Encoding& encoding, std::span<const std::size_t> axes,
         std::span<const Point* const> points, std::span<const double> weights, ParzenRule rule);

  // ln p(x) - ln prior(x); x is snapped.
  [[nodiscard]] double log_density(const Point& point) const;
  // Sets the axes of this density, each after the one on which it depends. Not snapped but for the
  // categories; NaN where not active.
  void draw(RandomStream& stream, Point& point) const;

  // For tests: the width of each observation's kernel on one of the axes.
  [[nodiscard]] std::vector<double> widths(std::size_t axis) const;

 private:
  struct Dimension {
    std::size_t axis = 0;
    bool is_category = false;
    bool has_inactive = false;
    Eigen::ArrayXd at;         // of the observations; 0 where not active
    Eigen::ArrayXd precision;  // 1 / width; 0 where not active
    Eigen::ArrayXd log_scale;  // ln of what the bell is multiplied with; 0 where not active
    std::vector<bool> active;  // where some are not
    // Of categories: ln K relative to the prior, and the probability of a draw from the prior.
    double log_same = 0;
    double log_other = 0;
    double uniform_share = 0;
  };

  void add_number(Dimension& dimension, const ParzenRule& rule);
  void add_category(Dimension& dimension, double prior_weight);
  void add_step_masses(const Dimension& dimension, double coordinate, Eigen::ArrayXd& terms) const;
  [[nodiscard]] double draw_number(const Dimension& dimension, std::size_t kernel, double u) const;

  const Encoding& encoding_;
  std::span<const Point* const> points_;
  bool step_masses_;
  std::vector<Dimension> dimensions_;
  Eigen::ArrayXd log_weights_;     // prior last
  std::vector<double> cumulated_;  // of the weights
};

}  // namespace sweepjob
