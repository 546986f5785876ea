// Linear quantiles (numpy's default) of an OrderStatistics of rank keys, counted from the best:
//   h = q * (n - 1);  the key between the floor(h)-th best and the next, at share h - floor(h)
// so that a quantile of minimised values is exactly the mirror of one of maximised values. No
// arithmetic is done on WORST: a quantile that leans on one is WORST. Layer 2.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "model/check.h"
#include "model/objective.h"
#include "policies/order_statistics.h"

namespace sweepjob {

inline constexpr double kWorstKey = -std::numeric_limits<double>::infinity();

// What rank_key() was made from; 0 for both zeros, which compare equal and must print alike.
[[nodiscard]] inline double value_of_key(Goal goal, double key) {
  if (std::isinf(key)) return kWorst;
  return goal == Goal::Minimize ? 0.0 - key : key + 0.0;
}

struct Quantile {
  double key = kWorstKey;
  // The keys on both sides; equal when it hits one.
  double better = kWorstKey;
  double worse = kWorstKey;
};

struct QuantilePosition {
  std::size_t index = 0;  // from the best
  double share = 0;       // towards the next
};

// q = numerator / denominator <= 1 in integers, so that a position that is whole is hit exactly.
[[nodiscard]] inline QuantilePosition quantile_position(std::size_t count, std::uint64_t numerator,
                                                        std::uint64_t denominator) {
  const std::uint64_t scaled = (count - 1) * numerator;
  return {static_cast<std::size_t>(scaled / denominator),
          static_cast<double>(scaled % denominator) / static_cast<double>(denominator)};
}

[[nodiscard]] inline Quantile quantile_at(const OrderStatistics& keys, QuantilePosition position) {
  const std::size_t count = keys.size();
  SWEEPJOB_CHECK(position.index < count, "a quantile lies among the keys");
  Quantile result;
  result.better = keys.select(count - 1 - position.index);
  const bool between = position.share > 0 && position.index + 1 < count;
  result.worse = between ? keys.select(count - 2 - position.index) : result.better;
  result.key = std::isinf(result.worse)
                   ? kWorstKey
                   : std::lerp(result.better, result.worse, between ? position.share : 0.0);
  return result;
}

}  // namespace sweepjob
