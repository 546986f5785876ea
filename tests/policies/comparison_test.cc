// Who took part in a verdict: each policy's own account, by hand.
#include "policies/comparison.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/value.h"
#include "tests/support/policy_harness.h"

namespace sweepjob::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// "trial=value", with a * where it decides.
std::vector<std::string> said(const Verdict& verdict) {
  std::vector<std::string> texts;
  for (const Compared& other : verdict.others) {
    texts.push_back(std::to_string(index_of(other.trial)) + "=" + python_float(other.value) +
                    (other.decides ? "*" : ""));
  }
  return texts;
}

// Trial 0 has one value, 1 and 2 have two and have completed, 3 two and was cut; 4 asks.
Judged five(const PolicySetup& setup, double own = 5) {
  Judged judged(setup);
  judged.report_all(0, {1});
  judged.report_all(1, {2, 4});
  judged.report_all(2, {3, 9});
  judged.report_all(3, {8, 6});
  judged.end(1);
  judged.end(2);
  judged.end(3, Status::Canceled);
  judged.report_all(4, {7, own});
  return judged;
}

TEST(Comparison, BanditStandsAgainstTheBestThatAnyoneHadSoFar) {
  const Judged judged = five({"bandit", Goal::Minimize, {{"slack_amount", 1}}});
  EXPECT_THAT(said(judged.explain(4, 2)), ElementsAre("0=1.0*", "1=2.0", "2=3.0", "3=6.0"));
}

TEST(Comparison, MedianStoppingStandsAgainstTheAveragesOfThoseThatGotThisFar) {
  // Averages 3, 6, 7 and the own 6: the median is that of trial 2 and its own.
  const Judged judged = five({"median_stopping", Goal::Minimize});
  EXPECT_THAT(said(judged.explain(4, 2)), ElementsAre("1=3.0", "2=6.0*", "3=7.0"));
}

TEST(Comparison, TruncationStandsAgainstTheLastThatTheCutSpares) {
  const Judged judged =
      five({"truncation_selection", Goal::Minimize, {{"truncation_percentage", 25}}});
  // Bests 2, 3, 6 and the own 5: one is cut, and 5 is the line.
  EXPECT_THAT(said(judged.explain(4, 2)), ElementsAre("1=2.0", "2=3.0", "3=6.0"));
  EXPECT_THAT(said(judged.explain(3, 2)), ElementsAre("1=2.0", "2=3.0", "4=5.0*"));
}

TEST(Comparison, ThresholdStandsAgainstNobody) {
  const Judged judged = five({"threshold", Goal::Minimize, {{"upper", 100}}});
  EXPECT_TRUE(judged.explain(4, 2).compared);
  EXPECT_THAT(said(judged.explain(4, 2)), IsEmpty());
}

TEST(Comparison, PercentileAndMedianstopStandAgainstCompletedTrials) {
  const Judged percentile =
      five({"percentile", Goal::Minimize, {{"percentile", 0}, {"n_startup_trials", 1}}});
  EXPECT_THAT(said(percentile.explain(4, 2)), ElementsAre("1=4.0*", "2=9.0"));
  const Judged medianstop = five({"medianstop", Goal::Minimize});
  EXPECT_THAT(said(medianstop.explain(4, 2)), ElementsAre("1=3.0", "2=6.0*"));
}

TEST(Comparison, WilcoxonStandsAgainstTheBestCompletedTrial) {
  const Judged judged = five({"wilcoxon", Goal::Minimize});
  EXPECT_THAT(said(judged.explain(4, 2)), ElementsAre("1=3.0*", "2=6.0"));
}

TEST(Comparison, AshaStandsAgainstItsRung) {
  const Judged judged =
      five({"asha", Goal::Minimize, {{"reduction_factor", 2}, {"max_resource", 4}}});
  // Half of 4, 5, 6, 9 is between 5 and 6; nobody is compared where there is no rung.
  EXPECT_THAT(said(judged.explain(4, 2)), ElementsAre("1=4.0", "2=9.0", "3=6.0*"));
  Judged between(
      PolicySetup{"asha", Goal::Minimize, {{"reduction_factor", 4}, {"max_resource", 16}}});
  between.report_all(0, {1, 1});
  between.report_all(1, {2, 2});
  EXPECT_TRUE(between.explain(1, 1).compared);
  EXPECT_FALSE(between.explain(1, 2).compared);
  EXPECT_THAT(said(between.explain(1, 2)), IsEmpty());
}

