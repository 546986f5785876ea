// Verdicts of NNI's curvefitting assessor: who is judged when, and against whom. What it predicts
// is in learning_curves_test.cc.
#include <cmath>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/policy_harness.h"

namespace sweepjob::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using OptionList = std::vector<std::pair<std::string, Value>>;

PolicySetup curvefitting(OptionList options = {}) {
  return {.type = "curvefitting", .goal = Goal::Maximize, .options = std::move(options)};
}

std::vector<double> good(int n) {
  std::vector<double> y;
  for (int x = 1; x <= n; ++x) y.push_back(0.9 - 0.5 * std::exp(-0.3 * x));
  return y;
}
std::vector<double> poor(int n) {
  std::vector<double> y;
  for (int x = 1; x <= n; ++x) y.push_back(0.5 - 0.4 * std::pow(x, -0.8));
  return y;
}

// Trial 0 completed at 0.9 * (1 - tiny).
void finish_a_good_one(Judged& judged) {
  judged.report_all(0, good(20));
  judged.end(0);
}

TEST(Curvefitting, StopsACurveThatWillNotComeNearTheBest) {
  Judged judged(curvefitting());
  finish_a_good_one(judged);
  judged.report_all(1, poor(7));
  const Verdict verdict = judged.report(1, poor(8).back());
  EXPECT_TRUE(verdict.stop);
  EXPECT_THAT(verdict.reason, StartsWith("curvefitting: at interval 8 predicted 0.437"));
  EXPECT_THAT(verdict.reason, HasSubstr(" at 20 by 5 of 12 curves <= "));
  EXPECT_THAT(verdict.reason, HasSubstr(" = 0.95 * 0.898"));
  EXPECT_THAT(verdict.reason, HasSubstr("(last of trial 0)"));
}

TEST(Curvefitting, KeepsACurveThatWill) {
  Judged judged(curvefitting());
  finish_a_good_one(judged);
  for (const double value : good(20)) EXPECT_FALSE(judged.report(1, value).stop);
  const Verdict explained = judged.explain(1, 10);
  EXPECT_THAT(explained.reason, StartsWith("curvefitting: at interval 10 predicted 0.948"));
  EXPECT_THAT(explained.reason, HasSubstr("by 9 of 12 curves > "));
  EXPECT_THAT(explained.reason, HasSubstr(": kept by 0.09"));
}

TEST(Curvefitting, AThresholdThatIsLowEnoughKeepsThePoorOne) {
  Judged judged(curvefitting({{"threshold", 0.45}}));
  finish_a_good_one(judged);
  judged.report_all(1, poor(8));
  EXPECT_FALSE(judged.explain(1, 8).stop) << "0.438 > 0.45 * 0.899 = 0.404";
}

TEST(Curvefitting, JudgesFromStartStepEveryGapUpToEpochNum) {
  Judged judged(curvefitting({{"start_step", 7}, {"gap", 4}, {"epoch_num", 16}}));
  finish_a_good_one(judged);
  std::vector<std::uint32_t> stops;
  const std::vector<double> values = poor(20);
  for (std::uint32_t interval = 1; interval <= 20; ++interval) {
    if (judged.report(1, values[interval - 1]).stop) stops.push_back(interval);
  }
  EXPECT_THAT(stops, ::testing::ElementsAre(7, 11, 15));
  EXPECT_EQ(judged.explain(1, 6).reason,
            "curvefitting: at interval 6 < 7, the first that is judged: kept");
  EXPECT_EQ(judged.explain(1, 9).reason,
            "curvefitting: at interval 9 is no multiple of gap 4 after 7: kept");
  EXPECT_EQ(judged.explain(1, 19).reason, "curvefitting: at interval 19 > epoch_num 16: kept");
}

TEST(Curvefitting, NobodyIsStoppedBeforeATrialHasCompleted) {
  Judged judged(curvefitting());
  judged.report_all(0, good(20));
  judged.report_all(2, good(20));
  judged.end(2, Status::Failed);
  judged.report_all(1, poor(8));
  EXPECT_EQ(judged.explain(1, 8).reason,
            "curvefitting: at interval 8 0 < 1 other trials have completed: kept");
  judged.end(0);
  EXPECT_TRUE(judged.explain(1, 8).stop);
  PolicySetup two = curvefitting();
  two.min_trials = 2;
  Judged waiting(two);
  finish_a_good_one(waiting);
  waiting.report_all(1, poor(8));
  EXPECT_FALSE(waiting.explain(1, 8).stop);
}

TEST(Curvefitting, TheBestIsTheLargestLastValueNotTheLargestValue) {
  Judged judged(curvefitting());
  judged.report_all(0, {0.1, 0.99, 0.4});
  judged.end(0);
  judged.report_all(1, poor(8));
  EXPECT_FALSE(judged.explain(1, 8).stop) << "0.438 > 0.95 * 0.4";
  judged.report_all(2, {0.6});
  judged.end(2);
  EXPECT_THAT(judged.explain(1, 8).reason, HasSubstr("0.95 * 0.6 (last of trial 2)"));
  EXPECT_TRUE(judged.explain(1, 8).stop);
  judged.report_all(3, {0.9, NAN});
  judged.end(3);
  EXPECT_THAT(judged.explain(1, 8).reason, HasSubstr("(last of trial 2)"));
}

