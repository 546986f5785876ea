#include "samplers/budget/rungs.h"

#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace sweepjob {
namespace {

std::string text(const std::vector<Rung>& rungs) {
  std::string result;
  for (const Rung& rung : rungs) {
    result += fmt::format("{}{}@{}", result.empty() ? "" : " ", rung.trials,
                          to_string(Budget{rung.budget}));
  }
  return result;
}

std::string text(const std::vector<std::vector<Rung>>& brackets) {
  std::string result;
  for (const auto& rungs : brackets) result += (result.empty() ? "" : " | ") + text(rungs);
  return result;
}

// The table of d2l's scheduler: r_min, r_max, eta, prefact.
TEST(HalvingRungs, AreThoseOfTheTable) {
  EXPECT_EQ(text(halving_rungs(2, 10, 2, 1)), "8@2 4@4 2@8 1@10");
  EXPECT_EQ(text(halving_rungs(1, 81, 3, 1)), "81@1 27@3 9@9 3@27 1@81");
  EXPECT_EQ(text(halving_rungs(1, 243, 3, 1)), "243@1 81@3 27@9 9@27 3@81 1@243");
  EXPECT_EQ(text(halving_rungs(3, 100, 3, 1)), "81@3 27@9 9@27 3@81 1@100");
  EXPECT_EQ(text(halving_rungs(1, 1, 2, 1)), "1@1");
  EXPECT_EQ(text(halving_rungs(2, 10, 2, 0.5)), "4@2 2@4 1@8 0@10");
}

TEST(HalvingRungs, EndAtTheLargestBudgetDespiteRounding) {
  EXPECT_EQ(text(halving_rungs(0.1, 2.7, 3, 1)),
            "27@0.1 9@0.30000000000000004 3@0.9000000000000001 1@2.7");
  EXPECT_EQ(text(halving_rungs(1, 15.625, 2.5, 1)), "15@1 6@2.5 2@6.25 1@15.625");
}

TEST(HalvingRungs, StopBehindTheMostThatAreTaken) {
  EXPECT_EQ(halving_budgets(1, 1e300, 1.0000001).size(), kMaxRungs + 1);
}

// Algorithm 1's formula, not the table printed in the paper (27, 9, 6 for s = 3, 2, 1).
TEST(HyperbandBrackets, AreThoseOfThePapersFormula) {
  EXPECT_EQ(text(hyperband_brackets(1, 81, 3, HyperbandFormula::Paper)),
            "81@1 27@3 9@9 3@27 1@81 | 34@3 11@9 3@27 1@81 | 15@9 5@27 1@81 | 8@27 2@81 | 5@81");
  EXPECT_EQ(text(hyperband_brackets(1, 60, 3, HyperbandFormula::Paper)),
            "27@2.2222222222222223 9@6.666666666666667 3@20 1@60 | "
            "12@6.666666666666667 4@20 1@60 | 6@20 2@60 | 4@60");
}

TEST(HyperbandBrackets, OfNniHaveItsCountsAndWholeBudgets) {
  EXPECT_EQ(text(hyperband_brackets(1, 81, 3, HyperbandFormula::Nni)),
            "81@1 27@3 9@9 3@27 1@81 | 34@3 11@9 3@27 1@81 | 15@9 5@27 1@81 | 8@27 2@81 | 5@81");
  EXPECT_EQ(text(hyperband_brackets(1, 60, 3, HyperbandFormula::Nni)),
            "27@2 9@6 3@20 1@60 | 12@6 4@20 1@60 | 6@20 2@60 | 4@60");
}

TEST(HyperbandBrackets, DoNotLoseOneWhereALogarithmWould) {
  EXPECT_EQ(hyperband_brackets(1, 243, 3, HyperbandFormula::Paper).size(), 6u);
  EXPECT_EQ(hyperband_brackets(1, 1000, 10, HyperbandFormula::Paper).size(), 4u);
}

TEST(HyperbandBrackets, StartAtTheSmallestBudget) {
  EXPECT_EQ(text(hyperband_brackets(10, 90, 3, HyperbandFormula::Paper)),
            "9@10 3@30 1@90 | 5@30 1@90 | 3@90");
}

TEST(ResultOf, IsTheLastValueOfWhatCompleted) {
  EXPECT_EQ(result_of({TrialId{0}, Status::Completed, 0.1, 0.4}), 0.4);
  EXPECT_TRUE(is_worst(result_of({TrialId{0}, Status::Completed, 0.1, kWorst})));
  EXPECT_TRUE(is_worst(result_of({TrialId{0}, Status::Completed, {}, {}})));
  EXPECT_TRUE(is_worst(result_of({TrialId{0}, Status::Canceled, 0.1, 0.1})));
  EXPECT_TRUE(is_worst(result_of({TrialId{0}, Status::Failed, 0.1, 0.1})));
}

}  // namespace
}  // namespace sweepjob
