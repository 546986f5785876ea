#include "samplers/surrogate/process_fit.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "samplers/numerics/bounded_minimum.h"

namespace sweepjob {
namespace {

struct NormalPrior {
  double mean = 0;
  double deviation = 1;
  double lower = 0;
  double upper = 0;
};

constexpr MinimumLimits kFirst{8, 1e-2, 1e-5};  // from each start
constexpr MinimumLimits kThen{30, 1e-2, 1e-5};
constexpr double kLogWeight = 6 - 2 * std::numbers::sqrt2;
constexpr double kLogWeightDeviation = 2 * std::numbers::sqrt3;
constexpr double kShortWeight = 30;  // of the second start: length scales of a sixth of the range
constexpr double kMuchNoise = 0.3;   // of the third

}  // namespace

Hyperparameters fit_hyperparameters(const FeatureMap& map, const Features& points,
                                    const Eigen::VectorXd& losses, std::optional<double> noise) {
  const Eigen::Index weights = map.weight_count();
  const double dimensions = std::max<double>(1, static_cast<double>(weights));
  std::vector<NormalPrior> priors(
      static_cast<std::size_t>(weights),
      {kLogWeight - std::log(dimensions), kLogWeightDeviation, std::log(1e-4), std::log(1e4)});
  priors.push_back({0, 1, std::log(1e-2), std::log(1e2)});
  priors.push_back({std::log(1e-4), 2, std::log(kLeastNoise), 0});
  Eigen::VectorXd mean(weights + 2), lower(weights + 2), upper(weights + 2), inverse(weights + 2);
  for (Eigen::Index i = 0; i < mean.size(); ++i) {
    const NormalPrior& prior = priors[static_cast<std::size_t>(i)];
    mean[i] = prior.mean;
    lower[i] = prior.lower;
    upper[i] = prior.upper;
    inverse[i] = 1 / (prior.deviation * prior.deviation);
  }
  if (noise) {
    mean[weights + 1] = lower[weights + 1] = upper[weights + 1] =
        std::log(std::max(*noise, kLeastNoise));
  }
  const Differentiable loss = [&](const Eigen::VectorXd& packed, Eigen::VectorXd& gradient) {
    const auto likelihood =
        log_likelihood(map, points, losses, Hyperparameters::unpacked(packed), &gradient);
    if (!likelihood) return std::numeric_limits<double>::infinity();
    const Eigen::VectorXd off = packed - mean;
    const Eigen::VectorXd pull = inverse.cwiseProduct(off);
    gradient = pull - gradient;
    return 0.5 * off.dot(pull) - *likelihood;
  };
  Eigen::VectorXd rough = mean, noisy = mean;
  rough.head(weights).setConstant(std::log(kShortWeight));
  noisy[weights + 1] = std::log(kMuchNoise);
  BoundedMinimum best = minimize_bounded(loss, mean, lower, upper, kFirst);
  for (const Eigen::VectorXd& start : {rough, noisy}) {
    BoundedMinimum other = minimize_bounded(loss, start, lower, upper, kFirst);
    if (other.value < best.value) best = std::move(other);
  }
  if (best.evaluations >= kFirst.max_evaluations) {
    BoundedMinimum other = minimize_bounded(loss, best.at, lower, upper, kThen);
    if (other.value < best.value) best = std::move(other);
  }
  return Hyperparameters::unpacked(best.at);
}

}  // namespace sweepjob
