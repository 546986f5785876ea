// Acquisition: the point of a search space where a utility of a Gaussian process is largest. Layer
// 2; as thread-safe as what it refers to.
//
// Every point that is compared is a value of the space (snapped), so that integers and categories
// are searched as what they are instead of being rounded afterwards:
//
//   1. candidates: scrambled Sobol points, and changes of the best points at several scales
//   2. from the best candidates, some far apart: in turn L-BFGS over all the active numbers, the
//      neighbours of every step and every other entry of every category, until nothing is better
//
// A point is held with a coordinate for every parameter, active or not, so that a category that is
// changed finds values for what becomes active below it.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "model/rng.h"
#include "samplers/numerics/expected_improvement.h"
#include "samplers/numerics/sobol.h"
#include "samplers/surrogate/encoding.h"
#include "samplers/surrogate/gaussian_process.h"

namespace sweepjob {

struct AcquisitionSearch {
  const Encoding& encoding;
  const FeatureMap& map;
  const GaussianProcess& process;
  Utility utility;
  const SobolSequence* sobol = nullptr;      // of encoding.size() dimensions; null: random points
  std::function<bool(const Point&)> is_new;  // snapped points that may be proposed

  struct Limits {
    int sobol_points = 256;
    int local_points = 64;
    int starts = 4;
    int rounds = 4;        // of a local search
    int evaluations = 40;  // of an L-BFGS run
  };
  Limits limits = {};

  struct Best {
    Point at;  // snapped
    double utility = 0;
  };
  // `incumbents`: snapped points, the best first; at least one. Nothing where no candidate is new.
  [[nodiscard]] std::optional<Best> maximize(const std::vector<Point>& incumbents,
                                             RandomStream stream) const;
};

}  // namespace sweepjob
