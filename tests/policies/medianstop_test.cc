// Hand-computed verdicts of NNI's medianstop assessor.
#include <cmath>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/policy_harness.h"

namespace sweepjob::testing {
namespace {

using ::testing::HasSubstr;

PolicySetup medianstop(Goal goal) { return {.type = "medianstop", .goal = goal}; }

void complete(Judged& judged, std::uint32_t trial, const std::vector<double>& values) {
  judged.report_all(trial, values);
  judged.end(trial);
}

TEST(Medianstop, TakesTheLowerMiddleWhenMaximizing) {
  Judged judged(medianstop(Goal::Maximize));
  complete(judged, 0, {1, 3});
  complete(judged, 1, {4, 4});
  complete(judged, 2, {2, 0});
  judged.report(5, 1.5);
  EXPECT_EQ(judged.report(5, 1.75).reason,
            "medianstop: at interval 2 best 1.75 < 2.0, the middle one of 3 completed trials' "
            "running averages")
      << "1 2 4";
  judged.report(6, 1);
  EXPECT_FALSE(judged.report(6, 2).stop) << "strict";
  complete(judged, 3, {8, 8});
  EXPECT_TRUE(judged.explain(5, 2).stop) << "1 2 4 8: index 1, still 2";
  EXPECT_EQ(judged.explain(6, 2).reason,
            "medianstop: at interval 2 best 2.0 >= 2.0, the middle one of 4 completed trials' "
            "running averages, by 0.0: kept");
}

TEST(Medianstop, TakesTheUpperMiddleWhenMinimizing) {
  Judged judged(medianstop(Goal::Minimize));
  complete(judged, 0, {1});
  complete(judged, 1, {2});
  complete(judged, 2, {4});
  complete(judged, 3, {8});
  EXPECT_FALSE(judged.report(4, 4).stop) << "1 2 4 8: index 2, 4";
  EXPECT_TRUE(judged.report(5, 4.5).stop);
}

TEST(Medianstop, MinimizeMirrorsMaximize) {
  for (int count = 1; count <= 6; ++count) {
    Judged up(medianstop(Goal::Maximize));
    Judged down(medianstop(Goal::Minimize));
    for (int trial = 0; trial < count; ++trial) {
      const double value = (trial * 7 % 5) - 2;
      complete(up, static_cast<std::uint32_t>(trial), {value});
      complete(down, static_cast<std::uint32_t>(trial), {-value});
    }
    for (std::uint32_t trial = 10; trial < 20; ++trial) {
      const double own = (trial - 10) * 0.5 - 2.25;
      EXPECT_EQ(up.report(trial, own).stop, down.report(trial, -own).stop) << count << " " << own;
    }
  }
}

TEST(Medianstop, OnlyCompletedTrialsThatGotThereAreComparedWith) {
  Judged judged(medianstop(Goal::Maximize));
  judged.report_all(0, {9, 9});
  judged.report_all(1, {9, 9});
  judged.end(1, Status::Failed);
  judged.report_all(2, {9, 9});
  judged.end(2, Status::Canceled);
  complete(judged, 3, {9});
  judged.report(4, 1);
  EXPECT_FALSE(judged.report(4, 1).stop) << "trial 3 has no second value";
  EXPECT_EQ(judged.explain(4, 2).reason,
            "medianstop: at interval 2 0 < 1 completed trials got this far: kept");
  EXPECT_TRUE(judged.explain(4, 1).stop);
  EXPECT_FALSE(judged.explain(3, 1).stop) << "not with itself";
  judged.end(0);
  EXPECT_TRUE(judged.explain(4, 2).stop);
}

TEST(Medianstop, ACompletedTrialIsNotItsOwnReference) {
  Judged judged(medianstop(Goal::Maximize));
  complete(judged, 0, {1});
  complete(judged, 1, {2});
  complete(judged, 2, {3});
  EXPECT_TRUE(judged.explain(0, 1).stop) << "2 3: the lower one";
  EXPECT_FALSE(judged.explain(1, 1).stop) << "1 3: 1";
  EXPECT_FALSE(judged.explain(2, 1).stop) << "1 2: 1";
}

TEST(Medianstop, WaitsForStartStepAndMinTrials) {
  PolicySetup setup = medianstop(Goal::Maximize);
  setup.options = {{"start_step", 3}};
  setup.min_trials = 2;
  Judged judged(setup);
  complete(judged, 0, {9, 9, 9});
  judged.report_all(2, {1, 1});
  EXPECT_EQ(judged.explain(2, 2).reason, "medianstop: at interval 2 < start_step 3: kept");
  EXPECT_FALSE(judged.report(2, 1).stop) << "one completed trial";
  complete(judged, 1, {9, 9, 9});
  EXPECT_TRUE(judged.explain(2, 3).stop);
}

TEST(Medianstop, WorstSortsLastAndADivergedTrialStopsAmongNumbers) {
  Judged judged(medianstop(Goal::Minimize));
  complete(judged, 0, {NAN, 1});
  EXPECT_FALSE(judged.report(5, INFINITY).stop) << "no finite average";
  complete(judged, 1, {-INFINITY, 1});
  EXPECT_FALSE(judged.report(6, 1e9).stop) << "both averages are worst";
  complete(judged, 2, {3, 3});
  const Verdict verdict = judged.report(7, NAN);
  EXPECT_TRUE(verdict.stop) << "some average is finite";
  EXPECT_THAT(verdict.reason, HasSubstr("but some average is"));
  complete(judged, 3, {5, 5});
  complete(judged, 4, {6, 6});
  EXPECT_FALSE(judged.report(8, 6).stop) << "3 5 6 worst worst: 6";
  EXPECT_TRUE(judged.report(9, 7).stop);
  EXPECT_FALSE(judged.report(7, 6).stop) << "own best is 6; 3 5 6 worst worst at interval 2 too";
}

TEST(Medianstop, RemovedExcludedAndReopenedTrialsLeaveTheComparison) {
  Judged judged(medianstop(Goal::Maximize));
  complete(judged, 0, {9, 9});
  judged.report_all(1, {1, 1});
  EXPECT_TRUE(judged.explain(1, 2).stop);
  judged.remove(0, 1);
  EXPECT_FALSE(judged.explain(1, 2).stop);
  EXPECT_TRUE(judged.explain(1, 1).stop) << "its first value stands";
  judged.reopen(0);
  EXPECT_FALSE(judged.explain(1, 1).stop);
  judged.report(0, 9);
  EXPECT_FALSE(judged.explain(1, 1).stop) << "running again";
  judged.end(0);
  EXPECT_TRUE(judged.explain(1, 1).stop);
  judged.exclude(0);
  EXPECT_FALSE(judged.explain(1, 1).stop);
  judged.exclude(1);
  EXPECT_EQ(judged.explain(1, 1).reason,
            "medianstop: at interval 1 the trial is not compared: kept");
}

TEST(Medianstop, WrongStartStepsAreErrorsWithTheirPlace) {
  const std::vector<Value> wrong = {-1, 1.5, "soon"};
  for (const Value& start_step : wrong) {
    Findings findings;
    EXPECT_EQ(make({.type = "medianstop", .options = {{"start_step", start_step}}}, findings),
              nullptr);
    ASSERT_EQ(findings.all().size(), 1U);
    EXPECT_EQ(findings.all()[0].path, "early_termination.start_step");
    EXPECT_EQ(findings.all()[0].where.line, 21);
    EXPECT_THAT(findings.all()[0].message, HasSubstr("expected an integer"));
  }
}

}  // namespace
}  // namespace sweepjob::testing
