// Hand-computed verdicts of Optuna's asynchronous successive halving (spec halving-and-optuna 2.5).
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/policy_harness.h"

namespace sweepjob::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

PolicySetup sha(int min_resource, int reduction_factor, Goal goal = Goal::Minimize) {
  return {.type = "optuna_sha",
          .goal = goal,
          .options = {{"min_resource", min_resource}, {"reduction_factor", reduction_factor}}};
}

// The verdicts on the trials' values at interval 1, as they come.
std::vector<bool> stops(const PolicySetup& setup, const std::vector<double>& values) {
  Judged judged(setup);
  std::vector<bool> result;
  for (std::uint32_t i = 0; i < values.size(); ++i) {
    result.push_back(judged.report(i, values[i]).stop);
  }
  return result;
}

TEST(OptunaSha, OnlyTheBestPartOfARungGoesOn) {
  const std::vector<double> values = {5, 6, 4, 4, 5, 3, 7, 4, 4.5};
  // Best of 1, 2, 3 (a third of each is below 1), 4, 5: rank 1; of 8: floor(8 / 4) = rank 2.
  const std::vector<bool> expected = {false, true, false, false, true, false, true, false, true};
  EXPECT_EQ(stops(sha(1, 4), values), expected);
  std::vector<double> mirrored;
  for (const double value : values) mirrored.push_back(-value);
  EXPECT_EQ(stops(sha(1, 4, Goal::Maximize), mirrored), expected);
}

TEST(OptunaSha, ARungIsJudgedAtItsFirstIntervalOnly) {
  Judged judged(sha(2, 3));
  judged.report_all(0, std::vector<double>(20, 1.0));
  std::vector<int> rungs;
  for (int k = 1; k <= 20; ++k) {
    if (judged.report(1, 2).stop) rungs.push_back(k);
  }
  EXPECT_THAT(rungs, ElementsAre(2, 6, 18));
}

TEST(OptunaSha, TheEarlyStoppingRateSkipsRungs) {
  PolicySetup setup = sha(1, 3);
  setup.options.push_back({"min_early_stopping_rate", 1});
  Judged judged(setup);
  judged.report_all(0, {1, 1, 1});
  EXPECT_FALSE(judged.report(1, 2).stop);
  EXPECT_FALSE(judged.report(1, 2).stop);
  EXPECT_TRUE(judged.report(1, 2).stop);
}

TEST(OptunaSha, ALateFirstVerdictFillsAllRungsBeforeIt) {
  PolicySetup setup = sha(1, 2);
  setup.evaluation_interval = 4;
  Judged judged(setup);
  judged.report_all(0, {9, 9, 9, 1});
  judged.report_all(1, {1, 1, 1});
  EXPECT_TRUE(judged.report(1, 2).stop) << "levels 1, 2 and 4 take the value at interval 4";
  EXPECT_THAT(judged.explain(1, 4).reason, HasSubstr("in rung 0"));
  EXPECT_THAT(judged.explain(0, 4).reason, HasSubstr("in rung 2"));
}

TEST(OptunaSha, WhoIsCutInARungHasNoResultInTheNext) {
  for (const Goal goal : {Goal::Minimize, Goal::Maximize}) {
    PolicySetup setup = sha(1, 2, goal);
    setup.delay_evaluation = 2;
    Judged judged(setup);
    std::vector<bool> stops;
    for (const double value : {0.1, 0.2, 0.3, 0.4, 0.15}) {
      const auto trial = static_cast<std::uint32_t>(stops.size());
      const double reported = goal == Goal::Minimize ? value : -value;
      judged.report_all(trial, {reported});
      stops.push_back(judged.report(trial, reported).stop);
    }
    // The last one is second of five in rung 0, where two stay; rung 1 has 0.1 alone.
    EXPECT_THAT(stops, ElementsAre(false, true, true, true, true));
    EXPECT_THAT(judged.explain(4, 2).reason, HasSubstr("place 1 of 2 in rung 1, best 1/2"));
  }
}

TEST(OptunaSha, WhoRunsOnAfterACutIsDueForTheNextRung) {
  PolicySetup setup = sha(1, 2);
  setup.delay_evaluation = 2;
  Judged judged(setup);
  judged.report_all(0, {1, 1});
  judged.report_all(1, {2, 2});
  EXPECT_THAT(judged.explain(1, 2).reason, HasSubstr("in rung 0"));
  EXPECT_TRUE(judged.report(1, 3).stop);
  EXPECT_THAT(judged.explain(1, 3).reason, HasSubstr("3.0 > 1.0; place 1 of 2 in rung 1"));
  judged.remove(1, 1);
  EXPECT_FALSE(judged.report(1, 0.5).stop) << "its results went with its values";
  EXPECT_TRUE(judged.explain(0, 2).stop);
}

