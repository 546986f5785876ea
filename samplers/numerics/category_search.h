// CategorySearch: independent distributions over categories that learn from ranked points, the
// companion of CmaEs for mixed spaces. Layer 2; no randomness of its own; as thread-safe as a
// value.
//
//   q <- q + (delta / |G|) G,   G = sum of w_i (onehot(c_i) - q), the natural gradient
//
// with delta from the agreement of successive gradients, and every q at least a margin, so that no
// category is ever lost: R. Hamano et al., "CatCMA: stochastic optimization for mixed-category
// problems", GECCO 2024 (algorithm 1); Y. Akimoto et al., "Adaptive stochastic natural gradient
// method for one-shot neural architecture search", ICML 2019 (ASNG).
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace sweepjob {

class CategorySearch {
 public:
  static constexpr std::size_t kInactive = static_cast<std::size_t>(-1);

  // Of each axis: how many categories, at least 2. `discrete_axes`, those of steps included, share
  // the chance that the margins leave to something new.
  CategorySearch(std::vector<std::size_t> counts, std::size_t discrete_axes);

  // The category at u in [0, 1).
  [[nodiscard]] std::size_t at(std::size_t axis, double u) const;
  [[nodiscard]] const std::vector<double>& probabilities(std::size_t axis) const {
    return probabilities_[axis];
  }

  // For each point its category by axis, or kInactive, and its weight, at least 0.
  void tell(const std::vector<std::vector<std::size_t>>& points, std::span<const double> weights);

 private:
  void keep_margin(std::size_t axis);

  std::vector<std::vector<double>> probabilities_;
  std::vector<double> margins_;
  std::size_t free_count_ = 0;
  std::vector<double> agreement_;  // the accumulated direction
  double gamma_ = 0;               // its expected square length
  double inverse_step_ = 1;        // 1 / delta
};

}  // namespace sweepjob
