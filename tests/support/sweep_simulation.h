// A whole sweep in a made-up world: the real Controller on a SimClock, a SimCluster and a
// MemoryJournal, with faults, commands of people and crashes, all drawn from one seed.
//
//   SimulationResult result = simulate_sweep(draw_case(seed));
//   EXPECT_TRUE(result.violations.empty());
//
// Every promise of the design is checked while it runs (simulation_checks.h).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "backends/simulated/sim_cluster.h"
#include "manifests/spec/sweep_spec.h"
#include "runner/core/input.h"

namespace sweepjob::testing {

enum class CrashPlace : std::uint8_t {
  BeforeDurable,   // of the n-th append: the batch is lost
  AfterDurable,    // the batch is there, but nothing follows from it
  BetweenEffects,  // before the n-th effect; the ones before it have been carried out
};
struct CrashPoint {
  CrashPlace place = CrashPlace::BeforeDurable;
  std::uint64_t number = 1;  // counts from 1 within the life of one controller
};

// Mistakes built into the world, to prove that the checks can fail.
enum class Mutation : std::uint8_t {
  None,
  LeavesOutstandingOut,  // what a new controller owes is not done
  EffectsBeforeDurable,  // the journal acknowledges what it has not written yet
  ForgetsCursors,        // metrics are read from the start again
  DropsAnEventAtReplay,  // a restart misses the last event
};

struct SimulationCase {
  std::uint64_t seed = 0;
  SweepSpec spec;
  std::uint32_t capacity = 1;
  SimOptions cluster;
  SimScript script;
  bool slow_sampler = false;  // the spec's, asked by events and answering after a while
  std::vector<std::pair<Duration, UserRequest>> requests;  // by the time since the start
  std::vector<CrashPoint> crashes;                         // one a life, then no more
  Duration append_time_max = std::chrono::milliseconds(8);
};

// Faults, requests and crashes included; `crashes` may then be replaced.
[[nodiscard]] SimulationCase draw_case(std::uint64_t seed);

struct SimulationResult {
  std::vector<std::string> violations;
  std::uint32_t lives = 0;
  std::uint64_t appends = 0;  // in the first life
  std::uint64_t effects = 0;  // in the first life
  std::uint64_t events = 0;
  std::uint32_t stops = 0;  // by the policy
  std::uint32_t withheld = 0;
  std::uint32_t retries = 0;
  std::uint32_t waits = 0;  // of slow samplers
  std::string final_state;  // dump()
  std::string journal;      // what became durable, when a promise was broken
};

[[nodiscard]] SimulationResult simulate_sweep(const SimulationCase& simulated,
                                              Mutation mutation = Mutation::None);

}  // namespace sweepjob::testing
