// A local minimum of a smooth function within a box: L-BFGS-B (Byrd, Lu, Nocedal, Zhu 1995) by
// LBFGS++, a library over Eigen's headers alone. (NLopt's L-BFGS would add a library to run with.)
// Layer 2; pure; any thread.
#pragma once

#include <functional>

#include <Eigen/Core>

namespace sweepjob {

// The value at x; fills the gradient. A value that is not finite counts as very large.
using Differentiable = std::function<double(const Eigen::VectorXd& x, Eigen::VectorXd& gradient)>;

struct BoundedMinimum {
  Eigen::VectorXd at;
  double value = 0;
  int evaluations = 0;
};

struct MinimumLimits {
  int max_evaluations = 100;
  double gradient = 1e-5;  // largest entry of the projected gradient that counts as none
  double change = 1e-9;    // of the value in an iteration, relative to max(1, |value|)
};

// The best point that was evaluated: never worse than `start`, which is moved into the box. The
// same arguments give the same bits.
[[nodiscard]] BoundedMinimum minimize_bounded(const Differentiable& function,
                                              const Eigen::VectorXd& start,
                                              const Eigen::VectorXd& lower,
                                              const Eigen::VectorXd& upper,
                                              const MinimumLimits& limits = {});

}  // namespace sweepjob
