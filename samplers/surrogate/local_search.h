// Local search over an Encoding by one-exchange neighbours. Layer 2; pure functions.
//
// Of a point each active parameter changes alone: a choice to each of its other entries (below a
// new entry its own parameters are drawn from their priors), a number to normal draws around it
// (F. Hutter, H. Hoos, K. Leyton-Brown, "Sequential model-based optimization for general algorithm
// configuration", 2011, section 4.3: four of deviation 0.2). A climb goes to the first neighbour,
// in a random order, that is better by more than `min_gain`, until none is.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "model/rng.h"
#include "samplers/surrogate/encoding.h"

namespace sweepjob {

struct LocalSearch {
  std::vector<double> deviations{0.2, 0.2, 0.2, 0.2};  // one neighbour of each number for each
  double min_gain = 1e-5;
  std::size_t max_evaluations = 2000;  // of one climb
};

struct ScoredPoint {
  Point at;
  double score = 0;
};

using Score = std::function<double(const Point&)>;  // higher is better

// Snapped, none equal to `point`, in a random order.
[[nodiscard]] std::vector<Point> one_exchange_neighbours(const Encoding& encoding,
                                                         const Point& point,
                                                         const LocalSearch& settings,
                                                         RandomStream& stream);

[[nodiscard]] ScoredPoint climb(const Encoding& encoding, ScoredPoint start, const Score& score,
                                const LocalSearch& settings, RandomStream& stream);

}  // namespace sweepjob
