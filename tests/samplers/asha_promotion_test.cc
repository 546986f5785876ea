#include <gtest/gtest.h>

#include "tests/support/budget_run.h"

namespace sweepjob {
namespace {

using test::BudgetRun;
using test::option;

std::vector<Option> two() { return {option("r_min", 1), option("r_max", 8), option("eta", 2)}; }

// The walk-through of d2l's chapter, two workers.
TEST(AshaPromotion, FollowsTheWalkThrough) {
  BudgetRun run("asha_promotion", two());
  EXPECT_EQ(run.fill(2), "0@1 1@1");
  run.end(0, 1);
  run.end(1, 5);
  EXPECT_EQ(run.fill(2), "2@2<0 3@1");
  run.end(2, 1);
  EXPECT_EQ(run.fill(2), "4@1") << "one result in rung 1";
  run.end(4, 2);
  EXPECT_EQ(run.fill(2), "5@1") << "floor(3/2) = 1, and trial 0 has gone on already";
  run.end(3, 3);
  EXPECT_EQ(run.fill(2), "6@2<4") << "floor(4/2) = 2: trials 0 and 4";
  run.end(6, 4);
  EXPECT_EQ(run.fill(2), "7@4<2") << "two results in rung 1, the better one goes on to rung 2";
  run.end(5, 9);
  EXPECT_EQ(run.fill(2), "8@1");
}

TEST(AshaPromotion, TheHighestRungWithACandidateGoesFirst) {
  BudgetRun run("asha_promotion", two());
  run.fill(4);
  run.end_each(0, 4);
  EXPECT_EQ(run.take(9), "4@2<0 5@2<1");
  run.end(4, 1);
  run.end(5, 2);
  EXPECT_EQ(run.take(1), "6@4<4");
}

TEST(AshaPromotion, WhatFailedCountsInItsRungAndNeverGoesOn) {
  BudgetRun run("asha_promotion", two());
  run.fill(4);
  run.fail_each(0, 3);
  run.end(3, 1, Status::Canceled);
  EXPECT_EQ(run.take(1), "4@1");
  run.end(4, 7);
  EXPECT_EQ(run.take(1), "5@2<4") << "it is the best of five";
}

TEST(AshaPromotion, ALaterBetterTrialDoesNotTakeAPlaceBack) {
  BudgetRun run("asha_promotion", two());
  run.fill(2);
  run.end(0, 5);
  run.end(1, 6);
  EXPECT_EQ(run.take(1), "2@2<0");
  EXPECT_EQ(run.take(1), "3@1");
  run.end(3, 1);
  EXPECT_EQ(run.take(1), "4@2<3") << "the best third: trial 0 is not in it any more";
  EXPECT_EQ(run.take(1), "5@1");
  run.end(5, 9);
  EXPECT_EQ(run.take(1), "6@1") << "best two of four: 3 and 0, both have gone on";
}

TEST(AshaPromotion, ATrialStartedAgainTakesItsResultWithIt) {
  BudgetRun run("asha_promotion", two());
  run.fill(3);
  run.end(0, 1);
  run.end(1, 2);
  run.reopen(0);
  EXPECT_EQ(run.take(1), "3@1");
  run.end(2, 3);
  EXPECT_EQ(run.take(1), "4@2<1") << "two results, trial 0 is not among them";
  run.end(0, 9);
  EXPECT_EQ(run.take(1), "5@1");
}

TEST(AshaPromotion, TheOrderOfEndsChangesNothing) {
  for (const std::vector<std::uint32_t>& order : {std::vector<std::uint32_t>{0, 1, 2, 3, 4, 5},
                                                  std::vector<std::uint32_t>{5, 3, 1, 4, 2, 0}}) {
    BudgetRun run("asha_promotion", two());
    run.fill(6);
    for (const std::uint32_t trial : order) run.end(trial, trial % 2);
    EXPECT_EQ(run.take(9), "6@2<0 7@2<2 8@2<4");
  }
}

TEST(AshaPromotion, EndsWhenTheSpaceIsUsedUp) {
  const SearchSpace three{{test::choice("a", std::vector<Value>{0, 1, 2})}};
  BudgetRun run("asha_promotion",
                {option("max_budget", 8), option("eta", 2), option("sampler", "grid")},
                Goal::Minimize, three);
  EXPECT_EQ(run.fill(5), "0@1 1@1 2@1 wait");
  run.end_each(0, 3);
  EXPECT_EQ(run.fill(5), "3@2<0 wait");
  run.end(3, 1);
  EXPECT_EQ(run.take(1), "exhausted");
}

TEST(AshaPromotion, CapsTheLastRungAtTheLargestBudget) {
  BudgetRun run("asha_promotion", {option("r_min", 2), option("r_max", 10), option("eta", 2)});
  const auto plan = run.sampler().budget_plan();
  ASSERT_TRUE(plan);
  EXPECT_TRUE(plan->is_estimate);
  ASSERT_EQ(plan->rungs.size(), 4u);
  EXPECT_EQ(*plan->rungs[3].budget, 10);
  // max_total_trials is 100 here: 54 + 27 + 13 + 6.
  EXPECT_EQ(plan->rungs[0].trials, 54u);
  EXPECT_EQ(plan->rungs[3].trials, 6u);
}

}  // namespace
}  // namespace sweepjob
