// Losses as a Gaussian process wants them: about 0, with a deviation of about 1, no outliers.
// Layer 2; pure; any thread.
//
// With b the smallest and m the median loss, r = m - b:
//
//   y' = y                                  up to m
//   y' = m + r ln(1 + (y - m) / r)          above: slope 1 at m, then ever flatter
//
// and then less the mean, over the standard deviation. One diverged training of loss 1e9 would
// otherwise leave all others equal; how bad the worse half is matters little to where the best
// lies. With r = 0 (half of all are the best) nothing is changed before standardising.
#pragma once

#include <span>

#include <Eigen/Core>

namespace sweepjob {

// Of finite losses, in their order; never reverses an order. All equal, or one alone: zeros.
[[nodiscard]] Eigen::VectorXd scaled_losses(std::span<const double> losses);

}  // namespace sweepjob
