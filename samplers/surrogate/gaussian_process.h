// GaussianProcess: a normal prediction of the loss at any point, from the losses so far. Layer 2;
// read-only after construction; any thread.
//
//   k(x, x') = s * matern52(D(x, x')), D of features.h with one weight w_i = 1 / length scale^2
//   C = K + sigma_n^2 I
//   mean(x) = k^T C^-1 y              variance(x) = s - k^T C^-1 k      (of the function, no noise)
//   log likelihood = -y^T C^-1 y / 2 - sum_i ln L_ii - n/2 ln 2 pi,     C = L L^T
//   its derivative by t = tr((C^-1 y y^T C^-1 - C^-1) dC/dt) / 2
//
// Rasmussen and Williams 2006, algorithm 2.1 and equation 5.9.
#pragma once

#include <optional>
#include <vector>

#include <Eigen/Cholesky>
#include <Eigen/Core>

#include "samplers/surrogate/features.h"

namespace sweepjob {

// Everything on which the covariance depends, as natural logarithms.
struct Hyperparameters {
  Eigen::VectorXd log_weights;
  double log_scale = 0;
  double log_noise = 0;  // of sigma_n^2

  // Weights, then scale, then noise.
  [[nodiscard]] Eigen::VectorXd packed() const;
  [[nodiscard]] static Hyperparameters unpacked(const Eigen::VectorXd& packed);
};

// Of `losses` at the points; nothing when the covariance cannot be factored. The gradient, unless
// null, is by the packed hyperparameters.
[[nodiscard]] std::optional<double> log_likelihood(const FeatureMap& map, const Features& points,
                                                   const Eigen::VectorXd& losses,
                                                   const Hyperparameters& parameters,
                                                   Eigen::VectorXd* gradient);

class GaussianProcess {
 public:
  GaussianProcess(const FeatureMap& map, Features points, const Eigen::VectorXd& losses,
                  const Hyperparameters& parameters);

  struct Prediction {
    Eigen::VectorXd mean;
    Eigen::VectorXd variance;  // at least 0
  };
  [[nodiscard]] Prediction predict(const Features& at) const;

  // At one point, with the derivatives by its numbers' columns.
  struct Slope {
    double mean = 0;
    double variance = 0;
    Eigen::VectorXd mean_by_column;
    Eigen::VectorXd variance_by_column;
  };
  [[nodiscard]] Slope predict_with_slope(const Features& at) const;

  // Points that are being tried, with the loss that is expected of them: the mean stays what it is
  // everywhere, the variance shrinks around them (the "kriging believer", Ginsbourger et al. 2010).
  void believe(const Features& pending);

  // The mean at the points it knows, believed ones included: the losses less their noise.
  [[nodiscard]] const Eigen::VectorXd& means() const { return means_; }

 private:
  void factor();

  Features points_;
  Eigen::VectorXd losses_;
  Eigen::VectorXd number_weights_;
  Eigen::VectorXd category_weights_;
  double scale_;
  double noise_;
  Eigen::LLT<Eigen::MatrixXd> factor_;
  Eigen::VectorXd alpha_;  // C^-1 y
  Eigen::VectorXd means_;
};

}  // namespace sweepjob
