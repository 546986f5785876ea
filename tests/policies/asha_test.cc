// Hand-computed verdicts of ASHA's stopping variant (spec halving-and-optuna 1.4).
#include <array>
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policies/hyperband_shares.h"
#include "tests/support/policy_harness.h"

namespace sweepjob::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

PolicySetup asha(int grace_period, int reduction_factor, int max_resource,
                 Goal goal = Goal::Minimize) {
  return {.type = "asha",
          .goal = goal,
          .options = {{"grace_period", grace_period},
                      {"reduction_factor", reduction_factor},
                      {"max_resource", max_resource}}};
}

// Which of these values at interval 1 are cut once all are there.
std::vector<int> cut(const PolicySetup& setup, const std::vector<double>& values) {
  Judged judged(setup);
  for (std::uint32_t i = 0; i < values.size(); ++i) judged.report(i, values[i]);
  std::vector<int> result;
  for (std::uint32_t i = 0; i < values.size(); ++i) {
    if (judged.explain(i, 1).stop) result.push_back(static_cast<int>(i));
  }
  return result;
}

TEST(Asha, KeepsWhatIsWithinTheQuantile) {
  const PolicySetup half = asha(1, 2, 4);
  EXPECT_THAT(cut(half, {.5, .9, .3, .7}), ElementsAre(1, 3)) << "the quantile is 0.6";
  EXPECT_THAT(cut(asha(1, 2, 4, Goal::Maximize), {.5, .9, .3, .7}), ElementsAre(0, 2));
  EXPECT_THAT(cut(half, {1, 2, 3}), ElementsAre(2)) << "hit exactly: 2 stays";
  EXPECT_THAT(cut(asha(1, 3, 9), {1, 2, 3, 4, 5, 6, 7}), ElementsAre(3, 4, 5, 6)) << "6 / 3 = 2";
  EXPECT_THAT(cut(half, {1, 1, 1, 1}), ElementsAre());
  EXPECT_THAT(cut(half, {1}), ElementsAre()) << "one alone";
}

TEST(Asha, TheFirstOfARungGoesOnAndLaterOnesMeetAllThatCame) {
  Judged judged(asha(1, 2, 4));
  EXPECT_FALSE(judged.report(0, 9).stop);
  EXPECT_FALSE(judged.report(1, 5).stop);
  EXPECT_TRUE(judged.report(2, 9.5).stop) << "5 9 9.5";
  EXPECT_FALSE(judged.report(3, 4).stop);
  judged.end(3, Status::Canceled);
  EXPECT_FALSE(judged.report(4, 5).stop) << "4 5 5 9 9.5: what ended stays";
  EXPECT_TRUE(judged.report(5, 6).stop) << "4 5 5 6 9 9.5";
}

TEST(Asha, HasRungsAtPowersBelowTheEndTheLastWithItsOwnQuantile) {
  Judged judged(asha(2, 2, 10));
  for (std::uint32_t trial = 0; trial < 6; ++trial) {
    judged.report_all(trial, std::vector<double>(12, trial));
  }
  std::vector<int> levels;
  for (int k = 1; k <= 12; ++k) {
    if (judged.explain(5, static_cast<std::uint32_t>(k)).stop) levels.push_back(k);
  }
  EXPECT_THAT(levels, ElementsAre(2, 4, 8)) << "at 10 the trial ends by itself";
  EXPECT_TRUE(judged.explain(3, 4).stop) << "0.5 * 5 = 2.5";
  EXPECT_FALSE(judged.explain(4, 8).stop) << "8/10 * 5 = 4";
}

TEST(Asha, WithoutAnEndTheRungsGoOn) {
  Judged judged({.type = "asha", .goal = Goal::Minimize, .options = {{"reduction_factor", 10}}});
  judged.report_all(0, std::vector<double>(100, 1.0));
  judged.report_all(1, std::vector<double>(99, 2.0));
  const Verdict verdict = judged.report(1, 2);
  EXPECT_TRUE(verdict.stop);
  EXPECT_THAT(verdict.reason, HasSubstr("quantile 100/1000 of 2 values in rung 2"));
}

