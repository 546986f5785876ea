// Hand-computed verdicts of spec azure-sweep section 10.
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/policy_harness.h"

namespace sweepjob::testing {
namespace {

using ::testing::HasSubstr;

PolicySetup with_factor(Goal goal, double factor) {
  return {.type = "bandit", .goal = goal, .options = {{"slack_factor", factor}}};
}
PolicySetup with_amount(Goal goal, double amount) {
  return {.type = "bandit", .goal = goal, .options = {{"slack_amount", amount}}};
}

// What trial 1 gets for `own` when trial 0 has `leader`.
Verdict against(const PolicySetup& setup, double leader, double own) {
  Judged judged(setup);
  EXPECT_FALSE(judged.report(0, leader).stop) << "only itself to compare with";
  return judged.report(1, own);
}

struct Row {
  double leader;
  double own;
  bool stop;
};

TEST(Bandit, WorkedValuesWithAFactor) {
  // 0.66 * 1.2 = 0.792 < 0.8; 0.67 * 1.2 = 0.804.
  for (const Row& row : {Row{0.8, 0.66, true}, {0.8, 0.67, false}, {0.8, 0.8, false}}) {
    EXPECT_EQ(against(with_factor(Goal::Maximize, 0.2), row.leader, row.own).stop, row.stop)
        << row.own;
  }
  // 0.5 * 1.2 = 0.6
  for (const Row& row : {Row{0.5, 0.61, true}, {0.5, 0.6, false}, {0.5, 0.5, false}}) {
    EXPECT_EQ(against(with_factor(Goal::Minimize, 0.2), row.leader, row.own).stop, row.stop)
        << row.own;
  }
}

TEST(Bandit, WorkedValuesWithAnAmount) {
  EXPECT_TRUE(against(with_amount(Goal::Maximize, 0.2), 0.8, 0.59).stop);
  EXPECT_FALSE(against(with_amount(Goal::Maximize, 0.2), 0.8, 0.61).stop);
  EXPECT_FALSE(against(with_amount(Goal::Maximize, 0.25), 0.75, 0.5).stop) << "strict";
  EXPECT_TRUE(against(with_amount(Goal::Minimize, 0.25), 0.5, 0.76).stop);
  EXPECT_FALSE(against(with_amount(Goal::Minimize, 0.25), 0.5, 0.75).stop) << "strict";
}

TEST(Bandit, NegativeMetricsGetTheirSlackFromTheAbsoluteValue) {
  // -0.5 + 0.1 = -0.4; -0.6 + 0.12 = -0.48; -0.65 + 0.13 = -0.52.
  EXPECT_FALSE(against(with_factor(Goal::Maximize, 0.2), -0.5, -0.5).stop);
  EXPECT_FALSE(against(with_factor(Goal::Maximize, 0.2), -0.5, -0.6).stop);
  EXPECT_TRUE(against(with_factor(Goal::Maximize, 0.2), -0.5, -0.65).stop);
  // Leader -0.5 when minimizing: up to -0.4.
  EXPECT_FALSE(against(with_factor(Goal::Minimize, 0.2), -0.5, -0.4).stop);
  EXPECT_TRUE(against(with_factor(Goal::Minimize, 0.2), -0.5, -0.39).stop);
}

TEST(Bandit, ALeaderOfZeroGivesAFactorNoRoomAndTheReasonSaysSo) {
  const Verdict verdict = against(with_factor(Goal::Minimize, 0.2), 0.0, 0.001);
  EXPECT_TRUE(verdict.stop);
  EXPECT_THAT(verdict.reason, HasSubstr("slack_amount"));
  EXPECT_FALSE(against(with_factor(Goal::Minimize, 0.2), 0.0, 0.0).stop);
  EXPECT_FALSE(against(with_amount(Goal::Minimize, 0.2), 0.0, 0.001).stop);
}

TEST(Bandit, FactorsAboveOneAreFine) {
  EXPECT_FALSE(against(with_factor(Goal::Maximize, 40), 0.8, 0.02).stop);  // 0.82
  EXPECT_TRUE(against(with_factor(Goal::Maximize, 40), 0.8, 0.019).stop);  // 0.779
  EXPECT_FALSE(against(with_factor(Goal::Minimize, 40), 0.5, 20.5).stop);
  EXPECT_TRUE(against(with_factor(Goal::Minimize, 40), 0.5, 20.6).stop);
}

TEST(Bandit, StopsOnlyOutsideBothSlacks) {
  const PolicySetup setup{.type = "bandit",
                          .goal = Goal::Maximize,
                          .options = {{"slack_factor", 0.5}, {"slack_amount", 0.125}}};
  EXPECT_FALSE(against(setup, 1.0, 0.75).stop) << "0.875 < 1, but 1.125 is not";
  EXPECT_FALSE(against(setup, 0.125, 0.0625).stop) << "0.09375 < 0.125, but 0.1875 is not";
  EXPECT_TRUE(against(setup, 1.0, 0.5).stop) << "0.75 < 1 and 0.625 < 1";
}

TEST(Bandit, MinimizeMirrorsMaximizeForAnAmountOnly) {
  for (const double leader : {-1.5, -0.25, 0.0, 0.5, 2.0}) {
    for (int step = 0; step <= 16; ++step) {
      const double behind = step * 0.125;
      EXPECT_EQ(against(with_amount(Goal::Maximize, 0.5), leader, leader - behind).stop,
                against(with_amount(Goal::Minimize, 0.5), -leader, -leader + behind).stop);
    }
  }
  // The slack scales with |Y| in one and with |L| in the other. Maximize, L -0.5: Y -0.61 has
  // -0.61 + 0.122 = -0.488, kept; minimize, L 0.5: 0.61 is above 0.6, stopped.
  EXPECT_FALSE(against(with_factor(Goal::Maximize, 0.2), -0.5, -0.61).stop);
  EXPECT_TRUE(against(with_factor(Goal::Minimize, 0.2), 0.5, 0.61).stop);
}

TEST(Bandit, ComparesWithWhatOthersHadUpToTheSameInterval) {
  Judged judged(with_amount(Goal::Maximize, 0.1));
  judged.report_all(0, {0.3, 0.2, 0.9});
  EXPECT_FALSE(judged.report(1, 0.25).stop) << "0.9 came at interval 3";
  EXPECT_FALSE(judged.report(1, 0.1).stop) << "its best so far counts, not its last value";
  EXPECT_TRUE(judged.report(1, 0.1).stop);
}

TEST(Bandit, AShorterTrialContributesWhatItHas) {
  Judged judged(with_amount(Goal::Maximize, 0.1));
  judged.report_all(0, {0.9});
  judged.end(0, Status::Failed);
  EXPECT_TRUE(judged.report(1, 0.5).stop);
  EXPECT_TRUE(judged.report(1, 0.7).stop);
}

TEST(Bandit, ValuesBeforeTheDelayCountInTheBest) {
  Judged judged({.type = "bandit",
                 .goal = Goal::Maximize,
                 .options = {{"slack_amount", 0.1}},
                 .evaluation_interval = 2,
                 .delay_evaluation = 3});
  judged.report_all(0, {0.9, 0.0, 0.0});
  EXPECT_FALSE(judged.report(1, 0.5).stop);
  EXPECT_FALSE(judged.report(1, 0.5).stop);
  EXPECT_FALSE(judged.report(1, 0.5).stop) << "3 is no multiple of 2";
  EXPECT_TRUE(judged.report(1, 0.5).stop);
}

TEST(Bandit, WorstNeverLeadsAndIsStoppedOnceSomebodyHasANumber) {
  Judged judged(with_factor(Goal::Maximize, 0.2));
  EXPECT_FALSE(judged.report(0, INFINITY).stop);
  EXPECT_FALSE(judged.report(1, NAN).stop) << "no number anywhere";
  EXPECT_FALSE(judged.report(2, -3.0).stop) << "an infinity does not lead";
  const Verdict verdict = judged.report(3, NAN);
  EXPECT_TRUE(verdict.stop);
  EXPECT_EQ(verdict.reason, "bandit: at interval 1 best nan is worse than -3.0 (best of trial 2)");
}

TEST(Bandit, RemovedExcludedAndReopenedCurvesNoLongerLead) {
  Judged judged(with_amount(Goal::Maximize, 0.1));
  judged.report_all(0, {0.5, 0.9});
  judged.report_all(1, {0.4, 0.4});
  EXPECT_TRUE(judged.explain(1, 2).stop);
  judged.remove(0, 1);
  EXPECT_FALSE(judged.explain(1, 2).stop) << "0.5 stands";
  judged.report_all(2, {0.8, 0.8});
  EXPECT_TRUE(judged.explain(1, 2).stop);
  judged.exclude(2);
  EXPECT_FALSE(judged.explain(1, 2).stop);
  EXPECT_FALSE(judged.explain(2, 1).stop) << "an excluded trial is not judged";
  judged.report_all(3, {0.7});
  judged.end(3);
  EXPECT_TRUE(judged.explain(1, 2).stop);
  judged.reopen(3);
  EXPECT_FALSE(judged.explain(1, 2).stop);
}

TEST(Bandit, ReasonsHaveTheInequalityItsNumbersAndTheLeader) {
  Judged judged(with_factor(Goal::Maximize, 0.2));
  judged.report(5, 0.8);
  judged.report(3, 0.8);
  EXPECT_EQ(judged.report(7, 0.66).reason,
            "bandit: at interval 1 best 0.66 + |0.66| * 0.2 = 0.792 < 0.8 (best of trial 3)");
  EXPECT_EQ(judged.report(8, 0.75).reason, "");
  EXPECT_EQ(judged.explain(8, 1).reason,
            "bandit: at interval 1 best 0.75 + |0.75| * 0.2 = 0.9 >= 0.8 (best of trial 3): kept "
            "by 0.09999999999999998");
  EXPECT_EQ(against(with_factor(Goal::Minimize, 0.2), 0.5, 0.61).reason,
            "bandit: at interval 1 0.5 (best of trial 0) + |0.5| * 0.2 = 0.6 < best 0.61");
  EXPECT_EQ(against(with_amount(Goal::Minimize, 0.25), 0.5, 1.0).reason,
            "bandit: at interval 1 0.5 (best of trial 0) + 0.25 = 0.75 < best 1.0");
  const PolicySetup both{.type = "bandit",
                         .goal = Goal::Maximize,
                         .options = {{"slack_factor", 0.5}, {"slack_amount", 0.125}}};
  EXPECT_EQ(against(both, 1.0, 0.5).reason,
            "bandit: at interval 1 best 0.5 + |0.5| * 0.5 = 0.75 < 1.0 (best of trial 0) and best "
            "0.5 + 0.125 = 0.625 < 1.0 (best of trial 0)");
}

TEST(Bandit, HugeValuesOverflowToKeeping) {
  EXPECT_FALSE(against(with_factor(Goal::Maximize, 40), 1.7e308, 1.6e308).stop);
  EXPECT_FALSE(against(with_factor(Goal::Minimize, 40), 1.6e308, 1.7e308).stop);
  EXPECT_TRUE(against(with_factor(Goal::Maximize, 0.5), 1e308, -1e308).stop);
}

TEST(Bandit, MinTrialsWaitsForCompany) {
  PolicySetup setup = with_amount(Goal::Maximize, 0.1);
  setup.min_trials = 3;
  Judged judged(setup);
  judged.report(0, 0.9);
  EXPECT_FALSE(judged.report(1, 0.1).stop);
  EXPECT_TRUE(judged.report(2, 0.1).stop);
}

struct BadOptions {
  const char* name;
  std::vector<std::pair<std::string, Value>> options;
  int line;
  const char* text;
};

TEST(Bandit, WrongOptionsAreErrorsWithTheirPlace) {
  const BadOptions cases[] = {
      {"none", {}, 20, "needs slack_factor or slack_amount"},
      {"both zero", {{"slack_factor", 0}, {"slack_amount", 0.0}}, 20, "found neither"},
      {"negative", {{"slack_factor", -0.1}}, 21, "not negative, found -0.1"},
      {"infinite", {{"slack_amount", INFINITY}}, 21, "finite"},
      {"no number", {{"slack_amount", 0.1}, {"slack_factor", "much"}}, 22, "expected a number"},
  };
  for (const BadOptions& bad : cases) {
    SCOPED_TRACE(bad.name);
    Findings findings;
    EXPECT_EQ(make({.type = "bandit", .options = bad.options}, findings), nullptr);
    ASSERT_EQ(findings.all().size(), 1U);
    EXPECT_EQ(findings.all()[0].severity, Severity::Error);
    EXPECT_EQ(findings.all()[0].where.line, bad.line);
    EXPECT_THAT(findings.all()[0].message, HasSubstr(bad.text));
  }
}

TEST(Bandit, BothSlacksAndUnknownKeysAreWarnings) {
  Findings findings;
  EXPECT_NE(make({.type = "bandit",
                  .options = {{"slack_factor", "0.1"}, {"slack_amount", 1}, {"slak", 1}}},
                 findings),
            nullptr);
  ASSERT_EQ(findings.all().size(), 2U);
  EXPECT_EQ(findings.all()[0].where.line, 22);
  EXPECT_THAT(findings.all()[0].message, HasSubstr("outside both"));
  EXPECT_EQ(findings.all()[1].severity, Severity::Warning);
  Findings quiet;
  EXPECT_NE(make({.type = "bandit", .options = {{"slack_factor", 0}, {"slack_amount", 1}}}, quiet),
            nullptr);
  EXPECT_TRUE(quiet.all().empty()) << "0 is not given";
}

}  // namespace
}  // namespace sweepjob::testing
