// Problem: an objective function to minimise, with its search space and its known best value: what
// the samplers are measured on. Made once; read by any thread.
//
// Functions, the mixed and the conditional ones are sums of terms that are never negative and all
// nought at one point, or textbook functions, moved so that the best point is not in the middle.
// Tables hold real validation losses (tests/data/tuning).
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "manifests/spec/search_space.h"
#include "model/value.h"

namespace sweepjob::bench {

// HeldOut: some of each of the others that no setting of a sampler was ever chosen on. `all` on a
// command line leaves them out.
enum class Family : std::uint8_t {
  Continuous,
  Mixed,
  Conditional,
  Noisy,
  Discrete,
  Table,
  HeldOut
};
[[nodiscard]] const char* to_string(Family family);

struct Problem {
  std::string name;  // "hartmann_6": the number of dimensions is last
  Family family = Family::Continuous;
  SearchSpace space;
  std::function<double(const Params&)> value;  // without noise
  double best = 0;                             // nothing in the space is below
  Params best_at;
  double noise = 0;  // standard deviation of what is added to a reported value
};

// All, in the order of the families; `tables` is the folder of the tables. Ends the program with a
// message when a table is damaged.
[[nodiscard]] std::vector<Problem> make_problems(const std::string& tables);

// 16 hexadecimal digits of the space, the best value, the noise and the values at some points:
// results that were recorded for another fingerprint are of another problem.
[[nodiscard]] std::string fingerprint(const Problem& problem);

}  // namespace sweepjob::bench
