// GaussianMixture: a density of normal parts, fitted by expectation maximisation (A. Dempster,
// N. Laird, D. Rubin 1977). Layer 2; deterministic from a stream.
//
//   p(x) = sum_k w_k N(x; m_k, S_k),   r_ik = w_k N(x_i; m_k, S_k) / p(x_i)
//   w_k = n_k / n,  m_k = sum_i r_ik x_i / n_k,  n_k = sum_i r_ik
//   S_k = (L + sum_i r_ik (x_i - m_k)(x_i - m_k)') / (n_k + 2 d + 4)
//
// L is a prior that keeps a part with few points from shrinking to nothing: the variances of all
// rows over K^(2/d) (C. Fraley, A. Raftery, "Bayesian regularization for normal mixture estimation
// and model-based clustering", 2007). No library: Debian's are parts of OpenCV, dlib and Armadillo,
// none of which has the prior.
#pragma once

#include <cstddef>
#include <vector>

#include <Eigen/Cholesky>
#include <Eigen/Core>

#include "model/rng.h"

namespace sweepjob {

class GaussianMixture {
 public:
  // At least one row. Not more parts than rows are made. The first means are rows far from each
  // other (k-means++, D. Arthur, S. Vassilvitskii 2007).
  GaussianMixture(const Eigen::MatrixXd& rows, std::size_t parts, RandomStream& stream);

  [[nodiscard]] double log_density(const Eigen::VectorXd& x) const;
  [[nodiscard]] Eigen::VectorXd draw(RandomStream& stream) const;

  struct Part {
    double weight = 0;
    Eigen::VectorXd mean;
    Eigen::LLT<Eigen::MatrixXd> covariance;
  };
  [[nodiscard]] const std::vector<Part>& parts() const { return parts_; }

 private:
  std::vector<Part> parts_;
};

}  // namespace sweepjob
