#include "samplers/surrogate/classic_process.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <utility>

#include <Eigen/Cholesky>
#include <boost/math/tools/minima.hpp>

#include "model/check.h"

namespace sweepjob {
namespace {

constexpr double kShortest = 1e-5, kLongest = 1e5;
constexpr int kScan = 47;    // steps of half an e-fold
constexpr int kDigits = 20;  // binary, of Brent's method: as many as a minimum can have
constexpr double kMostJitter = 1e-4;
constexpr double kLeastAmplitude = 1e-12;
const double kRoot3 = std::sqrt(3.0), kRoot5 = std::sqrt(5.0);

using Smoothness = ClassicProcess::Smoothness;

// k and dk/dr of r in length scales.
std::pair<double, double> kernel(Smoothness smoothness, double r) {
  if (smoothness == Smoothness::ThreeHalves) {
    const double decay = std::exp(-kRoot3 * r);
    return {(1 + kRoot3 * r) * decay, -3 * r * decay};
  }
  const double decay = std::exp(-kRoot5 * r);
  return {(1 + kRoot5 * r + 5.0 / 3 * r * r) * decay, -5.0 / 3 * r * (1 + kRoot5 * r) * decay};
}

}  // namespace

ClassicProcess::ClassicProcess(Eigen::MatrixXd points, std::span<const double> losses,
                               const Settings& settings)
    : settings_(settings), points_(std::move(points)) {
  const auto n = static_cast<Eigen::Index>(losses.size());
  SWEEPJOB_CHECK(n > 0 && points_.rows() == n, "a point for each loss");
  losses_ = Eigen::Map<const Eigen::VectorXd>(losses.data(), n);
  // Parts of the largest, so that no sum or square overflows.
  const double largest =
      std::max(losses_.cwiseAbs().maxCoeff(), std::numeric_limits<double>::min());
  losses_ /= largest;
  const double mean = losses_.mean();
  losses_.array() -= mean;
  double deviation = std::sqrt(losses_.squaredNorm() / static_cast<double>(n));
  deviation += settings_.deviation_offset / largest;
  if (!(deviation > 0) || n == 1) deviation = 1;
  losses_ /= deviation;
  mean_ = mean * largest;
  scale_ = deviation * largest;

  distances_.resize(n, n);
  for (Eigen::Index i = 0; i < n; ++i) {
    distances_.col(i) = (points_.rowwise() - points_.row(i)).rowwise().norm();
  }
  const double first = std::log(kShortest), last = std::log(kLongest);
  const double step = (last - first) / (kScan - 1);
  double best = first, best_loss = std::numeric_limits<double>::infinity();
  const auto loss = [&](double log_scale) { return -factorise(std::exp(log_scale)); };
  for (int i = 0; i < kScan; ++i) {
    const double at = first + i * step;
    const double value = loss(at);
    if (value < best_loss) {
      best = at;
      best_loss = value;
    }
  }
  const auto refined = boost::math::tools::brent_find_minima(loss, std::max(first, best - step),
                                                             std::min(last, best + step), kDigits);
  if (refined.second < best_loss) best = refined.first;
  length_scale_ = std::exp(best);
  at_bound_ = best - first < step / 2 || last - best < step / 2;
  log_likelihood_ = factorise(length_scale_);
  SWEEPJOB_CHECK(std::isfinite(log_likelihood_), "the diagonal makes some length scale work");
}

Eigen::MatrixXd ClassicProcess::covariance(double length_scale) const {
  return distances_.unaryExpr(
      [&](double r) { return kernel(settings_.smoothness, r / length_scale).first; });
}

double ClassicProcess::factorise(double length_scale) {
  const Eigen::MatrixXd k = covariance(length_scale);
  for (double jitter = settings_.diagonal; jitter <= kMostJitter || jitter == settings_.diagonal;
       jitter = std::max(jitter * 10, 1e-10)) {
    Eigen::MatrixXd with_diagonal = k;
    with_diagonal.diagonal().array() += jitter;
    const Eigen::LLT<Eigen::MatrixXd> cholesky(with_diagonal);
    if (cholesky.info() != Eigen::Success) continue;
    factor_ = cholesky.matrixL();
    alpha_ = cholesky.solve(losses_);
    const auto n = static_cast<double>(losses_.size());
    const double fit = losses_.dot(alpha_);
    amplitude_ = settings_.free_amplitude ? std::max(fit / n, kLeastAmplitude) : 1;
    return -0.5 * fit / amplitude_ - factor_.diagonal().array().log().sum() -
           0.5 * n * std::log(2 * std::numbers::pi * amplitude_);
  }
  return -std::numeric_limits<double>::infinity();
}

ClassicProcess::Prediction ClassicProcess::at(const Eigen::VectorXd& x,
                                              Eigen::MatrixXd* gradients) const {
  const Eigen::Index n = points_.rows();
  Eigen::VectorXd k(n);
  Eigen::MatrixXd slopes;  // of k by x, a column for each point
  if (gradients != nullptr) slopes.setZero(x.size(), n);
  for (Eigen::Index i = 0; i < n; ++i) {
    const Eigen::VectorXd off = x - points_.row(i).transpose();
    const double r = off.norm();
    const auto [value, slope] = kernel(settings_.smoothness, r / length_scale_);
    k[i] = value;
    if (gradients != nullptr && r > 0) slopes.col(i) = slope / length_scale_ / r * off;
  }
  const auto lower = factor_.triangularView<Eigen::Lower>();
  const Eigen::VectorXd half = lower.solve(k);
  Prediction result;
  result.mean = k.dot(alpha_);
  result.deviation = std::sqrt(amplitude_ * std::max(0.0, 1 - half.squaredNorm()));
  if (gradients != nullptr) {
    gradients->resize(x.size(), 2);
    gradients->col(0) = slopes * alpha_;
    const Eigen::VectorXd whole = lower.adjoint().solve(half);
    if (result.deviation > 0) {
      gradients->col(1) = slopes * whole * (-amplitude_ / result.deviation);
    } else {
      gradients->col(1).setZero();
    }
  }
  return result;
}

}  // namespace sweepjob
