// Table: validation losses of every point of a finite search space, computed once by really
// training.
//
// A file is one line of JSON, {"name":..., "source":..., "space":[...]}, and then a loss for each
// point in the order of samplers/numerics/enumeration.h: keys in their order, the last one fastest.
#pragma once

#include <cstdint>
#include <istream>
#include <string>
#include <vector>

#include "manifests/spec/search_space.h"
#include "model/value.h"

namespace sweepjob::bench {

struct Table {
  std::string name;
  SearchSpace space;  // choices, randint and quniform only
  std::vector<double> losses;

  [[nodiscard]] double at(const Params& params) const;
};

// Throws std::invalid_argument when the losses are not as many as the points, or what JSON throws.
[[nodiscard]] Table read_table(std::istream& file);

// How many points the space has, and the place of one in their order.
[[nodiscard]] std::uint64_t count_points(const SearchSpace& space);
[[nodiscard]] std::uint64_t place_of(const SearchSpace& space, const Params& params);

}  // namespace sweepjob::bench
