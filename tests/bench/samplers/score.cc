#include "tests/bench/samplers/score.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "model/check.h"

namespace sweepjob::bench {

Quartiles quartiles_of(std::vector<double> values) {
  SWEEPJOB_CHECK(!values.empty(), "quartiles are of something");
  std::sort(values.begin(), values.end());
  const auto at = [&](double share) {
    const double place = share * static_cast<double>(values.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    const std::size_t above = std::min(below + 1, values.size() - 1);
    return std::lerp(values[below], values[above], place - static_cast<double>(below));
  };
  return {at(0.25), at(0.5), at(0.75)};
}

double score_of(double median_regret, double random_regret, double floor) {
  SWEEPJOB_CHECK(random_regret > 0, "a problem that random search solves says nothing");
  return std::max(floor, median_regret / random_regret);
}

double error_of(const Quartiles& regret, double random_regret, double floor, std::uint32_t seeds) {
  const double spread = std::log(score_of(regret.high, random_regret, floor)) -
                        std::log(score_of(regret.low, random_regret, floor));
  constexpr double kQuartilesOfNormal = 1.349;
  return 1.25 * spread / kQuartilesOfNormal / std::sqrt(static_cast<double>(seeds));
}

double geometric_mean(std::span<const double> scores) {
  SWEEPJOB_CHECK(!scores.empty(), "a mean is of something");
  double sum = 0;
  for (const double score : scores) sum += std::log(score);
  return std::exp(sum / static_cast<double>(scores.size()));
}

}  // namespace sweepjob::bench
