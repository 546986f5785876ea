// What one more trial costs a sampler that already knows many: processor time of ask and tell.
//
// The history is made up: random points of `dimensions` reals in [0, 1] and their distances from a
// point, the same for every sampler and, through serve(), for those of other programs.
#pragma once

#include <cstdint>
#include <vector>

#include "manifests/spec/search_space.h"
#include "tests/bench/samplers/measure.h"

namespace sweepjob::bench {

struct History {
  std::vector<std::vector<double>> points;
  std::vector<double> values;
};
[[nodiscard]] History make_history(std::uint32_t dimensions, std::uint32_t count);
[[nodiscard]] double value_at(const std::vector<double>& point);
[[nodiscard]] SearchSpace cube(std::uint32_t dimensions);  // x0, x1, ...

struct Cost {
  double first_ms = 0;  // the first ask after the whole history, as after a restart
  double ms = 0;        // of the asks and tells after it, the mean
};
// A tenth as many asks as trials are finished, 5 to 200, over and over with a new sampler until a
// second or 20 rounds have gone by: the history stays as long as it is said to be.
[[nodiscard]] Cost measure_cost(const Contender& contender, std::uint32_t dimensions,
                                std::uint32_t finished);

}  // namespace sweepjob::bench
