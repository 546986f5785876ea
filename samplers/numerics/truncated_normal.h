// The standard normal distribution cut off at both ends, exact far out in its tails. Layer 2; pure
// functions; any thread.
//
//   log_normal_mass(a, b)               ln(Phi(b) - Phi(a))
//   truncated_normal_quantile(u, a, b)  x with Phi(x) = Phi(a) + u (Phi(b) - Phi(a))
//   log_sum_exp(x)                      ln sum_i exp(x_i)
//
// Boost.Math has the distribution and its quantile, but neither a logarithm of the distribution
// function that survives its underflow nor one of a difference; both are here.
#pragma once

#include <span>

namespace sweepjob {

[[nodiscard]] double normal_cdf(double z);
// Accurate where normal_cdf() is 0: the asymptotic series of Abramowitz and Stegun 26.2.12.
[[nodiscard]] double log_normal_cdf(double z);
// a <= b; -infinity where they are equal. The right tail is computed as the left one.
[[nodiscard]] double log_normal_mass(double a, double b);
// u in [0, 1], a < b; the result is in [a, b].
[[nodiscard]] double truncated_normal_quantile(double u, double a, double b);
// -infinity of nothing, and of nothing but -infinity.
[[nodiscard]] double log_sum_exp(std::span<const double> terms);

}  // namespace sweepjob
