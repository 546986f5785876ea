#include "samplers/numerics/expected_improvement.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace sweepjob {
namespace {

constexpr double kTail = -25;  // z below which the asymptotic series is exact to 1e-12
constexpr int kTerms = 8;
const double kLogRootTwoPi = 0.5 * std::log(2 * std::numbers::pi);

double normal_density(double z) {
  return std::exp(-0.5 * z * z) * (std::numbers::inv_sqrtpi / std::numbers::sqrt2);
}

// normal_probability() is exact to more digits and several times slower: gradients come here often.
double normal_below(double z) { return 0.5 * std::erfc(-z / std::numbers::sqrt2); }

}  // namespace

LogImprovement log_improvement(double z) {
  if (z >= kTail) {
    const double below = normal_below(z);
    const double h = z * below + normal_density(z);
    return {std::log(h), below / h};
  }
  // 1 + z M(z) = sum_k (-1)^k (2k+1)!! / z^(2k+2), and -z M(z) = 1 - that.
  const double inverse = 1 / (z * z);
  double term = inverse;
  double rest = 0;
  for (int k = 0; k < kTerms; ++k) {
    rest += term;
    term *= -(2 * k + 3) * inverse;
  }
  return {-0.5 * z * z - kLogRootTwoPi + std::log(rest), (1 - rest) / (-z * rest)};
}

double expected_improvement(double target, double mean, double deviation) {
  if (!(deviation > 0)) return std::max(0.0, target - mean);
  const double z = (target - mean) / deviation;
  return deviation * std::max(0.0, z * normal_below(z) + normal_density(z));
}

double log_expected_improvement(double target, double mean, double deviation) {
  if (!(deviation > 0)) return std::log(std::max(0.0, target - mean));
  return std::log(deviation) + log_improvement((target - mean) / deviation).value;
}

Utility::Value Utility::at(double mean, double deviation) const {
  const double z = (target - mean) / deviation;
  switch (kind) {
    case Kind::LogImprovement: {
      const auto [value, slope] = log_improvement(z);
      return {std::log(deviation) + value, -slope / deviation, (1 - slope * z) / deviation};
    }
    case Kind::Improvement: {
      const double below = normal_below(z), density = normal_density(z);
      return {deviation * (z * below + density), -below, density};
    }
    case Kind::Probability: {
      const double density = normal_density(z);
      return {normal_below(z), -density / deviation, -density * z / deviation};
    }
    case Kind::Confidence: break;
  }
  return {kappa * deviation - mean, -1, kappa};
}

}  // namespace sweepjob