TEST(Asha, WhatIsNoNumberIsTheWorstOfItsRung) {
  EXPECT_THAT(cut(asha(1, 2, 4), {1, NAN, 2, INFINITY}), ElementsAre(1, 3));
  EXPECT_THAT(cut(asha(1, 2, 4), {NAN, -INFINITY}), ElementsAre());
  EXPECT_THAT(cut(asha(1, 2, 4), {NAN, NAN, NAN, 1}), ElementsAre(0, 1, 2));
  EXPECT_THAT(cut(asha(1, 2, 4), {NAN, 3}), ElementsAre(0)) << "3 is kept: the quantile is nan";
}

TEST(Asha, RemovedAndExcludedTrialsLeaveTheirRungs) {
  Judged judged(asha(1, 2, 4));
  judged.report(0, 1);
  judged.report(1, 2);
  EXPECT_TRUE(judged.explain(1, 1).stop);
  judged.remove(0, 0);
  EXPECT_FALSE(judged.explain(1, 1).stop) << "alone";
  judged.report(0, 1);
  judged.exclude(0);
  EXPECT_FALSE(judged.explain(1, 1).stop);
  judged.reopen(0);
  judged.report(0, 1);
  EXPECT_TRUE(judged.explain(1, 1).stop);
}

TEST(Asha, WaitsForMinTrials) {
  PolicySetup setup = asha(1, 2, 4);
  setup.min_trials = 4;
  EXPECT_THAT(cut(setup, {1, 2, 3}), ElementsAre());
  EXPECT_THAT(cut(setup, {1, 2, 3, 4}), ElementsAre(2, 3));
}

TEST(Asha, ABracketHasNoRungBelowItsOwn) {
  PolicySetup setup = asha(1, 2, 8);
  setup.options.push_back({"brackets", 3});
  Judged judged(setup);
  std::array<int, 3> counts{};
  for (std::uint32_t trial = 0; trial < 600; ++trial) {
    judged.report_all(trial, {1, 1, 1, 1});
    // The first interval at which the trial has a rung.
    int bracket = 0;
    while (judged.explain(trial, 1U << bracket).reason.find("no rung") != std::string::npos) {
      ++bracket;
    }
    ASSERT_LT(bracket, 3);
    ++counts[static_cast<std::size_t>(bracket)];
  }
  // Weights ceil(4 * 8 / 4), ceil(4 * 4 / 3), ceil(4 * 2 / 2) = 8, 6, 4 of 18.
  EXPECT_NEAR(counts[0], 267, 60);
  EXPECT_NEAR(counts[1], 200, 60);
  EXPECT_NEAR(counts[2], 133, 60);
}

TEST(HyperbandShares, AreThoseOfTheFormula) {
  EXPECT_THAT(hyperband_shares(5, 3), ElementsAre(81, 34, 15, 8, 5));
  EXPECT_THAT(hyperband_shares(3, 3), ElementsAre(9, 5, 3));
  EXPECT_THAT(hyperband_shares(1, 3), ElementsAre(1));
  const std::vector<std::uint64_t> shares = {2, 1, 3};
  std::vector<std::size_t> brackets;
  for (std::uint64_t draw = 0; draw < total_of(shares); ++draw) {
    brackets.push_back(bracket_at(shares, draw));
  }
  EXPECT_THAT(brackets, ElementsAre(0, 0, 1, 2, 2, 2));
}

TEST(Asha, ReasonsHaveTheirNumbersAndWhoDecided) {
  Judged judged(asha(1, 2, 4));
  judged.report(0, .3);
  judged.report(1, .5);
  judged.report(2, .9);
  const std::string why = "asha: at interval 1 0.75 > 0.625; quantile 1/2 of 4 values in rung 0";
  EXPECT_EQ(judged.report(3, .75).reason, why);
  EXPECT_EQ(judged.explain(3, 1).reason, why + ", between trial 1 (0.5) and trial 3 (0.75)");
  EXPECT_THAT(judged.explain(1, 1).reason, HasSubstr("0.5 <= 0.625, by 0.125"));
}

}  // namespace
}  // namespace sweepjob::testing
