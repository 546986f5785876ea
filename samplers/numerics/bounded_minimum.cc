#include "samplers/numerics/bounded_minimum.h"

#include <algorithm>
#include <cmath>
#include <exception>
#include <limits>

#include <LBFGSB.h>

namespace sweepjob {
namespace {

constexpr double kVeryLarge = 1e100;
constexpr int kRuns = 4;

struct OutOfEvaluations : std::exception {};

}  // namespace

BoundedMinimum minimize_bounded(const Differentiable& function, const Eigen::VectorXd& start,
                                const Eigen::VectorXd& lower, const Eigen::VectorXd& upper,
                                const MinimumLimits& limits) {
  BoundedMinimum best;
  best.at = start.cwiseMax(lower).cwiseMin(upper);
  best.value = std::numeric_limits<double>::infinity();
  const auto evaluate = [&](const Eigen::VectorXd& x, Eigen::VectorXd& gradient) {
    if (best.evaluations >= limits.max_evaluations) throw OutOfEvaluations();
    ++best.evaluations;
    double value = function(x, gradient);
    if (!std::isfinite(value) || !gradient.allFinite()) {
      value = kVeryLarge;
      gradient.setZero();
    }
    if (value < best.value) {
      best.value = value;
      best.at = x.cwiseMax(lower).cwiseMin(upper);
    }
    return value;
  };
  LBFGSpp::LBFGSBParam<double> parameters;
  parameters.m = 8;
  parameters.epsilon = limits.gradient;
  parameters.epsilon_rel = 0;
  parameters.past = 1;
  parameters.delta = limits.change;
  parameters.max_iterations = limits.max_evaluations;
  parameters.max_linesearch = 15;
  // The library's line search throws where it finds no progress. It then starts anew from the best
  // point, whose steepest descent often goes on, as long as that helps.
  double before = std::numeric_limits<double>::infinity();
  for (int run = 0; run < kRuns; ++run) {
    try {
      LBFGSpp::LBFGSBSolver<double> solver(parameters);
      Eigen::VectorXd x = best.at;
      double value = 0;
      solver.minimize(evaluate, x, value, lower, upper);
      break;
    } catch (const OutOfEvaluations&) {
      break;
    } catch (const std::exception&) {
      if (!(best.value < before - limits.change * std::max(1.0, std::abs(best.value)))) break;
      before = best.value;
    }
  }
  return best;
}

}  // namespace sweepjob
