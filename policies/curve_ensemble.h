// The ensemble of learning curves that curvefitting asks for a trial's value at a later interval
// (NNI's assessor, after Domhan et al. 2015). Of the twelve fitted families f with predictions D at
// the last point n:
//   kept: sum over k of (y[k] - f(k))^2 < n * mean(y)^2
//         and |f(target) - median(D)| < n/10 * std(D);  fewer than 4 kept: no prediction
//   weights: 10 vectors that start at 1/kept, 20 rounds of Metropolis with steps N(0, 0.0005),
//         each normalised to sum 1; density = (2 pi sigma)^(-n/2) * exp(-n/2),
//         sigma^2 = mean squared residual of the weighted curve, and 0 unless all weights are
//         positive and the weighted curve has f(1) < f(target)
//   prediction = mean over the vectors of the weighted f(target)
// The density is NNI's, which has sigma where a Gaussian has sigma^2. ilog2 has no value at 1, so
// it never takes part. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "model/rng.h"

namespace sweepjob {

struct CurvePrediction {
  double value = 0;
  std::size_t families = 0;  // kept
};

// All of y finite. A function of the arguments alone.
[[nodiscard]] std::optional<CurvePrediction> predict_curve(std::span<const double> y,
                                                           std::uint32_t target,
                                                           RandomStream random);

}  // namespace sweepjob
