// BayesianRegression: linear regression y = w phi + noise with the prior w ~ N(0, 1/alpha) and
// noise ~ N(0, 1/beta). Layer 2; C. Bishop, "Pattern recognition and machine learning", 2006,
// sections 3.3 and 3.5.
//
//   A = alpha I + beta Phi' Phi        w ~ N(m, A^-1),  m = beta A^-1 Phi' y
//   at phi: mean m phi, variance phi' A^-1 phi; that of a new y has 1/beta more
//
// alpha and beta maximise the evidence p(y | alpha, beta) by MacKay's fixed point
//   gamma = sum_i l_i / (l_i + alpha),  alpha = gamma / m'm,  beta = (n - gamma) / |y - Phi m|^2
// over the eigenvalues l_i of beta Phi' Phi, each step in the size of Phi' Phi alone.
#pragma once

#include <Eigen/Cholesky>
#include <Eigen/Core>

namespace sweepjob {

class BayesianRegression {
 public:
  struct Precisions {
    double alpha = 1;
    double beta = 100;
  };

  // One row of `features` for each of `y`; a column of ones is the caller's.
  BayesianRegression(const Eigen::MatrixXd& features, const Eigen::VectorXd& y,
                     const Precisions& precisions);
  // With the precisions of the largest evidence, within [1e-6, 1e6].
  BayesianRegression(const Eigen::MatrixXd& features, const Eigen::VectorXd& y);

  [[nodiscard]] const Precisions& precisions() const { return precisions_; }
  [[nodiscard]] const Eigen::VectorXd& mean_weights() const { return mean_; }
  [[nodiscard]] double mean(const Eigen::VectorXd& phi) const { return mean_.dot(phi); }
  // Of the regression itself, without the noise.
  [[nodiscard]] double variance(const Eigen::VectorXd& phi) const;
  // Counts phi as seen with the value expected there: the mean stays, the variance sinks.
  void assume(const Eigen::VectorXd& phi);

 private:
  Precisions precisions_;
  Eigen::VectorXd mean_;
  Eigen::LLT<Eigen::MatrixXd> inverse_;  // of A^-1, by Cholesky's factor of A
};

// ln p(y | alpha, beta), the evidence.
[[nodiscard]] double log_evidence(const Eigen::MatrixXd& features, const Eigen::VectorXd& y,
                                  const BayesianRegression::Precisions& precisions);

}  // namespace sweepjob
