// What another policy would have done: hand-computed tables, and the sweep's own policy again.
#include "runner/app/whatif.h"

#include <chrono>
#include <cmath>
#include <limits>
#include <random>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "manifests/spec/parse_policy.h"
#include "runner/app/curve_file.h"
#include "runner/core/rules.h"
#include "tests/runner/app/sweep_builder.h"
#include "tests/support/core_script.h"

namespace sweepjob {
namespace {

using testing::CoreScript;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

RecordedCurves curves_of(const std::string& csv, Goal goal = Goal::Maximize) {
  std::istringstream in(csv);
  auto curves = read_curves(in, "curves.csv", goal);
  EXPECT_TRUE(curves.has_value()) << (curves.has_error() ? curves.error().text() : "");
  return curves.has_value() ? *std::move(curves) : RecordedCurves{};
}

WhatIf ask(const RecordedCurves& curves, const std::string& policy, std::uint32_t top_k = 5) {
  ParsedPolicy parsed = parse_policy(policy, "policy");
  SweepSpec spec;
  spec.objectives = {curves.objective};
  spec.early_termination = std::move(parsed.termination);
  auto made = make_policy_of(spec, parsed.findings);
  for (const Finding& finding : parsed.findings.all()) ADD_FAILURE() << to_text(finding);
  return made == nullptr ? WhatIf{} : re_decide(curves, *spec.early_termination, *made, top_k);
}

// "trial@interval" in order.
std::vector<std::string> cuts_of(const WhatIf& result) {
  std::vector<std::string> cuts;
  for (const WouldBeCut& cut : result.cuts) {
    cuts.push_back(std::to_string(index_of(cut.trial)) + "@" + std::to_string(cut.interval));
  }
  return cuts;
}

// Three trials in lock-step, 10 s a step. Trial 2 starts badly and wins in the end.
const char* const kLateBloomer =
    "trial,interval,value,seconds\n"
    "0,1,0.5,10\n1,1,0.48,10\n2,1,0.2,10\n"
    "0,2,0.6,20\n1,2,0.5,20\n2,2,0.4,20\n"
    "0,3,0.7,30\n1,3,0.55,30\n2,3,0.9,29\n"
    "0,4,0.8,40\n1,4,0.6,40\n2,4,0.95,40\n";

TEST(WhatIf, CountsCutsStepsHoursAndRegretAsByHand) {
  // Slack 0.15. Interval 1: 0.2 + 0.15 < 0.5 cuts trial 2; interval 3: 0.55 + 0.15 = 0.70 is kept;
  // interval 4: 0.6 + 0.15 < 0.8 cuts trial 1.
  const WhatIf result = ask(curves_of(kLateBloomer), "{type: bandit, slack_amount: 0.15}");
  EXPECT_THAT(cuts_of(result), ElementsAre("2@1", "1@4"));
  EXPECT_EQ(result.trials, 3U);
  EXPECT_EQ(result.cut, 2U);
  EXPECT_EQ(result.reports, 12U);
  EXPECT_EQ(result.reports_saved, 3U) << "intervals 2 to 4 of trial 2, none of trial 1";
  EXPECT_NEAR(result.hours, 3 * 30 / 3600.0, 1e-12);
  EXPECT_NEAR(result.hours_saved, 30 / 3600.0, 1e-12);
  EXPECT_EQ(result.winner, TrialId{2});
  EXPECT_TRUE(result.winner_cut);
  EXPECT_EQ(result.best_without, 0.95);
  EXPECT_EQ(result.best_with, 0.8);
  EXPECT_EQ(result.winner_with, TrialId{0});
  EXPECT_NEAR(result.regret, 0.15, 1e-12);
  EXPECT_EQ(result.cut_known, 2U);
  EXPECT_EQ(result.wrong, 1U) << "trial 2 ends above 0.8, trial 1 below";
  EXPECT_THAT(result.cuts[0].reason, HasSubstr("0.35 < 0.5 (best of trial 0)"));
}

TEST(WhatIf, ACutTrialsLaterReportsAreNotSeen) {
  // Trial 2 reports its 0.9 first: were it seen, 0.7 + 0.15 < 0.9 would cut trial 0 at interval 3.
  const WhatIf result = ask(curves_of(kLateBloomer), "{type: bandit, slack_amount: 0.15}");
  EXPECT_THAT(cuts_of(result), ElementsAre("2@1", "1@4"));
  const WhatIf gentle =
      ask(curves_of(kLateBloomer),
          "{type: bandit, slack_amount: 0.15, delay_evaluation: 3, evaluation_interval: 1}");
  EXPECT_THAT(cuts_of(gentle), ElementsAre("0@3", "1@3"));
  EXPECT_FALSE(gentle.winner_cut);
  EXPECT_EQ(gentle.regret, 0.0);
}

TEST(WhatIf, WrongCutsAreCountedAgainstTheBestAndTheTopFew) {
  const WhatIf result = ask(curves_of(kLateBloomer), "{type: bandit, slack_amount: 0.15}", 1);
  EXPECT_EQ(result.wrong_top, 1U) << "a top of one is the best itself";
  EXPECT_EQ(ask(curves_of(kLateBloomer), "{type: bandit, slack_amount: 0.15}", 2).wrong_top, 2U)
      << "one trial is kept: both cut ones would be among the best two";
}

TEST(WhatIf, MinimisesAsWell) {
  const RecordedCurves curves =
      curves_of("trial,interval,value\n0,1,1\n1,1,3\n0,2,0.5\n1,2,0.25\n", Goal::Minimize);
  const WhatIf result = ask(curves, "{type: bandit, slack_amount: 1}");
  EXPECT_THAT(cuts_of(result), ElementsAre("1@1"));
  EXPECT_EQ(result.best_without, 0.25);
  EXPECT_EQ(result.best_with, 0.5);
  EXPECT_EQ(result.regret, 0.25);
  EXPECT_EQ(result.hours, 0.0) << "the table has no times";
}

TEST(WhatIf, NotANumberIsWorseThanEveryNumberAndNeverABest) {
  const RecordedCurves curves =
      curves_of("trial,interval,value\n0,1,0.5\n1,1,NaN\n0,2,0.6\n1,2,inf\n");
  const WhatIf result = ask(curves, "{type: bandit, slack_amount: 100}");
  EXPECT_THAT(cuts_of(result), ElementsAre("1@1"));
  EXPECT_EQ(result.best_with, 0.6);
  EXPECT_EQ(result.regret, 0.0);
  EXPECT_EQ(result.wrong, 0U);
  EXPECT_THAT(ranks_of(curves), ElementsAre(1U, 0U));
}

TEST(WhatIf, EqualTrialsShareARank) {
  const RecordedCurves curves =
      curves_of("trial,interval,value\n0,1,0.5\n1,1,0.7\n2,1,0.5\n3,1,0.1\n");
  EXPECT_THAT(ranks_of(curves), ElementsAre(2U, 1U, 2U, 4U));
}

TEST(WhatIf, GivesTheSameAnswerTwice) {
  const RecordedCurves curves = curves_of(kLateBloomer);
  const WhatIf first = ask(curves, "{type: median_stopping}");
  const WhatIf second = ask(curves, "{type: median_stopping}");
  EXPECT_EQ(cuts_of(first), cuts_of(second));
  EXPECT_EQ(first.reports_saved, second.reports_saved);
}

TEST(WhatIf, ARestartedCurveCountsFromWhereItWasTakenUp) {
  // Attempt 2 of trial 1 goes on at interval 2: 0.1 there no longer stands, 0.6 does.
  const RecordedCurves curves = curves_of(
      "trial,interval,value,attempt,seconds\n"
      "0,1,0.5,1,1\n1,1,0.5,1,1\n1,2,0.1,1,2\n1,2,0.6,2,3\n0,2,0.55,1,4\n1,3,0.7,2,5\n");
  EXPECT_EQ(curves.trials[1].best, 0.7);
  const WhatIf result = ask(curves, "{type: bandit, slack_amount: 0.01, delay_evaluation: 2}");
  EXPECT_THAT(cuts_of(result), ElementsAre("0@2"));
  EXPECT_EQ(result.reports, 6U) << "what a retry removes was computed all the same";
}

// The journal of a sweep in which the core decided, folded again.
RecordedCurves recorded(const CoreScript& script) {
  CurveRecorder recorder;
  Sweep sweep(recorder.tap(), nullptr, Goal::Maximize);
  for (const Event& event : script.events()) {
    apply(sweep, event);
    recorder.hear(event, sweep);
  }
  RecordedCurves curves = recorder.finish(sweep);
  curves.objective = script.rules().spec.objectives.front();
  return curves;
}

std::vector<std::string> journaled_cuts(const CoreScript& script) {
  std::vector<std::string> cuts;
  for (const Event& event : script.events()) {
    const auto* stop = std::get_if<StopRequested>(&event.body);
    if (stop == nullptr || stop->cause != StopCause::EarlyTermination) continue;
    cuts.push_back(std::to_string(index_of(stop->trial)) + "@" + std::to_string(stop->interval) +
                   " " + stop->reason);
  }
  return cuts;
}

WhatIf ask_own(const CoreScript& script, const RecordedCurves& curves) {
  Findings findings;
  auto policy = make_policy_of(script.rules().spec, findings);
  return re_decide(curves, *script.rules().spec.early_termination, *policy);
}

// A sweep with lost attempts, restarts by hand, checkpoints with and without steps, late reports.
std::string run_randomly(CoreScript& script, std::uint32_t seed) {
  std::mt19937 random(seed);
  const auto below = [&](std::uint32_t n) { return random() % n; };
  script.run("start");
  for (int i = 0; i < 8; ++i) script.run("running " + std::to_string(i));
  for (int turn = 0; turn < 300; ++turn) {
    const std::string trial = std::to_string(below(8));
    switch (below(14)) {
      case 0: script.run("end " + trial + (below(2) == 0 ? " lost" : " exited")); break;
      case 1: script.run("drained " + trial); break;
      case 2: script.run("wait 600"); break;
      case 3: script.run("running " + trial + (below(2) == 0 ? " checkpoint=1" : "")); break;
      case 4: script.run("retry " + trial); break;
      case 5: script.run("running " + trial); break;
      default: {
        const double value = static_cast<double>(below(1000)) / 1000;
        script.run("report " + trial + " " + (below(20) == 0 ? "nan" : std::to_string(value)) +
                   (below(4) == 0 ? " step=" + std::to_string(below(5)) : ""));
      }
    }
  }
  return script.told("");
}

class OwnPolicy : public ::testing::TestWithParam<const char*> {};

TEST_P(OwnPolicy, GivesExactlyTheJournaledCuts) {
  std::size_t cuts = 0, removals = 0;
  for (std::uint32_t seed = 1; seed <= 40; ++seed) {
    CoreScript script("total=8 concurrent=8 " + std::string(GetParam()), 8);
    const std::string told = run_randomly(script, seed);
    const RecordedCurves curves = recorded(script);
    const WhatIf result = ask_own(script, curves);
    std::vector<std::string> again;
    for (const WouldBeCut& cut : result.cuts) {
      again.push_back(std::to_string(index_of(cut.trial)) + "@" + std::to_string(cut.interval) +
                      " " + cut.reason);
      EXPECT_TRUE(cut.as_recorded);
      EXPECT_EQ(cut.reports_saved, 0U);
    }
    ASSERT_EQ(again, journaled_cuts(script)) << "seed " << seed << "\n" << told;
    EXPECT_EQ(result.as_recorded, curves.cuts);
    cuts += again.size();
    for (const RecordedEvent& event : curves.events) {
      removals += std::holds_alternative<ReportsRemoved>(event.event) ||
                  std::holds_alternative<TrialReopened>(event.event);
    }
  }
  EXPECT_GT(cuts, 20U);
  EXPECT_GT(removals, 20U);
}

INSTANTIATE_TEST_SUITE_P(
    Policies, OwnPolicy,
    ::testing::Values("policy=bandit slack_amount=0.4 interval=1 delay=2",
                      "policy=median_stopping interval=2",
                      "policy=truncation_selection truncation_percentage=30 interval=1 "
                      "exclude_finished=true"));

TEST(WhatIfOfASweep, TrialsThatWereCutAreCensored) {
  CoreScript script("total=3 concurrent=3 policy=bandit slack_amount=0.2", 3);
  for (const char* line : {"start", "running 0", "running 1", "running 2", "report 0 0.9",
                           "report 1 0.5", "end 1 exited", "drained 1", "report 2 0.8",
                           "report 0 0.95", "end 0 exited", "drained 0"}) {
    script.run(line);
  }
  const RecordedCurves curves = recorded(script);
  EXPECT_EQ(curves.cuts, 1U);
  EXPECT_EQ(curves.trials[1].end, CurveEnd::Cut);
  EXPECT_EQ(curves.trials[2].end, CurveEnd::Running);
  const WhatIf none = ask(curves, "{type: bandit, slack_amount: 0.6}");
  EXPECT_THAT(none.cuts, IsEmpty());
  EXPECT_EQ(none.censored_cut, 1U);
  EXPECT_EQ(none.censored_kept, 1U);
  EXPECT_EQ(none.censored_running, 1U);
  const WhatIf strict = ask(curves, "{type: bandit, slack_amount: 0.05}");
  EXPECT_THAT(cuts_of(strict), ElementsAre("1@1", "2@1"));
  EXPECT_EQ(strict.as_recorded, 1U);
  EXPECT_EQ(strict.cut_known, 0U) << "of neither it is known where it would have ended";
}

TEST(WhatIfOfASweep, FailedTrialsAreNoWinners) {
  CoreScript script("total=2 concurrent=2", 2);
  for (const char* line : {"start", "running 0", "running 1", "report 0 0.9", "report 1 0.5",
                           "end 0 exited 1", "drained 0", "end 1 exited", "drained 1"}) {
    script.run(line);
  }
  const RecordedCurves curves = recorded(script);
  ASSERT_EQ(curves.trials[0].end, CurveEnd::Failed) << script.told("TrialFinished");
  const WhatIf result = ask(curves, "{type: bandit, slack_amount: 0.3}");
  EXPECT_THAT(cuts_of(result), ElementsAre("1@1"));
  EXPECT_EQ(result.winner, TrialId{1});
  EXPECT_EQ(result.regret, 0.0) << "it had its best value when it was cut";
  EXPECT_TRUE(result.winner_cut);
}

TEST(WhatIfOfASweep, IsReadFromTheFolderWithoutDisturbingIt) {
  SweepBuilder builder;
  builder.run(0).run(1).report(0, 0.9).report(1, 0.4).report(0, 0.95).report(1, 0.5).write();
  auto sweep = record_sweep(builder.folder());
  ASSERT_TRUE(sweep.has_value());
  EXPECT_EQ(sweep->curves.name, "mine");
  EXPECT_EQ(sweep->curves.objective.primary_metric, "acc");
  EXPECT_EQ(sweep->curves.reports.size(), 4U);
  EXPECT_EQ(sweep->curves.cuts, 1U);
  const WhatIf result = ask(sweep->curves, "{type: bandit, slack_amount: 0.3}");
  EXPECT_THAT(cuts_of(result), ElementsAre("1@1"));
  EXPECT_EQ(result.reports_saved, 1U);
  EXPECT_NEAR(result.hours_saved, 2 / 3600.0, 1e-12) << "from the cut to the last event";
}

}  // namespace
}  // namespace sweepjob
