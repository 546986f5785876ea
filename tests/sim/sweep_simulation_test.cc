// Seeded runs of whole sweeps with faults, commands and crashes.
//
//   SWEEPJOB_SIM_RUNS=10000   how many seeds (300)
//   SWEEPJOB_SIM_SEED=4711    this one alone
#include "tests/support/sweep_simulation.h"

#include <cstdlib>
#include <string>

#include <gtest/gtest.h>

namespace sweepjob::testing {
namespace {

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::stoull(text);
}

std::string told(const SimulationResult& result, std::uint64_t seed) {
  std::string text = "SWEEPJOB_SIM_SEED=" + std::to_string(seed) + " after " +
                     std::to_string(result.lives) + " lives";
  for (const std::string& violation : result.violations) text += "\n  " + violation;
  return text + "\n" + result.final_state + result.journal;
}

TEST(SweepSimulation, KeepsEveryPromiseWhateverFailsAndWheneverItCrashes) {
  const bool one = std::getenv("SWEEPJOB_SIM_SEED") != nullptr;
  const std::uint64_t first = number_from("SWEEPJOB_SIM_SEED", 1);
  const std::uint64_t runs = one ? 1 : number_from("SWEEPJOB_SIM_RUNS", 300);
  std::uint64_t lives = 0, events = 0, stops = 0, withheld = 0, retries = 0, waits = 0;
  for (std::uint64_t seed = first; seed < first + runs; ++seed) {
    const SimulationResult result = simulate_sweep(draw_case(seed));
    ASSERT_TRUE(result.violations.empty()) << told(result, seed);
    lives += result.lives;
    events += result.events;
    stops += result.stops;
    withheld += result.withheld;
    retries += result.retries;
    waits += result.waits;
  }
  RecordProperty("lives", std::to_string(lives));
  std::printf(
      "%llu sweeps, %llu controllers, %llu events, %llu cut trials, %llu cuts withheld, "
      "%llu retries, %llu waits\n",
      static_cast<unsigned long long>(runs), static_cast<unsigned long long>(lives),
      static_cast<unsigned long long>(events), static_cast<unsigned long long>(stops),
      static_cast<unsigned long long>(withheld), static_cast<unsigned long long>(retries),
      static_cast<unsigned long long>(waits));
  // The runs are worth something only while they get to where things go wrong.
  EXPECT_TRUE(one || (lives > 2 * runs && stops > 0 && withheld > 0 && retries > 0 && waits > 0));
}

class CrashAtEveryAppend : public ::testing::TestWithParam<CrashPlace> {};

TEST_P(CrashAtEveryAppend, LosesAndRepeatsNothing) {
  std::uint64_t crashes = 0;
  for (const std::uint64_t seed : {3, 8, 21}) {
    SimulationCase simulated = draw_case(seed);
    simulated.crashes.clear();
    const SimulationResult whole = simulate_sweep(simulated);
    ASSERT_TRUE(whole.violations.empty()) << told(whole, seed);
    const bool effects = GetParam() == CrashPlace::BetweenEffects;
    const std::uint64_t places = effects ? whole.effects : whole.appends;
    for (std::uint64_t number = 1; number <= places; ++number) {
      simulated.crashes = {{GetParam(), number}};
      const SimulationResult result = simulate_sweep(simulated);
      ASSERT_TRUE(result.violations.empty()) << "crash " << number << ": " << told(result, seed);
      ASSERT_GE(result.lives, 2u) << "no crash at " << number;
      ++crashes;
    }
  }
  EXPECT_GT(crashes, 50u);
}

INSTANTIATE_TEST_SUITE_P(Places, CrashAtEveryAppend,
                         ::testing::Values(CrashPlace::BeforeDurable, CrashPlace::AfterDurable,
                                           CrashPlace::BetweenEffects),
                         [](const auto& place) {
                           switch (place.param) {
                             case CrashPlace::BeforeDurable: return "BeforeItIsDurable";
                             case CrashPlace::AfterDurable: return "BeforeItsEffects";
                             case CrashPlace::BetweenEffects: return "BetweenTwoEffects";
                           }
                           return "?";
                         });

TEST(SweepSimulation, DependsOnItsSeedAlone) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const SimulationCase simulated = draw_case(seed);
    EXPECT_EQ(simulate_sweep(simulated).final_state, simulate_sweep(simulated).final_state);
  }
}

// A check that has never failed proves nothing.
int runs_that_notice(Mutation mutation) {
  int noticed = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    if (!simulate_sweep(draw_case(seed), mutation).violations.empty()) ++noticed;
  }
  return noticed;
}

TEST(SimulationChecks, NoticeThatOutstandingEffectsAreLeftOut) {
  EXPECT_GE(runs_that_notice(Mutation::LeavesOutstandingOut), 5);
}
TEST(SimulationChecks, NoticeEffectsBeforeTheirEventIsDurable) {
  EXPECT_GE(runs_that_notice(Mutation::EffectsBeforeDurable), 5);
}
TEST(SimulationChecks, NoticeMetricsThatAreReadTwice) {
  EXPECT_GE(runs_that_notice(Mutation::ForgetsCursors), 5);
}
TEST(SimulationChecks, NoticeAnEventThatIsMissingAtReplay) {
  EXPECT_GE(runs_that_notice(Mutation::DropsAnEventAtReplay), 5);
}

}  // namespace
}  // namespace sweepjob::testing
