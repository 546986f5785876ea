#include <gtest/gtest.h>

#include "tests/support/budget_run.h"

namespace sweepjob {
namespace {

using test::BudgetRun;
using test::option;

// 9@1 3@3 1@9 | 5@3 1@9 | 3@9
std::vector<Option> nine(const std::vector<Option>& more = {}) {
  return test::with({option("max_budget", 9), option("eta", 3)}, more);
}

TEST(Hyperband, OneWorkerRunsTheBracketsInTheirOrder) {
  BudgetRun run("hyperband", nine());
  std::string order;
  for (std::uint32_t trial = 0;; ++trial) {
    const std::string taken = run.take(1);
    order += taken + " ";
    if (taken == "exhausted") break;
    run.end(trial, trial);
  }
  EXPECT_EQ(order,
            "0@1 1@1 2@1 3@1 4@1 5@1 6@1 7@1 8@1 9@3<0 10@3<1 11@3<2 12@9<9 "
            "13@3 14@3 15@3 16@3 17@3 18@9<13 19@9 20@9 21@9 exhausted ");
  EXPECT_EQ(run.proposals()[9].note, "bracket 2 rung 1");
  EXPECT_EQ(run.proposals()[13].note, "bracket 1 rung 0");
}

TEST(Hyperband, AFreeWorkerStartsTheNextBracketAndPromotionsGoFirst) {
  BudgetRun run("hyperband", nine());
  EXPECT_EQ(run.fill(12), "0@1 1@1 2@1 3@1 4@1 5@1 6@1 7@1 8@1 9@3 10@3 11@3");
  run.end_each(0, 9);
  EXPECT_EQ(run.fill(12), "12@3<0 13@3<1 14@3<2 15@3 16@3 17@9 18@9 19@9 wait");
  // Rungs belong to their bracket: these five are bracket 1, whatever has ended elsewhere.
  for (const std::uint32_t trial : {15, 16, 9, 10}) run.end(trial, 100.0 - trial);
  EXPECT_EQ(run.take(1), "wait");
  run.end(11, 0);
  EXPECT_EQ(run.take(5), "20@9<11");
}

TEST(Hyperband, SerialStartsABracketOnlyWhenTheOneBeforeHasEnded) {
  BudgetRun run("hyperband", nine({option("exec_mode", "serial")}));
  EXPECT_EQ(run.fill(12), "0@1 1@1 2@1 3@1 4@1 5@1 6@1 7@1 8@1 wait");
  run.end_each(0, 9);
  EXPECT_EQ(run.fill(12), "9@3<0 10@3<1 11@3<2 wait");
  run.end_each(9, 12);
  EXPECT_EQ(run.fill(12), "12@9<9 wait");
  run.end(12, 1);
  EXPECT_EQ(run.fill(12), "13@3 14@3 15@3 16@3 17@3 wait");
}

TEST(Hyperband, AFailedRungEndsWithWhatIsLeftOfIt) {
  BudgetRun run("hyperband", nine({option("brackets", 1)}));
  run.fill(9);
  run.fail_each(0, 7);
  run.end(7, 1, Status::Canceled);
  run.end(8, 5);
  EXPECT_EQ(run.fill(9), "9@3<8 wait");
  run.end(9, 1);
  EXPECT_EQ(run.fill(9), "10@9<9 wait");
  run.fail(10);
  EXPECT_EQ(run.take(1), "exhausted");
}

TEST(Hyperband, ABracketInWhichAllFailDoesNotHoldTheNextOne) {
  for (const char* mode : {"serial", "parallelism"}) {
    BudgetRun run("hyperband", nine({option("exec_mode", mode)}));
    for (std::uint32_t trial = 0; trial < 9; ++trial) {
      run.take(1);
      run.fail(trial);
    }
    EXPECT_EQ(run.take(1), "9@3");
  }
}

TEST(Hyperband, RepeatsItsBracketsAsLongAsItIsTold) {
  BudgetRun run("hyperband", nine({option("rounds", 2)}));
  std::uint32_t trial = 0;
  for (std::string taken = run.take(1); taken != "exhausted"; taken = run.take(1)) {
    run.end(trial, trial);
    ASSERT_LT(++trial, 100u);
  }
  EXPECT_EQ(trial, 44u);
  EXPECT_EQ(run.proposals()[22].note, "round 2 bracket 2 rung 0");
}

TEST(Hyperband, OfNniRoundsBudgetsDown) {
  BudgetRun run("hyperband", {option("R", 60), option("eta", 3), option("formula", "nni")});
  EXPECT_EQ(run.take(1), "0@2");
  BudgetRun paper("hyperband", {option("R", 60), option("eta", 3)});
  EXPECT_EQ(paper.take(1), "0@2.2222222222222223");
}

TEST(Hyperband, OfNniLetsPromotionsJoinTheEndOfTheQueue) {
  BudgetRun run("hyperband", nine({option("formula", "nni")}));
  EXPECT_EQ(run.fill(12), "0@1 1@1 2@1 3@1 4@1 5@1 6@1 7@1 8@1 9@3 10@3 11@3");
  for (std::uint32_t trial = 0; trial < 9; ++trial) run.end(trial, trial);
  EXPECT_EQ(run.fill(12), "12@3 13@3 14@3<0 15@3<1 16@3<2 17@9 18@9 19@9 wait")
      << "first the rest of the bracket that had begun, then the promoted, then a new bracket";
  for (std::uint32_t trial = 9; trial < 17; ++trial) run.end(trial, trial);
  EXPECT_TRUE(run.restart_agrees());
  EXPECT_EQ(run.fill(12), "20@9<9 21@9<14 wait") << "the second bracket's rung ended before";
  for (std::uint32_t trial = 17; trial < 22; ++trial) run.end(trial, trial);
  EXPECT_EQ(run.take(1), "exhausted");
}

TEST(Hyperband, OfThePaperPromotesTheEarliestBracketFirst) {
  BudgetRun run("hyperband", nine());
  run.fill(12);
  for (std::uint32_t trial = 0; trial < 9; ++trial) run.end(trial, trial);
  EXPECT_EQ(run.fill(9), "12@3<0 13@3<1 14@3<2 15@3 16@3 17@9");
  for (const std::uint32_t trial : {9, 10, 11, 15, 16, 12, 13, 14}) run.end(trial, trial);
  EXPECT_EQ(run.fill(3), "18@9<12 19@9<9");
}

TEST(Hyperband, PlansAllItsBrackets) {
  BudgetRun run("hyperband", {option("max_budget", 81)});
  const auto plan = run.sampler().budget_plan();
  ASSERT_TRUE(plan);
  std::uint64_t evaluations = 0;
  for (const BudgetPlan::Rung& rung : plan->rungs) evaluations += rung.trials;
  EXPECT_EQ(evaluations, 206u);
  EXPECT_EQ(plan->configurations, 143u);
  EXPECT_EQ(plan->rounds, 1u);
}

}  // namespace
}  // namespace sweepjob
