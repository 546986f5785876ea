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

TEST(Smac, NnisRuleDrawsUntilTheFirstResultAndThenEveryOtherTime) {
  SamplerUnderTest smac(square(), "smac", {option("rule", "nni")});
  for (std::uint32_t trial = 0; trial < 3; ++trial) {
    EXPECT_EQ(note_of(smac, trial), "start-up draw: 0 of 1 results");
  }
  test::run(smac, bowl, 0, 1);
  for (std::uint32_t trial = 1; trial < 7; ++trial) {
    EXPECT_EQ(note_of(smac, trial).starts_with("forest"), trial % 2 == 0) << trial;
  }
}

TEST(Smac, FindsTheBottomOfABowlAndTheBestEntry) {
  SearchSpace space = square();
  space.parameters.push_back(test::choice("c", std::vector<Value>{"a", "b", "c", "d"}));
  SamplerUnderTest smac(std::move(space), "smac");
  const double best = test::run(
      smac,
      [](const Params& params) {
        return bowl(params) + (params[2].second == Value("c") ? 0 : 0.3);
      },
      0, 60);
  EXPECT_LT(best, 0.01);
}

TEST(Smac, SpendsItsTrialsInTheBranchThatIsBetter) {
  SamplerUnderTest smac({{test::model_choice(true)}}, "smac",
                        {option("random_fraction", 0), option("n_startup_jobs", 8)});
  int svm = 0;
  const double best = test::run(
      smac,
      [&](const Params& params) {
        const Value* c = params[0].second.find("C");
        if (c == nullptr) return 3.0;
        ++svm;
        return std::pow(std::log10(*c->get<double>()), 2);
      },
      0, 40);
  EXPECT_GT(svm, 28);
  EXPECT_LT(best, 0.01);
}

// 64 asked for at once lie in as many places, and not all around the best point.
TEST(Smac, WhatIsPendingSpreads) {
  SamplerUnderTest smac(square(), "smac", {option("random_fraction", 0)});
  test::run(smac, bowl, 0, 20);
  EXPECT_GE(test::parts_with_points(smac.ask(20, 64)), 9u);
}

// Also where the live one was asked often and the restarted one never.
TEST(Smac, ARestartMakesNoDifference) {
  const std::vector<Option> options{option("n_startup_jobs", 3)};
  SamplerUnderTest live(square(), "smac", options);
  std::vector<Params> tried;
  for (std::uint32_t trial = 0; trial < 12; ++trial) {
    tried.push_back(live.ask(trial, 1)[0]);
    finish(live, trial, tried.back(), bowl(tried.back()));
    SamplerUnderTest restarted(square(), "smac", options);
    tell(restarted, tried, bowl);
    EXPECT_EQ(restarted.ask(trial + 1, 3), live.ask(trial + 1, 3)) << trial;
  }
}

TEST(Smac, FailedTrialsCountForNothing) {
  SamplerUnderTest with(square(), "smac"), without(square(), "smac");
  test::run(with, bowl, 0, 15);
  test::run(without, bowl, 0, 15);
  with.add(99, {{"x", Value(0.5)}, {"y", Value(0.5)}});
  with->observe(TrialEnded{TrialId{99}, Status::Failed, {}, {}});
  EXPECT_EQ(with.ask(16, 3), without.ask(16, 3));
}

TEST(Smac, TakesLossesOfAnySizeAndAllEqual) {
  for (const double size : {0.0, 1e-300, 1e300}) {
    SamplerUnderTest smac(square(), "smac");
    test::run(
        smac, [&](const Params& params) { return size * bowl(params); }, 0, 15);
    EXPECT_EQ(smac.ask(15, 4).size(), 4u) << size;
  }
}

TEST(Smac, OptionsOutOfBoundsAreErrors) {
  for (const auto& [name, value] :
       std::vector<std::pair<std::string, Value>>{{"n_trees", 0},
                                                  {"ratio_features", 1.5},
                                                  {"random_fraction", -0.1},
                                                  {"rule", "smac4"},
                                                  {"min_samples_leaf", 0},
                                                  {"n_candidates", 0},
                                                  {"loss_scale", "cubic"}}) {
    SamplerUnderTest smac(square(), "smac", {option(name, value)});
    EXPECT_FALSE(smac.exists()) << name;
    ASSERT_EQ(smac.findings().error_count(), 1u) << name;
    EXPECT_EQ(smac.findings().all()[0].where.line, 5);
  }
}

}  // namespace
}  // namespace sweepjob