TEST(Curvefitting, DegenerateCurvesAreKept) {
  const std::vector<std::vector<double>> curves = {
      std::vector<double>(10, 0.1),
      std::vector<double>(10, 0.0),
      {0.1, 0.2, 0.25, 0.28, NAN, 0.3, 0.31, 0.32},
      {0.1, 0.2, 0.25, 0.28, 0.29, 0.3, 0.31, INFINITY},
      {NAN, NAN, NAN, NAN, NAN, NAN},
      {0.1, 0.2},
      {0.1, 0.1, 0.1}};
  for (std::size_t i = 0; i < curves.size(); ++i) {
    Judged judged(curvefitting({{"start_step", 0}}));
    finish_a_good_one(judged);
    judged.report_all(1, curves[i]);
    const auto latest = static_cast<std::uint32_t>(curves[i].size());
    EXPECT_FALSE(judged.explain(1, latest).stop) << i << judged.explain(1, latest).reason;
  }
}

TEST(Curvefitting, ABestOfZeroOrLessLeavesNoRoomForAFactor) {
  Judged judged(curvefitting());
  judged.report_all(0, {-0.5});
  judged.end(0);
  judged.report_all(1, poor(8));
  EXPECT_EQ(judged.explain(1, 8).reason,
            "curvefitting: at interval 8 the best last value -0.5 (of trial 0) is not above 0: "
            "kept");
  judged.report_all(2, {NAN});
  judged.end(2);
  judged.exclude(0);
  EXPECT_EQ(judged.explain(1, 8).reason,
            "curvefitting: at interval 8 no completed trial ended in a number: kept");
}

TEST(Curvefitting, RemovedExcludedAndReopenedTrialsLeaveTheComparison) {
  Judged judged(curvefitting());
  finish_a_good_one(judged);
  judged.report_all(1, poor(8));
  EXPECT_TRUE(judged.explain(1, 8).stop);
  judged.remove(0, 0);
  EXPECT_FALSE(judged.explain(1, 8).stop);
  judged.report_all(0, good(20));
  judged.end(0);
  EXPECT_TRUE(judged.explain(1, 8).stop);
  judged.reopen(0);
  EXPECT_FALSE(judged.explain(1, 8).stop);
  finish_a_good_one(judged);
  judged.exclude(0);
  EXPECT_FALSE(judged.explain(1, 8).stop);
  finish_a_good_one(judged);
  judged.exclude(1);
  EXPECT_EQ(judged.explain(1, 8).reason,
            "curvefitting: at interval 8 the trial is not compared: kept");
}

TEST(Curvefitting, TheSameReportsInAnyOrderGiveTheSameText) {
  Judged one(curvefitting());
  finish_a_good_one(one);
  one.report_all(2, {0.2, 0.7});
  one.end(2);
  one.report_all(1, poor(8));
  Judged other(curvefitting());
  other.report_all(1, poor(8));
  other.report_all(2, {0.2, 0.7});
  other.end(2);
  finish_a_good_one(other);
  EXPECT_EQ(one.explain(1, 8).reason, other.explain(1, 8).reason);
}

TEST(Curvefitting, WrongOptionsAreErrorsWithTheirPlace) {
  const std::vector<std::pair<OptionList, const char*>> cases = {
      {{{"epoch_num", 1}}, "expected an integer from 4"},
      {{{"epoch_num", 100000}}, "to 10000"},
      {{{"epoch_num", "many"}}, "expected an integer"},
      {{{"start_step", -1}}, "expected an integer from 0"},
      {{{"start_step", 21}}, "beyond epoch_num 20"},
      {{{"epoch_num", 5}}, "start_step 6 is beyond epoch_num 5"},
      {{{"gap", 0}}, "expected an integer from 1"},
      {{{"threshold", 0}}, "above 0 and at most 1"},
      {{{"threshold", 1.5}}, "above 0 and at most 1"},
      {{{"threshold", NAN}}, "above 0 and at most 1"},
  };
  for (const auto& [options, text] : cases) {
    SCOPED_TRACE(text);
    Findings findings;
    EXPECT_EQ(make(curvefitting(options), findings), nullptr);
    ASSERT_EQ(findings.all().size(), 1U);
    EXPECT_EQ(findings.all()[0].severity, Severity::Error);
    EXPECT_THAT(findings.all()[0].message, HasSubstr(text));
    EXPECT_FALSE(findings.all()[0].hint.empty() && options[0].second.get<std::string>() == nullptr);
  }
}

TEST(Curvefitting, MinimizeIsRefusedWithAWayOut) {
  PolicySetup setup = curvefitting();
  setup.goal = Goal::Minimize;
  Findings findings;
  EXPECT_EQ(make(setup, findings), nullptr);
  ASSERT_EQ(findings.all().size(), 1U);
  EXPECT_EQ(findings.all()[0].path, "early_termination");
  EXPECT_THAT(findings.all()[0].message, HasSubstr("goal: maximize"));
  EXPECT_THAT(findings.all()[0].hint, HasSubstr("medianstop"));
}

}  // namespace
}  // namespace sweepjob::testing
