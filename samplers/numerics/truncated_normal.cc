#include "samplers/numerics/truncated_normal.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include <boost/math/special_functions/erf.hpp>

namespace sweepjob {
namespace {

using Policy = boost::math::policies::policy<boost::math::policies::promote_double<false>>;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Left of it Phi loses digits, and soon underflows.
constexpr double kSeriesBelow = -20;
// Where both ends are further out on one side, quantiles are taken in logarithms.
constexpr double kTail = 8;

// x with Phi(x) = exp(log_p), by Newton's method on ln Phi, which is concave; log_p far below 0.
double tail_quantile(double log_p) {
  double x = -std::sqrt(-2 * log_p);
  for (int i = 0; i < 50; ++i) {
    const double log_phi = log_normal_cdf(x);
    const double log_density = -0.5 * x * x - 0.5 * std::log(2 * std::numbers::pi);
    const double step = (log_phi - log_p) / std::exp(log_density - log_phi);
    x -= step;
    if (std::abs(step) < 1e-13 * std::abs(x)) break;
  }
  return x;
}

double left_tail_quantile(double u, double a, double b) {
  const double log_a = log_normal_cdf(a);
  const double log_b = log_normal_cdf(b);
  // ln(Phi(a) (1 - u) + Phi(b) u)
  const double log_p = log_b + std::log(u + (1 - u) * std::exp(log_a - log_b));
  return std::isfinite(log_p) ? tail_quantile(log_p) : a;
}

}  // namespace

double normal_cdf(double z) { return 0.5 * std::erfc(-z / std::numbers::sqrt2); }

double log_normal_cdf(double z) {
  if (z > 6) return std::log1p(-normal_cdf(-z));
  if (z > kSeriesBelow) return std::log(normal_cdf(z));
  if (std::isinf(z)) return -kInfinity;
  double term = 1;
  double sum = 1;
  for (int i = 1; i < 20; ++i) {
    term *= -(2 * i - 1) / (z * z);
    sum += term;
    if (std::abs(term) < std::numeric_limits<double>::epsilon()) break;
  }
  return -0.5 * z * z - std::log(-z) - 0.5 * std::log(2 * std::numbers::pi) + std::log(sum);
}

double log_normal_mass(double a, double b) {
  if (!(a < b)) return -kInfinity;
  if (a > 0) return log_normal_mass(-b, -a);
  if (b > 0) return std::log1p(-normal_cdf(a) - normal_cdf(-b));
  const double log_b = log_normal_cdf(b);
  return log_b + std::log(-std::expm1(log_normal_cdf(a) - log_b));
}

double truncated_normal_quantile(double u, double a, double b) {
  if (a > 0) return -truncated_normal_quantile(1 - u, -b, -a);
  double x;
  if (b < -kTail) {
    x = left_tail_quantile(u, a, b);
  } else {
    const double low = normal_cdf(a);
    const double p = low + u * (normal_cdf(b) - low);
    if (p <= 0) return a;
    if (p >= 1) return b;
    x = -std::numbers::sqrt2 * boost::math::erfc_inv(2 * p, Policy());
  }
  return std::clamp(x, a, b);
}

double log_sum_exp(std::span<const double> terms) {
  double largest = -kInfinity;
  for (const double term : terms) largest = std::max(largest, term);
  if (std::isinf(largest)) return largest;
  double sum = 0;
  for (const double term : terms) sum += std::exp(term - largest);
  return largest + std::log(sum);
}

}  // namespace sweepjob
