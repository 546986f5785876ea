// CmaEs: a normal search distribution that learns from ranked points. Layer 2; no randomness and no
// clock of its own; as thread-safe as a value.
//
//   x = m + sigma B D z, z standard normal;   m, sigma, C = B D^2 B' learn from y = (x - m) / sigma
//
// Active CMA-ES: N. Hansen, "The CMA evolution strategy: a tutorial", 2016 (constants: its table
// 1). Separable, for many dimensions: R. Ros and N. Hansen, PPSN 2008. Margin, for axes of steps:
// R. Hamano et al., "CMA-ES with margin", GECCO 2022. Learning-rate adaptation: M. Nomura et al.,
// "CMA-ES with learning rate adaptation", GECCO 2023. Points from elsewhere: N. Hansen, "Injecting
// external solutions into CMA-ES", 2011.
//
// Beyond these: equal losses share their weights, so that a plateau or a row of failures moves
// nothing in a direction that only the order of arrival has chosen.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <Eigen/Core>

namespace sweepjob {

struct CmaConstants {
  std::size_t dimensions = 0;
  std::size_t lambda = 0;
  std::size_t mu = 0;
  double mu_eff = 0;
  double c1 = 0;
  double c_mu = 0;
  double c_sigma = 0;
  double d_sigma = 0;
  double c_c = 0;
  double chi = 0;               // the mean length of a standard normal vector
  std::vector<double> weights;  // lambda; the later half negative, or 0 where separable
};

// Both numbers at least 1 and 2.
[[nodiscard]] CmaConstants cma_constants(std::size_t dimensions, std::size_t lambda);
[[nodiscard]] CmaConstants separable_cma_constants(std::size_t dimensions, std::size_t lambda);

// The weight of each point of a generation: by rank, shared among equal losses; NaN, a failure,
// ranks last. Of more points than lambda the best mu and the worst lambda - mu count. Positive ones
// add up to 1.
struct RankWeights {
  std::vector<double> positive;
  std::vector<double> negative;
};
[[nodiscard]] RankWeights rank_weights(const CmaConstants& constants,
                                       std::span<const double> losses);

class CmaEs {
 public:
  using Vector = Eigen::VectorXd;
  using Matrix = Eigen::MatrixXd;

  struct Start {
    Vector mean;
    double sigma = 1;
    Matrix covariance = {};  // empty: the identity
    std::size_t lambda = 0;
    // So many generations learn a diagonal C, some d/3 times quicker, before a full one.
    std::uint64_t separable_generations = 0;
    bool lr_adapt = false;  // with a full one from the start only
    // By axis: where one step ends and the next begins, ascending; none: real-valued.
    std::vector<std::vector<double>> limits = {};
  };
  struct Member {
    Vector x;  // as drawn, before spread()
    double loss = 0;
    // Not drawn from this distribution: its step is shortened to what a draw might have been.
    bool injected = false;
    // Axes that played no part: they leave the mean where it is. Empty: none.
    std::vector<bool> inactive = {};
  };
  enum class Stop : std::uint8_t { No, FlatLosses, TinySteps, Diverged, NoEffect, IllConditioned };

  explicit CmaEs(Start start);

  [[nodiscard]] const CmaConstants& constants() const { return constants_; }
  [[nodiscard]] const Vector& mean() const { return mean_; }
  [[nodiscard]] double sigma() const { return sigma_; }
  [[nodiscard]] Vector deviations() const;  // of what spread() gives, by axis
  [[nodiscard]] std::uint64_t generation() const { return generation_; }
  [[nodiscard]] double eta_mean() const { return eta_mean_; }  // of lr_adapt

  [[nodiscard]] Vector draw(const Vector& standard_normal) const;
  // With margin what is tried is m + A (x - m), and back.
  [[nodiscard]] Vector spread(const Vector& x) const;
  [[nodiscard]] Vector unspread(const Vector& tried) const;

  // At least lambda members, not all of them failed.
  void tell(const std::vector<Member>& members);
  [[nodiscard]] Stop stop() const;

 private:
  struct Steps {
    std::vector<Vector> y;
    RankWeights weights;
    Vector mean;  // weighted
    double mu_eff = 0;
  };
  struct RateAdaptation {
    Vector mean_average;
    Matrix covariance_average;
    double mean_square = 0;
    double covariance_square = 0;
    double eta_covariance = 1;
  };

  [[nodiscard]] Steps steps_of(const std::vector<Member>& members) const;
  [[nodiscard]] Vector whitened(const Vector& y) const;  // C^(-1/2) y
  void move_mean(const std::vector<Member>& members, const Steps& steps);
  [[nodiscard]] bool adapt_paths(const Steps& steps);
  void adapt_covariance(const Steps& steps, bool stalled_path);
  void adapt_rates(const Vector& old_mean, double old_sigma, const Matrix& old_covariance);
  void decompose();
  void fill_covariance();
  void keep_margin();
  void keep_margin_at_the_end(std::size_t axis, double limit, double deviation, double below,
                              double above);
  void keep_margin_inside(std::size_t axis, std::pair<double, double> around, double deviation,
                          double below, double above);
  void remember(const std::vector<Member>& members);

  CmaConstants constants_;
  bool separable_;
  std::uint64_t separable_generations_;
  bool lr_adapt_;
  std::vector<std::vector<double>> limits_;
  double margin_ = 0;
  double first_sigma_;
  std::uint64_t generation_ = 0;
  Vector mean_;
  double sigma_;
  Matrix covariance_;  // full only
  Matrix basis_;       // B; full only
  Vector variances_;   // C's diagonal
  Vector scales_;      // D; the roots of C's diagonal where separable
  Vector spread_;      // A
  Vector path_sigma_;
  Vector path_c_;
  std::uint64_t decomposed_at_ = 0;
  double eta_mean_ = 1;
  RateAdaptation rates_;
  struct Span {
    double best = 0;
    double worst = 0;
  };
  std::deque<Span> recent_;
  std::optional<double> first_span_;
};

}  // namespace sweepjob
