#include "samplers/surrogate/adaptive_parzen.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <numeric>

#include "samplers/numerics/truncated_normal.h"

namespace sweepjob {
namespace {

double larger_gap(const std::vector<double>& sorted, std::size_t i) {
  if (i == 0) return sorted[1] - sorted[0];
  const double left = sorted[i] - sorted[i - 1];
  return i + 1 == sorted.size() ? left : std::max(left, sorted[i + 1] - sorted[i]);
}

}  // namespace

AdaptiveParzen::AdaptiveParzen(std::span<const double> observations,
                               std::span<const double> weights, double prior_weight,
                               const NumberPrior& prior)
    : prior_(prior) {
  // The prior's centre is the last one: behind observations that are equal to it.
  const std::size_t count = observations.size() + 1;
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto centre = [&](std::size_t k) { return k + 1 == count ? prior.mean : observations[k]; };
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return centre(a) < centre(b); });
  double sum = prior_weight;
  for (const double weight : weights) sum += weight;
  for (const std::size_t k : order) {
    centres_.push_back(centre(k));
    weights_.push_back((k + 1 == count ? prior_weight : weights[k]) / sum);
  }
  const double smallest = prior.sigma / std::min(100.0, static_cast<double>(count) + 1);
  double mass = 0;
  for (std::size_t i = 0; i < count; ++i) {
    double width = prior.sigma;
    if (order[i] + 1 != count) width = count == 2 ? prior.sigma / 2 : larger_gap(centres_, i);
    width = std::clamp(width, smallest, prior.sigma);
    widths_.push_back(width);
    const double inside = std::exp(
        log_normal_mass((prior.low - centres_[i]) / width, (prior.high - centres_[i]) / width));
    masses_.push_back(mass += weights_[i] * inside);
  }
}

double AdaptiveParzen::log_density(double x) const {
  std::vector<double> terms;
  for (std::size_t i = 0; i < centres_.size(); ++i) {
    const double z = (x - centres_[i]) / widths_[i];
    terms.push_back(std::log(weights_[i] / widths_[i]) - 0.5 * z * z);
  }
  return log_sum_exp(terms) - 0.5 * std::log(2 * std::numbers::pi) - std::log(masses_.back());
}

// Drawing until one lies inside is drawing from what lies inside.
double AdaptiveParzen::draw(RandomStream& stream) const {
  const double target = stream.uniform() * masses_.back();
  const auto found = std::upper_bound(masses_.begin(), masses_.end() - 1, target);
  const auto i = static_cast<std::size_t>(found - masses_.begin());
  const double low = (prior_.low - centres_[i]) / widths_[i];
  const double high = (prior_.high - centres_[i]) / widths_[i];
  // Never 0 or 1, of which an unbounded normal has no quantile.
  const double u = 0x1p-54 + stream.uniform() * (1 - 0x1p-53);
  return centres_[i] + widths_[i] * truncated_normal_quantile(u, low, high);
}

}  // namespace sweepjob
