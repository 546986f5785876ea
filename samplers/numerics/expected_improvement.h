// Acquisition functions of a normal prediction, for minimising. Layer 2; pure; any thread.
//
// With z = (target - mean) / deviation, phi and Phi the normal density and distribution function:
//
//   h(z) = z Phi(z) + phi(z)         expected improvement EI = deviation * h(z)
//   log EI = ln deviation + ln h(z)  in the far tail, where h underflows or cancels (z < -25):
//   ln h = -z^2/2 - ln sqrt(2 pi) + ln(1 + z M(z)), with 1 + z M(z) from the asymptotic series of
//   the Mills ratio M
//
// S. Ament et al., "Unexpected Improvements to Expected Improvement", NeurIPS 2023.
#pragma once

#include <cstdint>

namespace sweepjob {

struct LogImprovement {
  double value = 0;  // ln h(z)
  double slope = 0;  // its derivative by z: Phi(z) / h(z)
};
[[nodiscard]] LogImprovement log_improvement(double z);

// EI and its logarithm; with a deviation of 0, max(0, target - mean) and the logarithm of that.
[[nodiscard]] double expected_improvement(double target, double mean, double deviation);
[[nodiscard]] double log_expected_improvement(double target, double mean, double deviation);

// What a point is worth, larger is better, with the derivatives by mean and deviation.
struct Utility {
  enum class Kind : std::uint8_t { LogImprovement, Improvement, Probability, Confidence };
  struct Value {
    double value = 0;
    double by_mean = 0;
    double by_deviation = 0;
  };

  Kind kind = Kind::LogImprovement;
  double target = 0;  // what is to be improved upon, xi taken off already
  double kappa = 5;   // of Confidence: kappa deviations below the mean, negated

  // `deviation` is above 0.
  [[nodiscard]] Value at(double mean, double deviation) const;
};

}  // namespace sweepjob
