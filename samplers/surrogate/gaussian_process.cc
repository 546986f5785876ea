#include "samplers/surrogate/gaussian_process.h"

#include <cmath>
#include <numbers>
#include <utility>

#include "model/check.h"
#include "samplers/numerics/matern.h"

namespace sweepjob {
namespace {

// Added to the diagonal, relative to the signal, when points so near each other that rounding makes
// their covariance indefinite leave it without a factor.
constexpr double kFirstJitter = 1e-10;
constexpr double kLastJitter = 1e-3;

// Of the symmetric covariance, with the noise on its diagonal, or as much as it takes; that is the
// result. Nothing when it never takes.
std::optional<double> factor_with_jitter(Eigen::MatrixXd& covariance, double scale, double noise,
                                         Eigen::LLT<Eigen::MatrixXd>& factor) {
  const Eigen::VectorXd diagonal = covariance.diagonal();
  for (double jitter = 0; jitter <= kLastJitter;
       jitter = jitter == 0 ? kFirstJitter : jitter * 10) {
    const double added = noise + jitter * scale;
    covariance.diagonal() = diagonal.array() + added;
    factor.compute(covariance);
    if (factor.info() == Eigen::Success) return added;
  }
  return std::nullopt;
}

}  // namespace

Eigen::VectorXd Hyperparameters::packed() const {
  Eigen::VectorXd result(log_weights.size() + 2);
  result << log_weights, log_scale, log_noise;
  return result;
}

Hyperparameters Hyperparameters::unpacked(const Eigen::VectorXd& packed) {
  const Eigen::Index weights = packed.size() - 2;
  return {packed.head(weights), packed[weights], packed[weights + 1]};
}

std::optional<double> log_likelihood(const FeatureMap& map, const Features& points,
                                     const Eigen::VectorXd& losses,
                                     const Hyperparameters& parameters, Eigen::VectorXd* gradient) {
  const Eigen::VectorXd weights = parameters.log_weights.array().exp();
  const double scale = std::exp(parameters.log_scale), noise = std::exp(parameters.log_noise);
  const Eigen::VectorXd number_weights = map.number_weights(weights);
  const Eigen::VectorXd category_weights = map.category_weights(weights);
  const Eigen::MatrixXd squared =
      squared_distances(points, points, number_weights, category_weights);
  Eigen::MatrixXd correlation, slope;
  matern52(squared, correlation, gradient != nullptr ? &slope : nullptr);
  Eigen::MatrixXd covariance = scale * correlation;
  Eigen::LLT<Eigen::MatrixXd> factor;
  if (!factor_with_jitter(covariance, scale, noise, factor)) return std::nullopt;
  const Eigen::VectorXd alpha = factor.solve(losses);
  const Eigen::Index n = points.rows();
  const double half_log_determinant = factor.matrixLLT().diagonal().array().log().sum();
  const double result = -0.5 * losses.dot(alpha) - half_log_determinant -
                        0.5 * static_cast<double>(n) * std::log(2 * std::numbers::pi);
  if (gradient == nullptr) return result;

  Eigen::MatrixXd outer = factor.solve(Eigen::MatrixXd::Identity(n, n));
  outer = alpha * alpha.transpose() - outer;
  gradient->resize(weights.size() + 2);
  (*gradient)[weights.size()] = 0.5 * scale * outer.cwiseProduct(correlation).sum();
  (*gradient)[weights.size() + 1] = 0.5 * noise * outer.trace();
  // Sum over pairs of M_jk (x_j - x_k)^2 = 2 (sum_j r_j x_j^2 - x^T M x), with r the sums of rows.
  const Eigen::MatrixXd pairs = scale * outer.cwiseProduct(slope);
  const Eigen::VectorXd sums = pairs.rowwise().sum();
  const Eigen::MatrixXd product = pairs * points.numbers;
  gradient->head(weights.size()).setZero();
  for (const FeatureMap::Number& number : map.numbers()) {
    for (Eigen::Index c = number.column; c <= number.column + (number.arc ? 1 : 0); ++c) {
      const auto x = points.numbers.col(c);
      (*gradient)[number.weight] +=
          weights[number.weight] * (sums.dot(x.cwiseAbs2()) - x.dot(product.col(c)));
    }
  }
  for (std::size_t i = 0; i < map.categories().size(); ++i) {
    const auto entries = points.categories.col(static_cast<Eigen::Index>(i)).array();
    double sum = 0;
    for (Eigen::Index j = 0; j < n; ++j) {
      sum += (entries != entries[j]).select(pairs.col(j).array(), 0.0).sum();
    }
    const Eigen::Index weight = map.categories()[i].weight;
    (*gradient)[weight] = 0.5 * weights[weight] * sum;
  }
  return result;
}

GaussianProcess::GaussianProcess(const FeatureMap& map, Features points,
                                 const Eigen::VectorXd& losses, const Hyperparameters& parameters)
    : points_(std::move(points)), losses_(losses) {
  const Eigen::VectorXd weights = parameters.log_weights.array().exp();
  number_weights_ = map.number_weights(weights);
  category_weights_ = map.category_weights(weights);
  scale_ = std::exp(parameters.log_scale);
  noise_ = std::exp(parameters.log_noise);
  factor();
}

void GaussianProcess::factor() {
  Eigen::MatrixXd covariance;
  matern52(squared_distances(points_, points_, number_weights_, category_weights_), covariance,
           nullptr);
  covariance *= scale_;
  const auto added = factor_with_jitter(covariance, scale_, noise_, factor_);
  SWEEPJOB_CHECK(added, "a correlation with a thousandth on its diagonal is positive definite");
  alpha_ = factor_.solve(losses_);
  // K C^-1 y = y - sigma_n^2 C^-1 y
  means_ = losses_ - *added * alpha_;
}

void GaussianProcess::believe(const Features& pending) {
  const Eigen::VectorXd expected = predict(pending).mean;
  points_.append(pending);
  const Eigen::Index known = losses_.size();
  losses_.conservativeResize(known + expected.size());
  losses_.tail(expected.size()) = expected;
  factor();
}

GaussianProcess::Prediction GaussianProcess::predict(const Features& at) const {
  Eigen::MatrixXd covariance;
  matern52(squared_distances(points_, at, number_weights_, category_weights_), covariance, nullptr);
  covariance *= scale_;
  Prediction result;
  result.mean = covariance.transpose() * alpha_;
  factor_.matrixL().solveInPlace(covariance);
  result.variance = (scale_ - covariance.colwise().squaredNorm().array()).max(0.0).matrix();
  return result;
}

GaussianProcess::Slope GaussianProcess::predict_with_slope(const Features& at) const {
  const Eigen::MatrixXd squared =
      squared_distances(points_, at, number_weights_, category_weights_);
  Eigen::MatrixXd value, slope;
  matern52(squared, value, &slope);
  const Eigen::VectorXd covariance = scale_ * value.col(0);
  const Eigen::VectorXd solved = factor_.solve(covariance);
  Slope result;
  result.mean = covariance.dot(alpha_);
  result.variance = std::max(0.0, scale_ - covariance.dot(solved));
  // dk_j/dx = 2 s f'(D_j) w (x - x_j)
  const Eigen::VectorXd factors = 2 * scale_ * slope.col(0);
  const Eigen::VectorXd by_mean = factors.cwiseProduct(alpha_);
  const Eigen::VectorXd by_variance = -2 * factors.cwiseProduct(solved);
  const auto gradient = [&](const Eigen::VectorXd& by) -> Eigen::VectorXd {
    const Eigen::VectorXd differences =
        by.sum() * at.numbers.row(0).transpose() - points_.numbers.transpose() * by;
    return number_weights_.cwiseProduct(differences);
  };
  result.mean_by_column = gradient(by_mean);
  result.variance_by_column = gradient(by_variance);
  return result;
}

}  // namespace sweepjob
