#include "policies/curve_ensemble.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include <boost/math/distributions/normal.hpp>

#include "policies/learning_curves.h"

namespace sweepjob {

namespace {

constexpr std::size_t kLeastFamilies = 4;
constexpr std::size_t kVectors = 10;
constexpr int kRounds = 20;
constexpr double kStep = 0.0005;

// What a fitted family says at 1..n, and at the target.
struct Fitted {
  std::vector<double> at;
  double target = 0;
};

using Weights = std::vector<double>;

double squared_error(std::span<const double> y, const std::vector<double>& predicted) {
  double sum = 0;
  for (std::size_t i = 0; i < y.size(); ++i) sum += (y[i] - predicted[i]) * (y[i] - predicted[i]);
  return sum;
}

// The mean of the two middle ones where the number is even; sorts. Not empty.
double median_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

double deviation_of(const std::vector<double>& values) {
  const auto count = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / count;
  double sum = 0;
  for (const double value : values) sum += (value - mean) * (value - mean);
  return std::sqrt(sum / count);
}

std::vector<Fitted> fit_all(std::span<const double> y, std::uint32_t target) {
  const auto n = static_cast<double>(y.size());
  const double mean = std::accumulate(y.begin(), y.end(), 0.0) / n;
  std::vector<Fitted> fits;
  for (const CurveFamily& family : curve_families()) {
    const CurveParameters parameters = fit_curve(family, y).parameters;
    Fitted fit;
    fit.at.reserve(y.size());
    for (std::size_t i = 0; i < y.size(); ++i) {
      fit.at.push_back(family.value(static_cast<double>(i + 1), parameters));
    }
    fit.target = family.value(target, parameters);
    // A value that is no number fails the comparison.
    if (squared_error(y, fit.at) < n * mean * mean) fits.push_back(std::move(fit));
  }
  return fits;
}

std::vector<Fitted> agreeing(std::vector<Fitted> fits) {
  if (fits.empty()) return fits;
  const auto n = static_cast<double>(fits.front().at.size());
  std::vector<double> last;
  last.reserve(fits.size());
  for (const Fitted& fit : fits) last.push_back(fit.at.back());
  const double median = median_of(last);
  const double room = n / 10 * deviation_of(last);
  std::erase_if(fits, [&](const Fitted& fit) { return !(std::fabs(fit.target - median) < room); });
  return fits;
}

// The posterior density of weight vectors, as its logarithm up to a constant.
class Posterior {
 public:
  Posterior(std::span<const double> y, const std::vector<Fitted>& fits) : y_(y), fits_(fits) {}

  [[nodiscard]] double log_density(const Weights& weights) const {
    constexpr double kNone = -std::numeric_limits<double>::infinity();
    if (std::any_of(weights.begin(), weights.end(), [](double w) { return !(w > 0); })) {
      return kNone;
    }
    if (!(at(0, weights) < target(weights))) return kNone;
    double sum = 0;
    for (std::size_t i = 0; i < y_.size(); ++i) {
      const double residual = y_[i] - at(i, weights);
      sum += residual * residual;
    }
    const auto n = static_cast<double>(y_.size());
    return -n / 4 * std::log(sum / n);  // sigma^(-n/2); the rest is the same for all
  }
  [[nodiscard]] double target(const Weights& weights) const {
    double sum = 0;
    for (std::size_t j = 0; j < weights.size(); ++j) sum += weights[j] * fits_[j].target;
    return sum;
  }

 private:
  [[nodiscard]] double at(std::size_t i, const Weights& weights) const {
    double sum = 0;
    for (std::size_t j = 0; j < weights.size(); ++j) sum += weights[j] * fits_[j].at[i];
    return sum;
  }

  std::span<const double> y_;
  const std::vector<Fitted>& fits_;
};

// The midpoint of one of 2^52 cells, so that the quantile is finite.
double standard_normal(RandomStream& random) {
  const double uniform = (static_cast<double>(random.next() >> 12) + 0.5) * 0x1.0p-52;
  return boost::math::quantile(boost::math::normal(), uniform);
}

Weights neighbour_of(const Weights& weights, RandomStream& random) {
  Weights result;
  result.reserve(weights.size());
  for (const double weight : weights) result.push_back(weight + kStep * standard_normal(random));
  const double sum = std::accumulate(result.begin(), result.end(), 0.0);
  for (double& weight : result) weight /= sum;
  return result;
}

double sampled_target(const Posterior& posterior, std::size_t families, RandomStream& random) {
  double sum = 0;
  for (std::size_t vector = 0; vector < kVectors; ++vector) {
    Weights weights(families, 1.0 / static_cast<double>(families));
    double density = posterior.log_density(weights);
    for (int round = 0; round < kRounds; ++round) {
      Weights proposed = neighbour_of(weights, random);
      const double proposed_density = posterior.log_density(proposed);
      // Of two impossible ones the difference is no number: the old one stays.
      if (!(std::log(random.uniform()) < proposed_density - density)) continue;
      weights = std::move(proposed);
      density = proposed_density;
    }
    sum += posterior.target(weights);
  }
  return sum / static_cast<double>(kVectors);
}

}  // namespace

std::optional<CurvePrediction> predict_curve(std::span<const double> y, std::uint32_t target,
                                             RandomStream random) {
  const std::vector<Fitted> fits = agreeing(fit_all(y, target));
  if (fits.size() < kLeastFamilies) return std::nullopt;
  const double value = sampled_target(Posterior(y, fits), fits.size(), random);
  if (!std::isfinite(value)) return std::nullopt;
  return CurvePrediction{value, fits.size()};
}

}  // namespace sweepjob
