#include <gtest/gtest.h>

#include "tests/support/budget_run.h"

namespace sweepjob {
namespace {

using test::BudgetRun;
using test::choice;
using test::option;

std::vector<Option> small(const std::vector<Option>& more = {}) {
  return test::with({option("r_min", 2), option("r_max", 10), option("eta", 2)}, more);
}

// r_min 2, r_max 10, eta 2: 8@2 4@4 2@8 1@10. One worker; a larger number is a worse trial.
TEST(SuccessiveHalving, OneWorkerRunsARoundAndThenTheNext) {
  BudgetRun run("successive_halving", small());
  std::string order;
  for (std::uint32_t trial = 0; trial < 30; ++trial) {
    order += run.take(1) + " ";
    const auto& parent = run.proposals()[trial].parent;
    run.end(trial, 10.0 - (parent ? index_of(*parent) : trial));
  }
  EXPECT_EQ(order,
            "0@2 1@2 2@2 3@2 4@2 5@2 6@2 7@2 8@4<7 9@4<6 10@4<5 11@4<4 12@8<8 13@8<9 14@10<13 "
            "15@2 16@2 17@2 18@2 19@2 20@2 21@2 22@2 23@4<22 24@4<21 25@4<20 26@4<19 27@8<23 "
            "28@8<24 29@10<28 ");
}

TEST(SuccessiveHalving, StrictCompatTakesTheWorstOfABlockFirst) {
  BudgetRun run("successive_halving", small({option("strict_compat", true)}));
  run.fill(8);
  run.end_each(0, 8);
  EXPECT_EQ(run.take(4), "8@4<3 9@4<2 10@4<1 11@4<0");
}

TEST(SuccessiveHalving, AFreeWorkerStartsANewRoundWhileARungWaits) {
  BudgetRun run("successive_halving", small());
  EXPECT_EQ(run.fill(9), "0@2 1@2 2@2 3@2 4@2 5@2 6@2 7@2 8@2");
  // The first eight that end are the group, of whichever round.
  for (const std::uint32_t trial : {8, 1, 2, 3, 4, 5, 6}) run.end(trial, trial);
  EXPECT_EQ(run.fill(3), "9@2");
  run.end(9, 0.5);
  EXPECT_EQ(run.fill(6), "10@4<9 11@4<1 12@4<2 13@4<3");
  // The late one begins the next group.
  run.end(0, 0);
  EXPECT_EQ(run.take(1), "14@2");
}

TEST(SuccessiveHalving, PromotionsGoFirstByDefaultAndLastUnderStrictCompat) {
  for (const bool strict : {false, true}) {
    BudgetRun run("successive_halving", small({option("strict_compat", strict)}));
    run.fill(9);
    run.end_each(0, 8);
    EXPECT_EQ(run.take(2), strict ? "9@2 10@2" : "9@4<0 10@4<1");
  }
}

TEST(SuccessiveHalving, TheHighestRungGoesFirst) {
  BudgetRun run("successive_halving", small());
  run.fill(20);  // 0 to 15 are two groups
  run.end_each(0, 8);
  EXPECT_EQ(run.take(4), "20@4<0 21@4<1 22@4<2 23@4<3");
  run.end_each(8, 16);
  run.end_each(20, 24);
  EXPECT_EQ(run.take(2), "24@8<20 25@8<21");
  EXPECT_EQ(run.take(3), "26@4<8 27@4<9 28@4<10");
}

TEST(SuccessiveHalving, WhatFailedOrWasCutFillsItsRungAndNeverGoesOn) {
  BudgetRun run("successive_halving", small());
  run.fill(8);
  run.fail(0);
  run.end(1, -5, Status::Canceled);
  run.end(2, NAN);
  run.end(3, INFINITY);
  run.end(4, -INFINITY);
  run.fail(5);
  run.end(6, 7);
  EXPECT_EQ(run.take(1), "8@2");
  run.end(7, 8);
  EXPECT_EQ(run.take(2), "9@4<6 10@4<7") << "two finite results for four places";
}

TEST(SuccessiveHalving, TiesGoToTheEarlierTrialWhicheverEndsFirst) {
  BudgetRun run("successive_halving", small());
  run.fill(8);
  for (std::uint32_t trial = 8; trial-- > 0;) run.end(trial, 1);
  EXPECT_EQ(run.take(4), "8@4<0 9@4<1 10@4<2 11@4<3");
}

TEST(SuccessiveHalving, TheOrderOfEndsWithinAGroupChangesNothing) {
  const std::vector<std::vector<std::uint32_t>> orders{
      {0, 1, 2, 3, 4, 5, 6, 7}, {7, 6, 5, 4, 3, 2, 1, 0}, {3, 0, 6, 1, 7, 2, 5, 4}};
  for (const auto& order : orders) {
    BudgetRun run("successive_halving", small());
    run.fill(8);
    for (const std::uint32_t trial : order) run.end(trial, trial % 3);
    EXPECT_EQ(run.take(4), "8@4<0 9@4<3 10@4<6 11@4<1");
  }
}

TEST(SuccessiveHalving, EndsAfterItsRoundsAlsoWhereMostFail) {
  BudgetRun run("successive_halving", small({option("rounds", 1)}));
  EXPECT_EQ(run.fill(20), "0@2 1@2 2@2 3@2 4@2 5@2 6@2 7@2 wait");
  run.fail_each(0, 7);
  run.end(7, 1);
  // Nobody else can come to the rungs that it passes.
  EXPECT_EQ(run.fill(20), "8@4<7 wait");
  run.end(8, 1);
  EXPECT_EQ(run.fill(20), "9@8<8 wait");
  run.end(9, 1);
  EXPECT_EQ(run.fill(20), "10@10<9 wait");
  run.end(10, 1);
  EXPECT_EQ(run.take(1), "exhausted");
}

TEST(SuccessiveHalving, ARoundInWhichAllFailEnds) {
  BudgetRun run("successive_halving", small({option("rounds", 1)}));
  run.fill(8);
  run.fail_each(0, 8);
  EXPECT_EQ(run.take(1), "exhausted");
}

TEST(SuccessiveHalving, ASpaceThatIsUsedUpStillRunsItsRungsToTheEnd) {
  const SearchSpace ten{
      {choice("a", std::vector<Value>{0, 1, 2, 3, 4}), choice("b", std::vector<Value>{0, 1})}};
  BudgetRun run("successive_halving", small({option("sampler", "grid")}), Goal::Minimize, ten);
  EXPECT_EQ(run.fill(20), "0@2 1@2 2@2 3@2 4@2 5@2 6@2 7@2 8@2 9@2 wait");
  run.end_each(0, 10);
  EXPECT_EQ(run.fill(20), "10@4<0 11@4<1 12@4<2 13@4<3 14@4<8 15@4<9 wait");
  run.end_each(10, 16);
  EXPECT_EQ(run.fill(20), "16@8<10 17@8<11 18@8<14 19@8<15 wait");
  run.end_each(16, 20);
  EXPECT_EQ(run.fill(20), "20@10<16 21@10<18 wait");
  EXPECT_EQ(run.proposals()[20].params, run.proposals()[0].params);
  EXPECT_TRUE(run.restart_agrees());
}

TEST(SuccessiveHalving, ATrialStartedAgainTakesItsResultOutOfAnOpenRung) {
  BudgetRun run("successive_halving", small());
  run.fill(8);
  run.end_each(0, 7);
  run.reopen(0);
  run.end(7, 7);
  EXPECT_EQ(run.fill(2), "8@2") << "the rung misses trial 0";
  run.end(0, 9);
  EXPECT_EQ(run.take(4), "9@4<1 10@4<2 11@4<3 12@4<4");
}

TEST(SuccessiveHalving, AWinnerStartedAgainGoesOnWhenItEndsWellAgain) {
  for (const bool fails : {false, true}) {
    BudgetRun run("successive_halving", small());
    run.fill(8);
    run.end_each(0, 8);
    run.reopen(0);
    EXPECT_EQ(run.take(9), "8@4<1 9@4<2 10@4<3");
    fails ? run.fail(0) : run.end(0, 3);
    EXPECT_EQ(run.take(1), fails ? "11@2" : "11@4<0");
  }
}

TEST(SuccessiveHalving, WhatAClosedRungDecidedStands) {
  BudgetRun run("successive_halving", small({option("rounds", 1)}));
  run.fill(8);
  run.end_each(0, 8);
  run.take(4);
  run.reopen(0);
  run.reopen(7);
  run.end(0, 99);
  run.end(7, -99);
  EXPECT_EQ(run.take(1), "wait");
  run.end_each(8, 12);
  EXPECT_EQ(run.take(9), "12@8<8 13@8<9");
}

TEST(SuccessiveHalving, FreshConfigurationsAreThoseOfTheWrappedSamplerInItsOrder) {
  BudgetRun run(
      "successive_halving",
      small({option("sampler", Value(Value::Map{{"type", "random"}, {"rule", "sobol"}}))}));
  test::SamplerUnderTest sobol({{test::uniform("x", 0, 1)}}, "random", {option("rule", "sobol")});
  const auto expected = sobol.ask(0, 16, 5);
  run.fill(8);
  run.end_each(0, 8);
  run.take(4);
  run.take(8);
  for (std::uint32_t i = 0; i < 8; ++i) {
    EXPECT_EQ(run.proposals()[i].params, expected[i]);
    EXPECT_EQ(run.proposals()[12 + i].params, expected[8 + i]);
  }
  for (std::uint32_t i = 8; i < 12; ++i) EXPECT_EQ(run.proposals()[i].params, expected[i - 8]);
  EXPECT_EQ(run.proposals()[0].note, "rung 0");
  EXPECT_EQ(run.proposals()[8].note, "rung 1");
}

TEST(SuccessiveHalving, PlansItsRound) {
  BudgetRun run("successive_halving", small());
  const auto plan = run.sampler().budget_plan();
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->configurations, 8u);
  EXPECT_EQ(plan->rounds, 0u);
  double scratch = 0, continued = 0;
  for (const BudgetPlan::Rung& rung : plan->rungs) {
    scratch += static_cast<double>(rung.trials) * *rung.budget;
    continued += static_cast<double>(rung.trials) * rung.continued;
  }
  EXPECT_EQ(scratch, 58);  // d2l: 8*2 + 4*4 + 2*8 + 1*10
  EXPECT_EQ(continued, 34);
}

}  // namespace
}  // namespace sweepjob
