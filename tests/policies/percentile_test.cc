// Hand-computed verdicts of Optuna's percentile rule (spec halving-and-optuna 2.5): numpy's linear
// percentile of what completed trials had at exactly this interval.
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/policy_harness.h"

namespace sweepjob::testing {
namespace {

PolicySetup percentile(double value, Goal goal = Goal::Minimize) {
  return {.type = "percentile",
          .goal = goal,
          .options = {{"percentile", value}, {"n_startup_trials", 0}}};
}

// Completed trials from number 100 on, with one curve each.
void complete(Judged& judged, const std::vector<std::vector<double>>& curves) {
  std::uint32_t trial = 100;
  for (const auto& curve : curves) {
    judged.report_all(trial, curve);
    judged.end(trial++);
  }
}

struct Row {
  Goal goal;
  double percentile;
  std::vector<std::vector<double>> completed;
  double own;
  bool stop;
};

TEST(Percentile, ComparesWithThePercentileOfCompletedTrials) {
  const Goal low = Goal::Minimize;
  const Goal high = Goal::Maximize;
  const std::vector<std::vector<double>> five = {{3}, {1}, {5}, {2}, {4}};
  const std::vector<Row> table = {
      {low, 25, five, 2, false},          // P25 = 2
      {low, 25, five, 2.1, true},         //
      {high, 25, five, 4, false},         // P75 = 4
      {high, 25, five, 3.9, true},        //
      {low, 0, five, 1, false},           // the best alone
      {low, 0, five, 1.1, true},          //
      {low, 100, five, 5, false},         // the worst
      {low, 100, five, 5.1, true},        //
      {high, 100, five, 1, false},        //
      {low, 50, {{1}, {2}}, 1.5, false},  // between two
      {low, 50, {{1}, {2}}, 1.6, true},   //
      {high, 50, {{1}, {2}}, 1.4, true},  //
      {low, 10, five, 1.4, false},        // 1 + 0.4 * (2 - 1)
      {low, 10, five, 1.41, true},        //
      {low, 50, {{7}}, 7.5, true},        // a single one
      {low, 50, {}, 1e9, false},          // none
  };
  for (const Row& row : table) {
    Judged judged(percentile(row.percentile, row.goal));
    complete(judged, row.completed);
    const Verdict verdict = judged.report(0, row.own);
    EXPECT_EQ(verdict.stop, row.stop) << row.percentile << " " << judged.explain(0, 1).reason;
  }
}

TEST(Percentile, MinimisingMirrorsMaximising) {
  RandomStream random(5);
  for (int round = 0; round < 200; ++round) {
    const double p = static_cast<double>(random.below(101));
    Judged low(percentile(p, Goal::Minimize));
    Judged high(percentile(p, Goal::Maximize));
    for (std::uint32_t trial = 0; trial < 9; ++trial) {
      const double value = random.uniform();
      EXPECT_EQ(low.report(trial, value).stop, high.report(trial, -value).stop);
      low.end(trial);
      high.end(trial);
    }
  }
}

TEST(Percentile, TheOwnValueIsTheBestSoFarTheOthersAreThoseOfTheInterval) {
  Judged judged(percentile(50));
  complete(judged, {{1, 9}, {1, 9}, {1, 9}});
  EXPECT_TRUE(judged.report(0, 5).stop) << "5 > 1";
  EXPECT_FALSE(judged.report(0, 50).stop) << "min(5, 50) <= 9";
}

TEST(Percentile, OnlyCompletedTrialsCount) {
  for (const Status status : {Status::Failed, Status::Canceled}) {
    Judged judged(percentile(50));
    judged.report(1, 1);
    EXPECT_FALSE(judged.report(0, 5).stop) << "it still runs";
    judged.end(1, status);
    EXPECT_FALSE(judged.explain(0, 1).stop);
  }
  Judged judged(percentile(50));
  judged.report(1, 1);
  judged.report(0, 5);
  judged.end(1);
  EXPECT_TRUE(judged.explain(0, 1).stop);
  judged.reopen(1);
  EXPECT_FALSE(judged.explain(0, 1).stop) << "reopened: it has not completed";
  judged.report(1, 1);
  judged.end(1);
  EXPECT_TRUE(judged.explain(0, 1).stop);
  judged.exclude(1);
  EXPECT_FALSE(judged.explain(0, 1).stop);
}

TEST(Percentile, WaitsForStartupTrialsAndForEnoughValues) {
  Judged judged({.type = "optuna_median", .goal = Goal::Minimize});
  complete(judged, {{1}, {1}, {1}, {1}});
  EXPECT_FALSE(judged.report(0, 5).stop) << "n_startup_trials is 5";
  judged.report(1, 1);
  judged.end(1);
  EXPECT_TRUE(judged.explain(0, 1).stop);

  PolicySetup three = percentile(50);
  three.options.push_back({"n_min_trials", 3});
  Judged few(three);
  complete(few, {{1, 1}, {1, 1}, {1}});
  EXPECT_TRUE(few.report(0, 5).stop);
  EXPECT_FALSE(few.report(0, 5).stop) << "two values at interval 2";
}

// A completed trial whose values are all nan has failed to Optuna (its value may not be nan), which
// counts those in state COMPLETE alone.
TEST(Percentile, OnlyTrialsWithANumberCountAsStartupTrials) {
  PolicySetup two = percentile(50);
  two.options[1].second = 2;
  Judged judged(two);
  complete(judged, {{1, 1}, {NAN, NAN}, {INFINITY}, {}});
  EXPECT_FALSE(judged.report(0, 5).stop) << "one completed with a number";
  EXPECT_EQ(judged.explain(0, 1).reason,
            "percentile: at interval 1 1 < 2 trials have completed with a number: kept");
  judged.report_all(1, {NAN, 1});
  judged.end(1);
  EXPECT_TRUE(judged.report(0, 5).stop) << "a number among nan is enough";
  judged.remove(1, 1);
  EXPECT_FALSE(judged.explain(0, 2).stop) << "its number was taken back";
}

TEST(Percentile, ValuesThatAreNoNumbersAreLeftOut) {
  Judged judged(percentile(50));
  complete(judged, {{1}, {NAN}, {INFINITY}, {3}});
  EXPECT_FALSE(judged.report(0, 2).stop) << "the median of 1 and 3";
  EXPECT_TRUE(judged.report(1, 2.1).stop);
  EXPECT_TRUE(judged.report(2, NAN).stop);
  Judged none(percentile(50));
  complete(none, {{NAN}, {NAN}});
  EXPECT_FALSE(none.report(0, NAN).stop);
  EXPECT_FALSE(none.report(1, 7).stop);
}

TEST(Percentile, LooksOncePerInterval) {
  PolicySetup setup = percentile(50);
  setup.options.push_back({"n_warmup_steps", 2});
  setup.options.push_back({"interval_steps", 3});
  Judged judged(setup);
  complete(judged, {std::vector<double>(9, 0.0)});
  std::vector<int> stops;
  for (int k = 1; k <= 9; ++k) {
    if (judged.report(0, 1).stop) stops.push_back(k);
  }
  EXPECT_THAT(stops, ::testing::ElementsAre(2, 5, 8));
}

TEST(Percentile, ReasonsHaveTheirNumbersAndWhoDecided) {
  Judged judged(percentile(50));
  complete(judged, {{1}, {2}});
  const std::string why =
      "percentile: at interval 1 best 1.75 > 1.5; percentile 50.0 of 2 completed trials";
  EXPECT_EQ(judged.report(0, 1.75).reason, why);
  EXPECT_EQ(judged.explain(0, 1).reason, why + ", between trial 100 (1.0) and trial 101 (2.0)");
  judged.report(1, 1.25);
  EXPECT_EQ(judged.explain(1, 1).reason,
            "percentile: at interval 1 best 1.25 <= 1.5, by 0.25; percentile 50.0 of 2 completed "
            "trials, between trial 100 (1.0) and trial 101 (2.0): kept");
}

}  // namespace
}  // namespace sweepjob::testing
