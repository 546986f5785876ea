// Optuna's Hyperband: the brackets of spec halving-and-optuna part 4, and that only trials of one
// bracket are compared.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/policy_harness.h"

namespace sweepjob::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

PolicySetup hyperband(Value max_resource, Goal goal = Goal::Minimize) {
  return {.type = "optuna_hyperband",
          .goal = goal,
          .options = {{"max_resource", std::move(max_resource)}, {"study_name", "study"}}};
}

// From the explanation of a trial's first report.
int bracket_of(Judged& judged, std::uint32_t trial) {
  judged.report(trial, 1);
  const std::string reason = judged.explain(trial, 1).reason;
  const std::size_t at = reason.find("bracket ");
  return at == std::string::npos ? 0 : std::stoi(reason.substr(at + 8));
}

TEST(OptunaHyperband, DealsTrialsToBracketsByTheHashOfTheirName) {
  Judged judged(hyperband(81));
  std::vector<int> brackets;
  for (std::uint32_t trial = 0; trial < 12; ++trial) brackets.push_back(bracket_of(judged, trial));
  EXPECT_THAT(brackets, ElementsAre(1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0));
}

TEST(OptunaHyperband, OnlyTrialsOfOneBracketAreCompared) {
  for (const Goal goal : {Goal::Minimize, Goal::Maximize}) {
    const double sign = goal == Goal::Minimize ? 1 : -1;
    Judged judged(hyperband(81, goal));
    EXPECT_FALSE(judged.report(1, sign * 2).stop);
    EXPECT_TRUE(judged.report(2, sign * 3).stop) << "bracket 0 has a rung at interval 1";
    judged.report_all(0, {sign * 9, sign * 9});
    EXPECT_FALSE(judged.report(0, sign * 9).stop) << "the first of bracket 1, at interval 3";
    judged.report_all(8, {sign * 8, sign * 8});
    EXPECT_FALSE(judged.report(8, sign * 8).stop);
    EXPECT_TRUE(judged.explain(0, 3).stop);
    EXPECT_THAT(judged.explain(0, 3).reason,
                HasSubstr("place 1 of 2 in bracket 1 rung 0, best 1/3, that of trial 8"));
  }
}

TEST(OptunaHyperband, AutoWaitsForACompletedTrial) {
  Judged judged(hyperband("auto"));
  judged.report_all(1, std::vector<double>(80, 1.0));
  EXPECT_FALSE(judged.report(2, 5).stop);
  EXPECT_FALSE(judged.explain(2, 1).stop) << "trial 1 still runs";
  judged.end(1);
  EXPECT_FALSE(judged.report(2, 5).stop) << "the first result: before it no rung was known";
  EXPECT_TRUE(judged.report(3, 6).stop);
  judged.report(0, 7);
  EXPECT_THAT(judged.explain(0, 1).reason,
              HasSubstr("the next is bracket 1 rung 0 from interval 3"))
      << "the budget is 1 + 80, so there are five brackets, as in the table";
}

TEST(OptunaHyperband, TheStudyNameIsTheSweepsUnlessGiven) {
  const auto brackets = [](std::string_view sweep_name, bool named) {
    PolicySetup setup = hyperband(81);
    if (!named) setup.options.pop_back();
    const Options options = options_of(setup);
    Findings findings;
    const auto policy =
        make_policy({options, Goal::Minimize, 0, 1, 0, false, sweep_name}, findings);
    std::string all;
    for (std::uint32_t trial = 0; trial < 20; ++trial) {
      policy->observe(TrialReported{{TrialId(trial), 1, 1, {}}});
      all += policy->explain({TrialId(trial), 1, 1, {}}).reason + "\n";
    }
    return all;
  };
  EXPECT_EQ(brackets("study", false), brackets("other", true));
  EXPECT_NE(brackets("study", false), brackets("other", false));
}

TEST(OptunaHyperband, OneBracketWhenThereIsNoRoomForTwo) {
  Judged judged(hyperband(2));
  EXPECT_FALSE(judged.report(0, 1).stop);
  EXPECT_TRUE(judged.report(8, 2).stop);
}

}  // namespace
}  // namespace sweepjob::testing