TEST(OptunaSha, BelowTheBootstrapCountEverybodyIsStopped) {
  PolicySetup setup = sha(1, 4);
  setup.options.push_back({"bootstrap_count", 2});
  EXPECT_THAT(stops(setup, {3, 2, 1, 2}), ElementsAre(true, true, false, true));
}

TEST(OptunaSha, WhatIsNoNumberIsStoppedOnceTheRungHasOne) {
  Judged judged(sha(1, 2));
  EXPECT_FALSE(judged.report(0, NAN).stop) << "nobody has a number";
  EXPECT_FALSE(judged.report(1, 5).stop);
  EXPECT_TRUE(judged.report(2, INFINITY).stop);
  EXPECT_TRUE(judged.report(0, NAN).stop) << "still waiting for rung 0";
  EXPECT_FALSE(judged.report(0, 4).stop) << "its results in rungs 0 and 1 are 4";
  EXPECT_TRUE(judged.report(1, 4.5).stop) << "rung 1 has 4 and 4.5";
}

TEST(OptunaSha, AutoIsSettledWhenItIsFirstNeeded) {
  Judged judged({.type = "optuna_sha", .goal = Goal::Minimize});
  judged.report_all(0, std::vector<double>(250, 1.0));
  EXPECT_FALSE(judged.report(1, 2).stop) << "nobody has completed";
  EXPECT_THAT(judged.explain(1, 1).reason, HasSubstr("the budgets are not known"));
  judged.end(0, Status::Failed);
  EXPECT_FALSE(judged.report(2, 3).stop);
  judged.reopen(0);
  judged.report_all(0, std::vector<double>(250, 1.0));
  judged.end(0);
  EXPECT_FALSE(judged.report(3, 2).stop) << "floor(250 / 100) = 2";
  EXPECT_THAT(judged.explain(3, 1).reason, HasSubstr("the next is rung 0 from interval 2"));
  EXPECT_FALSE(judged.report(3, 2).stop) << "the first result there: before nobody had any";
  EXPECT_TRUE(judged.report(1, 2.5).stop);
  judged.remove(0, 150);
  EXPECT_FALSE(judged.report(4, 9).stop) << "still 2";
  judged.exclude(0);
  EXPECT_TRUE(judged.report(4, 9).stop);
}

TEST(OptunaSha, ValuesFromBeforeAutoWasKnownHaveNoResult) {
  Judged judged({.type = "optuna_sha", .goal = Goal::Minimize});
  judged.report_all(0, {1, 1, 1});
  judged.report_all(1, {5, 5, 5});
  judged.end(0);
  EXPECT_FALSE(judged.report(2, 9).stop);
  EXPECT_TRUE(judged.report(1, 9.5).stop) << "rung 0 has 9 and 9.5";
  EXPECT_THAT(judged.explain(1, 3).reason, HasSubstr("the budgets were not known then: kept"));
}

TEST(OptunaSha, RemovedTrialsLeaveTheirRungs) {
  Judged judged(sha(1, 2));
  judged.report_all(0, {1, 1});
  EXPECT_TRUE(judged.report(1, 2).stop);
  judged.remove(0, 0);
  EXPECT_FALSE(judged.explain(1, 1).stop);
  EXPECT_FALSE(judged.report(1, 2).stop) << "rung 1 is empty as well";
  judged.report(0, 3);
  EXPECT_TRUE(judged.explain(0, 1).stop);
  judged.exclude(1);
  EXPECT_FALSE(judged.explain(0, 1).stop);
}

TEST(OptunaSha, ReasonsHaveTheirNumbersAndWhoDecided) {
  Judged judged(sha(1, 2));
  judged.report(0, 1);
  const std::string why = "optuna_sha: at interval 1 2.0 > 1.0; place 1 of 2 in rung 0, best 1/2";
  EXPECT_EQ(judged.report(1, 2).reason, why);
  EXPECT_EQ(judged.explain(1, 1).reason, why + ", that of trial 0 at interval 1");
  EXPECT_THAT(judged.explain(0, 1).reason, HasSubstr("1.0 <= 1.0, by 0.0"));
  judged.report_all(0, {1, 1});
  EXPECT_EQ(judged.explain(0, 3).reason,
            "optuna_sha: at interval 3 the next is rung 2 from interval 4 on: kept");
}

}  // namespace
}  // namespace sweepjob::testing
