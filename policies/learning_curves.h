// The twelve families of learning curves that curvefitting combines (Domhan, Springenberg, Hutter,
// "Speeding up automatic hyperparameter optimization of deep neural networks by extrapolation of
// learning curves", 2015; parameters and defaults as in NNI), and their least-squares fits:
//   parameters = argmin sum over k = 1..n of (y[k] - f(k; parameters))^2
// by Levenberg-Marquardt from all ones, as scipy's curve_fit does it: forward differences, relative
// tolerances of 1.5e-8, at most 200 (p + 1) evaluations for p parameters. A fit that does not
// converge, or has fewer points than parameters, keeps the defaults. Any thread.
#pragma once

#include <array>
#include <cstddef>
#include <span>

namespace sweepjob {

inline constexpr std::size_t kCurveFamilies = 12;
inline constexpr std::size_t kMostCurveParameters = 4;
using CurveParameters = std::array<double, kMostCurveParameters>;

struct CurveFamily {
  const char* name;
  std::size_t parameters;
  CurveParameters defaults;
  // May be no number: ilog2 has none at x = 1.
  double (*value)(double x, const CurveParameters& parameters);
};

[[nodiscard]] const std::array<CurveFamily, kCurveFamilies>& curve_families();

struct CurveFit {
  CurveParameters parameters{};
  bool converged = false;  // if not, the defaults
};

// y[k] at x = k + 1; all finite. Of more than 100 points every second, third, ... up to the last is
// fitted, so that a fit has a bound: 1,000 evaluations of 100 points.
[[nodiscard]] CurveFit fit_curve(const CurveFamily& family, std::span<const double> y);

}  // namespace sweepjob
