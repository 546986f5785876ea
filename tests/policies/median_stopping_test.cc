// Hand-computed verdicts of spec azure-sweep sections 11 and 17.
#include <cmath>

#include <gtest/gtest.h>

#include "tests/support/policy_harness.h"

namespace sweepjob::testing {
namespace {

PolicySetup median(Goal goal) { return {.type = "median_stopping", .goal = goal}; }

TEST(MedianStopping, TheThreeCurvesOfTheSpec) {
  PolicySetup setup = median(Goal::Maximize);
  setup.delay_evaluation = 3;
  Judged judged(setup);
  judged.report_all(0, {1, 2});
  EXPECT_FALSE(judged.report(0, 3).stop);
  judged.report_all(1, {2, 2});
  EXPECT_FALSE(judged.report(1, 2).stop);
  judged.report_all(2, {0, 0});
  const Verdict verdict = judged.report(2, 0);
  EXPECT_TRUE(verdict.stop);
  EXPECT_EQ(verdict.reason,
            "median_stopping: at interval 3 best 0.0 < 2.0, the median of 3 running averages");
  EXPECT_FALSE(judged.explain(0, 3).stop);
  EXPECT_FALSE(judged.explain(1, 3).stop);
  EXPECT_EQ(
      judged.explain(0, 3).reason,
      "median_stopping: at interval 3 best 3.0 >= 2.0, the median of 3 running averages, that "
      "of trial 0 (2.0), by 1.0: kept");
}

TEST(MedianStopping, AnEvenNumberTakesTheMeanOfTheTwoMiddleOnes) {
  Judged judged(median(Goal::Minimize));
  judged.report(0, 1);
  judged.report(1, 2);
  judged.report(2, 4);
  EXPECT_TRUE(judged.report(3, 5).stop) << "1 2 4 5: 3";
  EXPECT_TRUE(judged.explain(2, 1).stop) << "4 > 3";
  EXPECT_FALSE(judged.explain(1, 1).stop) << "2 <= 3";
  EXPECT_FALSE(judged.report(4, 3).stop) << "1 2 3 4 5: equal to the median";
}

TEST(MedianStopping, AFloorOfTwoTrialsOrMinTrials) {
  Judged alone(median(Goal::Maximize));
  alone.report_all(0, {5});
  EXPECT_FALSE(alone.report(0, 1).stop);
  EXPECT_TRUE(alone.report(1, 1).stop) << "1 and 5: 3";
  PolicySetup three = median(Goal::Maximize);
  three.min_trials = 3;
  Judged judged(three);
  judged.report(0, 5);
  EXPECT_FALSE(judged.report(1, 1).stop);
  EXPECT_EQ(judged.explain(1, 1).reason,
            "median_stopping: at interval 1 2 < 3 trials got this far: kept");
  EXPECT_FALSE(judged.report(2, 1).stop) << "1 1 5: the median is 1";
  EXPECT_TRUE(judged.report(3, 0).stop);
}

TEST(MedianStopping, ComparesItsBestWithAverages) {
  Judged judged(median(Goal::Maximize));
  judged.report_all(0, {1, 1, 1});
  judged.report_all(1, {2, 2, 2});
  EXPECT_FALSE(judged.report(2, 9).stop);
  EXPECT_FALSE(judged.report(2, 0).stop) << "best 9, though its average is 4.5";
  EXPECT_FALSE(judged.report(2, 0).stop);
}

TEST(MedianStopping, LaterValuesOfOthersPlayNoPart) {
  Judged judged(median(Goal::Maximize));
  judged.report_all(0, {1, 100, 100});
  judged.report_all(1, {1, 100, 100});
  EXPECT_FALSE(judged.report(2, 1).stop);
  EXPECT_TRUE(judged.report(2, 1).stop) << "50.5 at interval 2";
}

TEST(MedianStopping, ShorterTrialsAreLeftOutFailedOnesThatGotThereCount) {
  Judged judged(median(Goal::Maximize));
  judged.report_all(0, {9});
  judged.report_all(1, {5, 5});
  judged.end(1, Status::Failed);
  judged.report_all(2, {1});
  EXPECT_TRUE(judged.report(2, 1).stop) << "5 and 1: 3; 9 has no second value";
}

TEST(MedianStopping, AConstantCurveIsNotWorseThanItsOwnMean) {
  Judged judged(median(Goal::Maximize));
  for (int i = 0; i < 1000; ++i) {
    EXPECT_FALSE(judged.report(0, 0.1).stop) << i;
    EXPECT_FALSE(judged.report(1, 0.1).stop) << i;
    EXPECT_FALSE(judged.report(2, 0.1).stop) << i;
  }
}

TEST(MedianStopping, HugeValuesHaveAMeanToo) {
  Judged judged(median(Goal::Maximize));
  judged.report_all(0, {1.7e308, 1.7e308, 1.7e308});
  judged.report_all(1, {1.7e308, 1.7e308, 1.7e308});
  EXPECT_FALSE(judged.explain(1, 3).stop);
  judged.report_all(2, {1e308, 1e308});
  EXPECT_TRUE(judged.report(2, 1e308).stop);
}

TEST(MedianStopping, WorstSortsLastAndNeverEntersAWinningMedian) {
  Judged judged(median(Goal::Minimize));
  EXPECT_FALSE(judged.report(0, -INFINITY).stop);
  EXPECT_FALSE(judged.report(1, NAN).stop) << "no finite average";
  EXPECT_FALSE(judged.report(2, 4).stop) << "worst worst 4: the median is worst";
  const Verdict both_worst = judged.report(3, NAN);
  EXPECT_TRUE(both_worst.stop) << "some finite average exists";
  EXPECT_EQ(both_worst.reason,
            "median_stopping: at interval 1 best nan is no number, nor is the median of 4 running "
            "averages, but some average is");
  judged.report(4, 5);
  EXPECT_FALSE(judged.explain(2, 1).stop);
  EXPECT_FALSE(judged.report(5, 99).stop) << "3 worst, 4 5 99: a middle one is worst";
  EXPECT_FALSE(judged.report(6, 100).stop) << "the median is 100";
  EXPECT_EQ(judged.explain(3, 1).reason,
            "median_stopping: at interval 1 best nan is worse than 100.0, the median of 7 running "
            "averages, that of trial 6 (100.0)");
  EXPECT_TRUE(judged.explain(0, 1).stop);
}

TEST(MedianStopping, AWorstValueSpoilsAnAverageForGoodButNotABest) {
  Judged judged(median(Goal::Maximize));
  judged.report_all(0, {3, 3});
  judged.report_all(1, {4, 4});
  judged.report_all(2, {NAN});
  EXPECT_FALSE(judged.report(2, 3.5).stop) << "averages worst 3 4: 3";
  judged.report_all(3, {NAN});
  EXPECT_FALSE(judged.report(3, 1).stop) << "worst worst 3 4: a middle one is worst";
}

TEST(MedianStopping, RemovedValuesLeaveTheMedian) {
  Judged judged(median(Goal::Maximize));
  judged.report_all(0, {8, 8});
  judged.report_all(1, {8, 8});
  judged.report_all(2, {4, 4});
  EXPECT_TRUE(judged.explain(2, 2).stop);
  judged.remove(0, 1);
  judged.remove(1, 1);
  EXPECT_FALSE(judged.explain(2, 2).stop) << "alone at interval 2";
  EXPECT_TRUE(judged.explain(2, 1).stop) << "the first values stand";
  EXPECT_FALSE(judged.report(0, 0).stop) << "its average is 4 now, as is the other";
  judged.exclude(1);
  EXPECT_EQ(
      judged.explain(2, 1).reason,
      "median_stopping: at interval 1 best 4.0 < 6.0, the median of 2 running averages, between "
      "trial 0 (8.0) and trial 2 (4.0)");
  judged.reopen(0);
  EXPECT_FALSE(judged.explain(2, 1).stop);
}

TEST(MedianStopping, TakesNoOptionsOfItsOwn) {
  Findings findings;
  EXPECT_NE(make({.type = "median_stopping", .options = {{"slack_factor", 1}}}, findings), nullptr);
  ASSERT_EQ(findings.all().size(), 1U);
  EXPECT_EQ(findings.all()[0].severity, Severity::Warning);
  EXPECT_EQ(findings.all()[0].where.line, 21);
  Findings strict;
  EXPECT_EQ(
      make({.type = "median_stopping", .options = {{"slack_factor", 1}}, .strict = true}, strict),
      nullptr);
}

}  // namespace
}  // namespace sweepjob::testing
