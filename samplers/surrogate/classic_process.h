// ClassicProcess: a Gaussian process with one length scale for all coordinates, of unit variance,
// on standardised losses, as NNI's GP and Metis tuners and W&B's bayes have it. Layer 2; read-only
// after construction; any thread.
//
//   nu = 5/2   k(r) = (1 + sqrt5 r/l + 5/3 (r/l)^2) exp(-sqrt5 r/l)
//   nu = 3/2   k(r) = (1 + sqrt3 r/l) exp(-sqrt3 r/l)
//   s          1; or, with a free amplitude, y'K^-1 y / n, which maximises the likelihood at any l
//   l          maximises -y'K^-1 y / 2 - sum ln L_ii - n/2 ln 2 pi over [1e-5, 1e5]
//
// Those three find l by L-BFGS-B from 1 and from random starts. It is one number: a scan of its
// logarithm and Brent's method (Boost.Math) about the best find at least as good a one, the same
// every time. Semantics: spec nni 4.10 and 4.11, wandb-sweeps section 6.
#pragma once

#include <cstdint>
#include <span>

#include <Eigen/Core>

namespace sweepjob {

class ClassicProcess {
 public:
  enum class Smoothness : std::uint8_t { ThreeHalves, FiveHalves };
  struct Settings {
    Smoothness smoothness = Smoothness::FiveHalves;
    double diagonal = 1e-6;       // added to the diagonal of K
    double deviation_offset = 0;  // added to the losses' deviation before dividing by it
    bool free_amplitude = false;
  };
  struct Prediction {
    double mean = 0;  // in deviations of the losses from their mean, as everything here
    double deviation = 0;
  };

  // A row of `points` for each loss; at least one. Losses are finite.
  ClassicProcess(Eigen::MatrixXd points, std::span<const double> losses, const Settings& settings);

  // `gradients`, where given, get one column for the mean and one for the deviation.
  [[nodiscard]] Prediction at(const Eigen::VectorXd& x, Eigen::MatrixXd* gradients = nullptr) const;

  [[nodiscard]] double length_scale() const { return length_scale_; }
  [[nodiscard]] double log_likelihood() const { return log_likelihood_; }
  // Nothing explains the losses: the likelihood is largest at an end of the range.
  [[nodiscard]] bool is_at_bound() const { return at_bound_; }
  // A loss on this process' scale, and back.
  [[nodiscard]] double scaled(double loss) const { return (loss - mean_) / scale_; }
  [[nodiscard]] double unscaled(double value) const { return mean_ + value * scale_; }
  [[nodiscard]] double lowest() const { return losses_.minCoeff(); }

 private:
  [[nodiscard]] Eigen::MatrixXd covariance(double length_scale) const;
  // Keeps the factor; -infinity where K is not positive definite.
  double factorise(double length_scale);

  Settings settings_;
  Eigen::MatrixXd points_;
  Eigen::MatrixXd distances_;
  Eigen::VectorXd losses_;  // standardised
  double mean_ = 0;
  double scale_ = 1;
  double length_scale_ = 1;
  double log_likelihood_ = 0;
  double amplitude_ = 1;  // variance of the process
  bool at_bound_ = false;
  Eigen::MatrixXd factor_;  // lower triangle of Cholesky
  Eigen::VectorXd alpha_;   // K^-1 y
};

}  // namespace sweepjob
