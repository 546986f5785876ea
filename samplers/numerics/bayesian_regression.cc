#include "samplers/numerics/bayesian_regression.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include <Eigen/Eigenvalues>

namespace sweepjob {
namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;
using Precisions = BayesianRegression::Precisions;

constexpr int kMaxSteps = 200;
constexpr double kConverged = 1e-6;  // relative change of both precisions
constexpr double kLeast = 1e-6;
constexpr double kMost = 1e6;

MatrixXd precision_matrix(const MatrixXd& features, const Precisions& precisions) {
  MatrixXd result = precisions.beta * (features.transpose() * features);
  result.diagonal().array() += precisions.alpha;
  return result;
}

// In the basis of eigenvectors of Phi' Phi every step is a sum over the features.
Precisions of_largest_evidence(const MatrixXd& features, const VectorXd& y) {
  const Eigen::SelfAdjointEigenSolver<MatrixXd> solver(features.transpose() * features);
  const VectorXd values = solver.eigenvalues().cwiseMax(0);
  const VectorXd projected = solver.eigenvectors().transpose() * (features.transpose() * y);
  const double total = y.squaredNorm();
  const auto rows = static_cast<double>(features.rows());
  Precisions now;
  for (int step = 0; step < kMaxSteps; ++step) {
    const VectorXd weights = now.beta * projected.array() / (now.alpha + now.beta * values.array());
    const double gamma =
        (now.beta * values.array() / (now.alpha + now.beta * values.array())).sum();
    // |y - Phi m|^2 in that basis.
    const double residual = std::max(0.0, total - 2 * weights.dot(projected) +
                                              (values.array() * weights.array().square()).sum());
    const Precisions next{
        std::clamp(gamma / std::max(weights.squaredNorm(), 1 / kMost), kLeast, kMost),
        std::clamp((rows - gamma) / std::max(residual, rows / kMost), kLeast, kMost)};
    const double change = std::max(std::abs(std::log(next.alpha / now.alpha)),
                                   std::abs(std::log(next.beta / now.beta)));
    now = next;
    if (change < kConverged) break;
  }
  return now;
}

}  // namespace

BayesianRegression::BayesianRegression(const MatrixXd& features, const VectorXd& y,
                                       const Precisions& precisions)
    : precisions_(precisions), inverse_(precision_matrix(features, precisions)) {
  mean_ = inverse_.solve(precisions_.beta * (features.transpose() * y));
}

BayesianRegression::BayesianRegression(const MatrixXd& features, const VectorXd& y)
    : BayesianRegression(features, y, of_largest_evidence(features, y)) {}

double BayesianRegression::variance(const VectorXd& phi) const {
  return inverse_.matrixL().solve(phi).squaredNorm();
}

void BayesianRegression::assume(const VectorXd& phi) { inverse_.rankUpdate(phi, precisions_.beta); }

double log_evidence(const MatrixXd& features, const VectorXd& y, const Precisions& precisions) {
  const BayesianRegression regression(features, y, precisions);
  const MatrixXd a = precision_matrix(features, precisions);
  const Eigen::LLT<MatrixXd> factor(a);
  const double log_determinant = 2 * factor.matrixLLT().diagonal().array().log().sum();
  const double misfit = (y - features * regression.mean_weights()).squaredNorm();
  const auto rows = static_cast<double>(features.rows());
  const auto columns = static_cast<double>(features.cols());
  return 0.5 *
         (columns * std::log(precisions.alpha) + rows * std::log(precisions.beta) -
          precisions.beta * misfit - precisions.alpha * regression.mean_weights().squaredNorm() -
          log_determinant - rows * std::log(2 * std::numbers::pi));
}

}  // namespace sweepjob
