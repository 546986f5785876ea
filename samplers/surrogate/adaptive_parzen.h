// AdaptiveParzen: the density of one number as hyperopt and NNI estimate it. Layer 2; read-only
// after construction; any thread.
//
//   p(x) = sum_k w_k N(x; mu_k, sigma_k) / sum_k w_k (Phi_k(high) - Phi_k(low))
//
// The centres are the observations and the prior's middle, sorted; sigma_k is the larger distance
// to a neighbour (at the ends, the only one), the prior's own that of the prior; all are clipped
// to [prior sigma / min(100, K + 1), prior sigma], K the number of centres. A single observation
// has half the prior's. Not the same as Parzen, where each kernel is cut off for itself and the
// prior's centre is no neighbour.
#pragma once

#include <limits>
#include <span>
#include <vector>

#include "model/rng.h"

namespace sweepjob {

struct NumberPrior {
  double mean = 0.5;
  double sigma = 1;
  double low = 0;
  double high = 1;
};
// Of a parameter that is uniform between 0 and 1, and of a standard normal one.
inline constexpr NumberPrior kUniformPrior{};
inline constexpr NumberPrior kNormalPrior{0, 1, -std::numeric_limits<double>::infinity(),
                                          std::numeric_limits<double>::infinity()};

class AdaptiveParzen {
 public:
  AdaptiveParzen(std::span<const double> observations, std::span<const double> weights,
                 double prior_weight, const NumberPrior& prior);

  [[nodiscard]] double log_density(double x) const;
  [[nodiscard]] double draw(RandomStream& stream) const;
  [[nodiscard]] const std::vector<double>& centres() const { return centres_; }
  [[nodiscard]] const std::vector<double>& widths() const { return widths_; }

 private:
  NumberPrior prior_;
  std::vector<double> centres_;  // sorted
  std::vector<double> widths_;
  std::vector<double> weights_;  // summing to 1
  std::vector<double> masses_;   // cumulated, of what lies inside the bounds
};

}  // namespace sweepjob
