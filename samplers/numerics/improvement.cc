#include "samplers/numerics/improvement.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace sweepjob {
namespace {

// From here on the series of Mills' ratio is exact to double precision.
constexpr double kSeriesFrom = 25;

double log_density(double z) { return -0.5 * z * z - 0.5 * std::log(2 * std::numbers::pi); }

double probability_below(double z) { return 0.5 * std::erfc(-z / std::numbers::sqrt2); }

// 1 - x R(x) with Mills' ratio R(x) = Phi(-x) / phi(x); h(-x) is phi(x) times this.
double one_minus_mills(double x) {
  if (x < kSeriesFrom) {
    const double ratio = probability_below(-x) / std::exp(log_density(x));
    return 1 - x * ratio;
  }
  const double t = 1 / (x * x);
  return t * (1 - 3 * t * (1 - 5 * t * (1 - 7 * t * (1 - 9 * t * (1 - 11 * t)))));
}

}  // namespace

double expected_improvement(double target, double mean, double deviation) {
  if (!(deviation > 0)) return std::max(0.0, target - mean);
  const double z = (target - mean) / deviation;
  return deviation * std::max(0.0, std::exp(log_density(z)) + z * probability_below(z));
}

double log_expected_improvement(double target, double mean, double deviation) {
  if (!(deviation > 0)) return std::log(std::max(0.0, target - mean));
  const double z = (target - mean) / deviation;
  const double log_h = z > -1 ? std::log(std::exp(log_density(z)) + z * probability_below(z))
                              : log_density(z) + std::log(one_minus_mills(-z));
  return std::log(deviation) + log_h;
}

}  // namespace sweepjob
