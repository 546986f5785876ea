#include "policies/curve_table.h"

#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "policies/schedule.h"

namespace sweepjob {
namespace {

MeanSoFar summary_of(const std::vector<double>& values) {
  MeanSoFar summary;
  for (const double value : values) summary.add(value);
  return summary;
}

TEST(MeanSoFar, CompensatesWhatAPlainSumLoses) {
  std::vector<double> values{1.0};
  for (int i = 0; i < 1023; ++i) values.push_back(1e-17);
  const double exact = (1.0 + 1023e-17) / 1024;
  EXPECT_NEAR(summary_of(values).mean(), exact, 1e-19);
  EXPECT_EQ(summary_of({1e16, 1.0, -1e16, 1.0}).mean(), 0.5);
}

TEST(MeanSoFar, StaysWithinThePrefix) {
  for (const double value : {0.1, 1.0 / 3, 1e300, 5e-324, -0.7}) {
    MeanSoFar summary;
    for (int i = 0; i < 5000; ++i) {
      summary.add(value);
      ASSERT_EQ(summary.mean(), value);
    }
  }
}

TEST(MeanSoFar, SumsThatWouldOverflowHaveAMean) {
  const double huge = std::numeric_limits<double>::max();
  EXPECT_EQ(summary_of({huge, huge, huge}).mean(), huge);
  EXPECT_EQ(summary_of({huge, huge, -huge, -huge}).mean(), 0.0);
}

TEST(MeanSoFar, AWorstValueMakesItWorstForGood) {
  for (const double worst : {std::nan(""), HUGE_VAL, -HUGE_VAL}) {
    EXPECT_TRUE(is_worst(summary_of({1, worst, 1}).mean()));
    EXPECT_EQ(summary_of({1, worst, 2}).best(Goal::Maximize), 2);
    EXPECT_EQ(summary_of({1, worst, 2}).best(Goal::Minimize), 1);
    EXPECT_TRUE(is_worst(summary_of({worst}).best(Goal::Minimize)));
  }
}

struct Counter {
  int joined = 0;
  int left = 0;
  void fold(CurveTable<BestSoFar>& table, const TrialEvent& event) {
    table.fold(
        event, [this](TrialId, std::uint32_t, double, const BestSoFar&) { ++joined; },
        [this](TrialId, std::uint32_t, const BestSoFar&) { ++left; });
  }
};

TEST(CurveTable, EachValueLeavesAtMostOnce) {
  CurveTable<BestSoFar> table(Counted::NotEnded);
  Counter counter;
  for (std::uint32_t i = 1; i <= 5; ++i) {
    counter.fold(table, TrialReported{{TrialId(2), i, 1.0 * i, {}}});
  }
  counter.fold(table, ReportsRemoved{TrialId(2), 4});
  EXPECT_EQ(counter.left, 1);
  counter.fold(table, TrialEnded{TrialId(2), Status::Completed, {}, {}});
  EXPECT_EQ(counter.left, 5);
  counter.fold(table, TrialEnded{TrialId(2), Status::Completed, {}, {}});
  counter.fold(table, ReportsRemoved{TrialId(2), 1});
  counter.fold(table, TrialReopened{TrialId(2)});
  EXPECT_EQ(counter.left, 5);
  EXPECT_EQ(table.comparable(), 0U);
  counter.fold(table, TrialReported{{TrialId(2), 1, 3.0, {}}});
  EXPECT_EQ(counter.joined, 6);
  EXPECT_EQ(table.comparable(), 1U);
  counter.fold(table, TrialExcluded{TrialId(2)});
  counter.fold(table, TrialReported{{TrialId(2), 9, 3.0, {}}});
  EXPECT_EQ(counter.joined, 6) << "an excluded trial's values are not taken";
  EXPECT_EQ(counter.left, 6);
  EXPECT_EQ(table.comparable(), 0U);
}

TEST(CurveTable, KnowsWhichTrialsHaveCompletedAndWereNeitherExcludedNorReopened) {
  CurveTable<BestSoFar> table;
  Counter counter;
  const auto is = [&](const TrialEvent& event) {
    counter.fold(table, event);
    return std::pair(table.has_completed(TrialId(3)), table.has_completed_with_number(TrialId(3)));
  };
  const TrialEnded completed{TrialId(3), Status::Completed, {}, {}};
  EXPECT_EQ(is(TrialEnded{TrialId(1), Status::Completed, {}, {}}), std::pair(false, false));
  EXPECT_EQ(is(TrialEnded{TrialId(3), Status::Failed, {}, {}}), std::pair(false, false));
  EXPECT_EQ(is(TrialEnded{TrialId(3), Status::Canceled, {}, {}}), std::pair(false, false));
  EXPECT_EQ(is(completed), std::pair(true, false));
  EXPECT_EQ(is(TrialReopened{TrialId(3)}), std::pair(false, false));
  EXPECT_EQ(is(TrialReported{{TrialId(3), 1, NAN, {}}}), std::pair(false, false));
  EXPECT_EQ(is(completed), std::pair(true, false));
  EXPECT_EQ(is(TrialReopened{TrialId(3)}), std::pair(false, false));
  EXPECT_EQ(is(TrialReported{{TrialId(3), 1, 0.5, {}}}), std::pair(false, false));
  EXPECT_EQ(is(completed), std::pair(true, true));
  EXPECT_EQ(is(ReportsRemoved{TrialId(3), 0}), std::pair(true, false));
  EXPECT_EQ(is(TrialExcluded{TrialId(3)}), std::pair(false, false));
}

TEST(CurveTableDeathTest, AGapInTheCountIsABug) {
  CurveTable<BestSoFar> table;
  Counter counter;
  EXPECT_DEATH(counter.fold(table, TrialReported{{TrialId(0), 2, 1.0, {}}}), "counts");
}

TEST(Schedule, NumbersTheJudgedIntervals) {
  const Options options;
  const Schedule every({.options = options});
  EXPECT_EQ(every.slot(1), 0U);
  EXPECT_EQ(every.slot_from(7), 6U);
  const Schedule late({.options = options, .evaluation_interval = 100, .delay_evaluation = 200});
  EXPECT_EQ(late.slot(100), std::nullopt);
  EXPECT_EQ(late.slot(200), 0U);
  EXPECT_EQ(late.slot(250), std::nullopt);
  EXPECT_EQ(late.slot(300), 1U);
  const Schedule odd({.options = options, .evaluation_interval = 2, .delay_evaluation = 5});
  EXPECT_EQ(odd.slot(4), std::nullopt);
  EXPECT_EQ(odd.slot(6), 0U);
  EXPECT_EQ(odd.slot_from(1), 0U);
  EXPECT_EQ(odd.slot_from(6), 0U);
  EXPECT_EQ(odd.slot_from(7), 1U);
  EXPECT_EQ(odd.slot_from(8), 1U);
  EXPECT_EQ(odd.first_interval_of(0), 1U);
  EXPECT_EQ(odd.first_interval_of(1), 7U);
  const Schedule never(
      {.options = options, .evaluation_interval = 0xffffffff, .delay_evaluation = 0xffffffff});
  EXPECT_EQ(never.slot(0xfffffffe), std::nullopt);
  EXPECT_EQ(never.slot(0xffffffff), 0U);
}

}  // namespace
}  // namespace sweepjob