TEST(Comparison, OptunaStandsAgainstTheRungOfItsOwnBracket) {
  const Judged sha =
      five({"optuna_sha", Goal::Minimize, {{"min_resource", 2}, {"reduction_factor", 4}}});
  EXPECT_THAT(said(sha.explain(4, 2)), ElementsAre("1=4.0*", "2=9.0", "3=6.0"));
  Judged hyperband(
      PolicySetup{"optuna_hyperband", Goal::Minimize, {{"max_resource", 9}, {"study_name", "s"}}});
  for (std::uint32_t trial = 0; trial < 30; ++trial) hyperband.report(trial, trial);
  // Bracket 0 alone has its first rung at 1: whoever is in it is compared with nobody else.
  std::vector<std::uint32_t> members;
  for (std::uint32_t trial = 0; trial < 30; ++trial) {
    if (hyperband.explain(trial, 1).compared) members.push_back(trial);
  }
  ASSERT_GT(members.size(), 2U);
  ASSERT_LT(members.size(), 30U);
  for (const std::uint32_t trial : members) {
    const Verdict verdict = hyperband.explain(trial, 1);
    EXPECT_EQ(verdict.others.size(), members.size() - 1);
    for (const Compared& other : verdict.others) {
      EXPECT_THAT(members, ::testing::Contains(index_of(other.trial)));
    }
  }
}

TEST(Comparison, WandbStandsAgainstThoseThatReachedTheBand) {
  const Judged judged = five({"wandb_hyperband", Goal::Minimize, {{"min_iter", 2}}});
  // floor(4 / 3) = 1 better value: the second of 4, 5, 6, 9 is the own one.
  EXPECT_THAT(said(judged.explain(4, 2)), ElementsAre("1=4.0", "2=9.0", "3=6.0"));
}

TEST(Comparison, PatientStandsAgainstItselfUntilItAsksAnother) {
  const Value bandit = Value(Value::Map{{"type", "bandit"}, {"slack_amount", 1}});
  const PolicySetup setup{"patient", Goal::Minimize, {{"patience", 0}, {"wrapped", bandit}}};
  const Judged improving = five(setup);
  EXPECT_TRUE(improving.explain(4, 2).compared);
  EXPECT_THAT(said(improving.explain(4, 2)), IsEmpty());
  const Judged stagnating = five(setup, 7.5);
  EXPECT_THAT(said(stagnating.explain(4, 2)), ElementsAre("0=1.0*", "1=2.0", "2=3.0", "3=6.0"));
  EXPECT_FALSE(stagnating.explain(4, 1).compared);
}

TEST(Comparison, CombinedPoliciesTellEachTrialOnce) {
  const Value bandit = Value(Value::Map{{"type", "bandit"}, {"slack_amount", 1}});
  const Judged judged =
      five({"all", Goal::Minimize, {{"policies", Value::List{bandit, "medianstop"}}}});
  // Bandit would cut it, medianstop (5 <= 6) keeps it: that decides.
  EXPECT_FALSE(judged.explain(4, 2).stop);
  EXPECT_THAT(said(judged.explain(4, 2)), ElementsAre("1=3.0", "2=6.0*"));
  const Judged both =
      five({"all", Goal::Minimize, {{"policies", Value::List{bandit, "medianstop"}}}}, 6.5);
  EXPECT_TRUE(both.explain(4, 2).stop);
  EXPECT_THAT(said(both.explain(4, 2)), ElementsAre("0=1.0*", "1=2.0", "2=3.0*", "3=6.0"));
}

TEST(Comparison, ThereIsNoneWhereTooFewTookPart) {
  Judged judged(PolicySetup{.type = "median_stopping", .goal = Goal::Minimize});
  judged.report(0, 1);
  EXPECT_FALSE(judged.explain(0, 1).compared);
  judged.report(1, NAN);
  EXPECT_TRUE(judged.explain(1, 1).compared) << "nan against a number";
}

}  // namespace
}  // namespace sweepjob::testing
