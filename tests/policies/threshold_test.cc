// Hand-made verdicts of Optuna's threshold rule (spec halving-and-optuna 2.5).
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/policy_harness.h"

namespace sweepjob::testing {
namespace {

using OptionList = std::vector<std::pair<std::string, Value>>;

PolicySetup threshold(OptionList options, Goal goal = Goal::Minimize) {
  return {.type = "threshold", .goal = goal, .options = std::move(options)};
}

TEST(Threshold, StopsOutsideTheBoundsUnderEitherGoal) {
  for (const Goal goal : {Goal::Minimize, Goal::Maximize}) {
    const std::vector<std::pair<double, bool>> table = {
        {-1.5, true}, {-1, false}, {0, false}, {2, false}, {2.5, true}};
    for (const auto& [value, stop] : table) {
      Judged judged(threshold({{"lower", -1}, {"upper", 2}}, goal));
      EXPECT_EQ(judged.report(0, value).stop, stop) << value;
    }
  }
}

TEST(Threshold, ABoundThatIsNotGivenStopsNobody) {
  EXPECT_FALSE(Judged(threshold({{"upper", 2}})).report(0, -1e300).stop);
  EXPECT_FALSE(Judged(threshold({{"lower", 2}})).report(0, 1e300).stop);
}

TEST(Threshold, JudgesTheLatestValueNotTheBest) {
  Judged judged(threshold({{"upper", 2}}));
  judged.report_all(0, {1, 1.5});
  EXPECT_TRUE(judged.report(0, 3).stop);
  EXPECT_FALSE(judged.explain(0, 2).stop) << "an earlier report is judged by its own value";
}

TEST(Threshold, WhatIsNoNumberIsOutsideEvenAlone) {
  for (const double worst : {std::nan(""), HUGE_VAL, -HUGE_VAL}) {
    EXPECT_TRUE(Judged(threshold({{"lower", 0}})).report(0, worst).stop) << worst;
    EXPECT_TRUE(Judged(threshold({{"upper", 0}})).report(0, worst).stop) << worst;
  }
}

TEST(Threshold, LooksAfterTheWarmUpAndOncePerInterval) {
  Judged judged(threshold({{"upper", 0}, {"n_warmup_steps", 3}, {"interval_steps", 2}}));
  std::vector<int> stops;
  for (int k = 1; k <= 8; ++k) {
    if (judged.report(0, 1).stop) stops.push_back(k);
  }
  EXPECT_THAT(stops, ::testing::ElementsAre(3, 5, 7));
  Judged at_once(threshold({{"upper", 0}, {"interval_steps", 3}}));
  stops.clear();
  for (int k = 1; k <= 7; ++k) {
    if (at_once.report(0, 1).stop) stops.push_back(k);
  }
  EXPECT_THAT(stops, ::testing::ElementsAre(1, 3, 6)) << "a trial's first report is always due";
}

TEST(Threshold, ExcludedAndReopenedTrialsAreJudgedByWhatTheyHave) {
  Judged judged(threshold({{"upper", 2}}));
  judged.report(0, 3);
  judged.exclude(0);
  EXPECT_FALSE(judged.explain(0, 1).stop);
  judged.reopen(0);
  EXPECT_TRUE(judged.report(0, 4).stop);
  judged.remove(0, 0);
  EXPECT_FALSE(judged.report(0, 1).stop);
}

TEST(Threshold, ReasonsHaveTheirNumbers) {
  Judged judged(threshold({{"lower", -1}, {"upper", 2}}));
  EXPECT_EQ(judged.report(0, 2.5).reason, "threshold: at interval 1 value 2.5 > upper 2.0");
  EXPECT_EQ(judged.report(1, -3).reason, "threshold: at interval 1 value -3.0 < lower -1.0");
  EXPECT_EQ(judged.report(2, NAN).reason, "threshold: at interval 1 value nan is no number");
  judged.report(3, 1.5);
  EXPECT_EQ(judged.explain(3, 1).reason,
            "threshold: at interval 1 value 1.5 <= upper 2.0, by 0.5: kept");
}

}  // namespace
}  // namespace sweepjob::testing
