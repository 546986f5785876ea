#include <cmath>

#include <gtest/gtest.h>

#include "tests/support/sampler_run.h"

namespace sweepjob {
namespace {

using test::bowl;
using test::finish;
using test::note_of;
using test::option;
using test::SamplerUnderTest;
using test::square;
using test::tell;

// So that a test need not wait for the whole training.
std::vector<Option> quick(const std::vector<Option>& more = {}) {
  return test::with({option("trials_per_update", 10), option("num_epochs_per_training", 60),
                     option("sample_size", 200)},
                    more);
}

TEST(Dngo, DrawsUntilTheFirstTraining) {
  SamplerUnderTest dngo(square(), "dngo", quick());
  test::run(dngo, bowl, 0, 9);
  EXPECT_EQ(note_of(dngo, 9), "start-up draw: 9 of 10 results");
  test::run(dngo, bowl, 9, 10);
  EXPECT_TRUE(note_of(dngo, 10).starts_with("network: ln EI")) << note_of(dngo, 10);
}

TEST(Dngo, FindsTheBottomOfABowl) {
  SamplerUnderTest dngo(square(), "dngo", quick());
  EXPECT_LT(test::run(dngo, bowl, 0, 40), 0.005);
}

TEST(Dngo, TakesChoicesAndNestedParameters) {
  SamplerUnderTest dngo({{test::model_choice(true), test::uniform("x", 0, 1)}}, "dngo", quick());
  int svm = 0;
  test::run(
      dngo,
      [&](const Params& params) {
        const Value* c = params[0].second.find("C");
        svm += c != nullptr ? 1 : 0;
        return c == nullptr ? 3.0 : std::abs(std::log10(*c->get<double>()));
      },
      0, 30);
  EXPECT_GT(svm, 20);
}

// Across a training, and with a network that the live one has kept since the last.
TEST(Dngo, ARestartMakesNoDifference) {
  SamplerUnderTest live(square(), "dngo", quick());
  std::vector<Params> tried;
  for (std::uint32_t trial = 0; trial < 23; ++trial) {
    tried.push_back(live.ask(trial, 1)[0]);
    finish(live, trial, tried.back(), bowl(tried.back()));
    if (trial < 8 || trial % 3 != 0) continue;
    SamplerUnderTest restarted(square(), "dngo", quick());
    tell(restarted, tried, bowl);
    EXPECT_EQ(restarted.ask(trial + 1, 2), live.ask(trial + 1, 2)) << trial;
  }
}

TEST(Dngo, AReopenedTrialIsForgotten) {
  SamplerUnderTest live(square(), "dngo", quick()), fresh(square(), "dngo", quick());
  std::vector<Params> tried;
  for (std::uint32_t trial = 0; trial < 12; ++trial) {
    tried.push_back(live.ask(trial, 1)[0]);
    finish(live, trial, tried.back(), bowl(tried.back()));
  }
  static_cast<void>(live.ask(12, 1));
  live->observe(TrialReopened{TrialId{3}});
  tell(fresh, tried, bowl);
  fresh->observe(TrialReopened{TrialId{3}});
  EXPECT_EQ(live.ask(12, 1), fresh.ask(12, 1));
}

TEST(Dngo, WhatIsPendingSpreads) {
  SamplerUnderTest dngo(square(), "dngo", quick());
  test::run(dngo, bowl, 0, 20);
  EXPECT_GE(test::parts_with_points(dngo.ask(20, 32)), 10u);
}

TEST(Dngo, TakesLossesOfAnySizeAndAllEqual) {
  for (const double size : {0.0, 1e-300, 1e300}) {
    SamplerUnderTest dngo(square(), "dngo", quick());
    test::run(
        dngo, [&](const Params& params) { return size * bowl(params); }, 0, 12);
    EXPECT_EQ(dngo.ask(12, 2).size(), 2u) << size;
  }
}

TEST(Dngo, OptionsOutOfBoundsAreErrors) {
  for (const char* name : {"sample_size", "trials_per_update", "num_epochs_per_training"}) {
    SamplerUnderTest dngo(square(), "dngo", {option(name, 0)});
    EXPECT_FALSE(dngo.exists()) << name;
    ASSERT_EQ(dngo.findings().error_count(), 1u);
  }
}

}  // namespace
}  // namespace sweepjob
