// Matern covariance functions of a squared scaled distance D = sum_i w_i * d_i^2. Layer 2; pure.
//
//   nu = 5/2   f(D) = (1 + sqrt(5D) + 5D/3) exp(-sqrt(5D))    df/dD = -5/6 (1 + sqrt(5D)) exp(...)
//   nu = 3/2   f(D) = (1 + sqrt(3D)) exp(-sqrt(3D))           df/dD = -3/2 exp(-sqrt(3D))
//
// C. E. Rasmussen and C. K. I. Williams, "Gaussian Processes for Machine Learning", 2006, 4.2.1.
// Both derivatives are finite at D = 0, which is why they are taken by D and not by the distance.
// Written for Eigen arrays, whose exponentials are vectorised, as well as for one number.
#pragma once

#include <cmath>

#include <Eigen/Core>

namespace sweepjob {

inline double matern52(double squared) {
  const double root = std::sqrt(5 * squared);
  return (1 + root + 5.0 / 3 * squared) * std::exp(-root);
}

inline double matern52_slope(double squared) {
  const double root = std::sqrt(5 * squared);
  return -5.0 / 6 * (1 + root) * std::exp(-root);
}

// The value and the slope of every entry; `slope` may be null.
inline void matern52(const Eigen::MatrixXd& squared, Eigen::MatrixXd& value,
                     Eigen::MatrixXd* slope) {
  const Eigen::ArrayXXd root = (5 * squared.array()).sqrt();
  const Eigen::ArrayXXd decay = (-root).exp();
  value = ((1 + root + 5.0 / 3 * squared.array()) * decay).matrix();
  if (slope != nullptr) *slope = (-5.0 / 6 * (1 + root) * decay).matrix();
}

}  // namespace sweepjob
