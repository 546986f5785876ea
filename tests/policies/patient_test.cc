// Hand-computed verdicts of Optuna's patient rule (spec halving-and-optuna 2.5).
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/policy_harness.h"

namespace sweepjob::testing {
namespace {

PolicySetup patient(int patience, double min_delta = 0, Goal goal = Goal::Minimize) {
  return {.type = "patient",
          .goal = goal,
          .options = {{"patience", patience}, {"min_delta", min_delta}}};
}

Value upper(double bound) { return Value(Value::Map{{"type", "threshold"}, {"upper", bound}}); }

struct Row {
  int patience;
  double min_delta;
  std::vector<double> curve;
  bool stop;  // at its last report
};

TEST(Patient, StopsWhatHasNotImprovedForSoLong) {
  const double nan = std::nan("");
  const std::vector<Row> table = {
      {0, 0, {1}, false},             // k must be above patience + 1
      {0, 0, {1, 2}, true},           // min(1) < min(2)
      {0, 0, {1, 1}, false},          // as good as before
      {1, 0, {1, 2}, false},          //
      {1, 0, {1, 2, 3}, true},        // min(1) < min(2, 3)
      {1, 0, {1, 2, 1}, false},       //
      {1, 0, {3, 1, 2, 3}, true},     // min(3, 1) < min(2, 3)
      {1, 0, {3, 1, 2, 0.5}, false},  //
      {1, 1, {1, 2, 3}, false},       // 1 + 1 is not below 2
      {1, 0.9, {1, 2, 3}, true},      //
      {1, 0, {1, nan, 2}, true},      // the other value counts
      {1, 0, {1, nan, nan}, true},    // no number is worse than any
      {1, 0, {nan, 1, 2}, false},     // nothing before to fall behind
      {1, 0, {nan, nan, nan}, false},
      {1, 0, {nan, 1, 2, INFINITY}, true},
  };
  for (const Row& row : table) {
    Judged low(patient(row.patience, row.min_delta));
    Judged high(patient(row.patience, row.min_delta, Goal::Maximize));
    bool stop = false;
    bool mirrored = false;
    for (const double value : row.curve) {
      stop = low.report(0, value).stop;
      mirrored = high.report(0, -value).stop;
    }
    const auto last = static_cast<std::uint32_t>(row.curve.size());
    EXPECT_EQ(stop, row.stop) << low.explain(0, last).reason;
    EXPECT_EQ(mirrored, row.stop) << high.explain(0, last).reason;
  }
}

TEST(Patient, NobodyElsesCurveMatters) {
  Judged judged(patient(1));
  judged.report_all(1, {-5, -6, -7});
  judged.report_all(0, {3, 2});
  EXPECT_FALSE(judged.report(0, 1).stop);
}

TEST(Patient, AWrappedPolicyIsAskedOnceTheTrialStagnates) {
  PolicySetup setup = patient(0);
  setup.options.push_back({"wrapped", upper(2.5)});
  Judged judged(setup);
  EXPECT_FALSE(judged.report(0, 9).stop) << "beyond the bound, but too early";
  EXPECT_FALSE(judged.report(0, 8).stop) << "beyond the bound, but improving";
  EXPECT_FALSE(judged.report(0, 1).stop);
  EXPECT_FALSE(judged.report(0, 2).stop) << "stagnating, but within the bound";
  const Verdict verdict = judged.report(0, 3);
  EXPECT_TRUE(verdict.stop);
  EXPECT_EQ(
      verdict.reason,
      "patient: at interval 5 best of the last 1: 3.0 > 1.0; before it was 1.0, plus 0.0, and "
      "threshold: at interval 5 value 3.0 > upper 2.5");
}

TEST(Patient, WrappingNoneIsOptunasNone) {
  for (const Value& none : {Value(), Value("none"), Value(Value::Map{{"type", "none"}})}) {
    PolicySetup setup = patient(0);
    setup.options.push_back({"wrapped", none});
    Judged judged(setup);
    judged.report(0, 1);
    EXPECT_TRUE(judged.report(0, 2).stop);
  }
}

TEST(Patient, TheWrappedPolicySeesTheOtherTrials) {
  PolicySetup setup = patient(0);
  const Value bandit(Value::Map{{"type", "bandit"}, {"slack_amount", 0.5}});
  setup.options.push_back({"wrapped", bandit});
  Judged judged(setup);
  judged.report_all(1, {1, 1});
  judged.report(0, 2);
  EXPECT_TRUE(judged.report(0, 3).stop);
}

TEST(Patient, RemovedReportsDoNotCountAsPatience) {
  Judged judged(patient(1));
  judged.report_all(0, {1, 2});
  judged.remove(0, 1);
  EXPECT_FALSE(judged.report(0, 3).stop);
  EXPECT_TRUE(judged.report(0, 3).stop);
  judged.reopen(0);
  judged.report_all(0, {5, 4});
  EXPECT_FALSE(judged.report(0, 3).stop);
  judged.exclude(0);
  EXPECT_FALSE(judged.explain(0, 3).stop);
}

TEST(Patient, ReasonsHaveTheirNumbers) {
  Judged judged(patient(1, 0.5));
  judged.report_all(0, {1, 1.75, 2, 1.25});
  EXPECT_EQ(judged.explain(0, 3).reason,
            "patient: at interval 3 best of the last 2: 1.75 > 1.5; before it was 1.0, plus 0.5");
  EXPECT_EQ(judged.explain(0, 4).reason,
            "patient: at interval 4 best of the last 2: 1.25 <= 1.5, by 0.25; before it was 1.0, "
            "plus 0.5: kept");
  EXPECT_EQ(judged.explain(0, 2).reason, "patient: at interval 2 2 <= 2 reports: kept");
}

}  // namespace
}  // namespace sweepjob::testing
