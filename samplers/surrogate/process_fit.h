// The hyperparameters of a Gaussian process that explain the losses best. Layer 2; pure.
//
//   maximise  log likelihood(w, s, sigma_n^2) + ln prior
//   ln w_i        normal about 6 - 2 sqrt(2) - ln d (d weights), deviation 2 sqrt(3): the more
//                 dimensions, the longer the length scales are at first. As in Hvarfner, Hellsten
//                 and Nardi, "Vanilla Bayesian Optimization Performs Great in High Dimensions",
//                 2024: length scales log-normal, their logarithm about sqrt(2) + ln(d) / 2 with
//                 deviation sqrt(3), the largest density being that of the length scale itself
//   ln s          normal about 0, deviation 1: losses are standardised
//   ln sigma_n^2  normal about ln 1e-4, deviation 2: log-normal noise, little as a rule, and only
//                 with good reason as much as all that there is to see
//
// by L-BFGS with the likelihood's own gradient, a little way from three fixed starts (smooth,
// rough, and smooth with much noise) and then on from where it is best.
#pragma once

#include <optional>

#include "samplers/surrogate/gaussian_process.h"

namespace sweepjob {

// Of losses about 0 with a deviation of about 1. `noise` is sigma_n^2 where it is not to be found.
[[nodiscard]] Hyperparameters fit_hyperparameters(const FeatureMap& map, const Features& points,
                                                  const Eigen::VectorXd& losses,
                                                  std::optional<double> noise);

// What has no noise is taken to have this: rounding needs as much.
inline constexpr double kLeastNoise = 1e-8;

}  // namespace sweepjob
