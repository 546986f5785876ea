// Measures samplers of the catalog on problems: each run has a sampler of its own, runs are dealt
// to threads, and results do not depend on how many there are.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "manifests/spec/options.h"
#include "tests/bench/samplers/problem.h"
#include "tests/bench/samplers/run.h"
#include "tests/bench/samplers/score.h"

namespace sweepjob::bench {

// A sampler with its options, written tpe or tpe:multivariate=false:gamma=0.1. The label is that.
struct Contender {
  std::string label;
  Options options;
};
// Throws std::invalid_argument where an option is not key=value.
[[nodiscard]] Contender contender_from(const std::string& text);
[[nodiscard]] bool is_in_catalog(const Contender& contender);

struct Plan {
  std::uint64_t first_seed = 1;
  std::uint32_t seeds = 20;
  std::uint32_t trials = kCheckpoints.back();
  std::uint32_t pending = 1;
  unsigned jobs = 1;
};

// Why the sampler does not take the problem's space; empty when it does.
[[nodiscard]] std::string refusal(const Contender& contender, const Problem& problem,
                                  const Plan& plan);

// One run from its first ask to its last end, by a sampler that takes the space.
void play(const Contender& contender, const Problem& problem, std::uint64_t seed, const Plan& plan,
          Run& run);

// For each problem that the contender takes, in their order.
[[nodiscard]] std::vector<Outcome> measure(const Contender& contender,
                                           const std::vector<const Problem*>& problems,
                                           const Plan& plan);
// Random search with the seeds of the reference in place of the plan's.
[[nodiscard]] std::vector<Outcome> measure_reference(const std::vector<const Problem*>& problems,
                                                     Plan plan);

}  // namespace sweepjob::bench
