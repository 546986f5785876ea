#include "runner/app/views/explanation.h"

#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/runner/app/sweep_builder.h"

namespace sweepjob {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const ControllerState kRuns{true, std::nullopt};

TrialExplanation explain(const SweepBuilder& builder, std::uint32_t trial,
                         const ControllerState& controller = kRuns) {
  auto loaded = load_sweep(builder.folder());
  EXPECT_TRUE(loaded.has_value());
  auto explanation = explain_trial(*loaded, TrialId{trial}, controller);
  EXPECT_TRUE(explanation.has_value());
  return *explanation;
}

// Both judged at interval 2 (evaluation_interval): 0.6 < 0.9 - 0.1 cuts trial 1.
SweepBuilder one_cut() {
  SweepBuilder builder;
  builder.run(0).run(1);
  builder.report(0, 0.9).report(0, 0.7).report(0, 0.95);
  builder.report(1, 0.5).report(1, 0.6);
  return builder;
}

TEST(Explain, ShowsTheInequalityThatCutATrialAndWhoDecided) {
  SweepBuilder builder = one_cut();
  builder.end(1, Outcome::Canceled).write();
  const TrialExplanation cut = explain(builder, 1);
  EXPECT_THAT(cut.why, HasSubstr("Cut by the policy: bandit: at interval 2"));
  EXPECT_THAT(cut.why, HasSubstr("0.6"));
  EXPECT_THAT(cut.why, HasSubstr("0.9"));
  ASSERT_TRUE(cut.verdict.has_value());
  EXPECT_TRUE(cut.verdict->verdict.stop);
  EXPECT_EQ(cut.verdict->report.interval, 2u);
  EXPECT_EQ(cut.verdict->report.value, 0.6);
  const std::vector<Compared>& others = cut.verdict->verdict.others;
  ASSERT_EQ(others.size(), 1u);
  EXPECT_EQ(others[0].trial, TrialId{0});
  EXPECT_EQ(others[0].value, 0.9);  // up to interval 2: not the later 0.95
  EXPECT_TRUE(others[0].decides);
}

TEST(Explain, ShowsTheMarginByWhichATrialWasKept) {
  SweepBuilder builder = one_cut();
  builder.end(1, Outcome::Canceled).write();
  const TrialExplanation kept = explain(builder, 0);
  EXPECT_THAT(kept.why, HasSubstr("It runs. Last judged: bandit: at interval 2"));
  EXPECT_THAT(kept.why, HasSubstr("kept by"));
  EXPECT_EQ(kept.verdict->report.interval, 2u);  // 3 is no judged interval
  // What came later plays no part in it.
  EXPECT_TRUE(kept.verdict->verdict.others.empty());
}

std::string job_with(const std::string& policy) {
  std::string job = kBanditJob;
  const auto at = job.find("{type: bandit");
  return job.replace(at, job.size() - at, policy + "\n");
}

// Rungs at 1 and 3. At 3 trial 1 stands against trial 0: the quantile 3/9 of {0.9, 0.8} is
// 0.8 + 2/3 * 0.1. Nothing is compared at 2 and after 3.
TEST(Explain, ShowsTheLastReportThatWasCompared) {
  SweepBuilder builder(job_with("{type: asha, max_resource: 9}"));
  builder.run(0).run(1);
  builder.report(0, 0.5).report(0, 0.5).report(0, 0.8);
  builder.report(1, 0.6).report(1, 0.7).report(1, 0.9).report(1, 0.1).report(1, 0.2).write();
  const TrialExplanation kept = explain(builder, 1);
  EXPECT_THAT(kept.why, HasSubstr("Last compared: asha: at interval 3 0.9 >= 0.86666"));
  EXPECT_THAT(kept.why, HasSubstr(", by 0.0333"));
  EXPECT_THAT(kept.why, HasSubstr("Its later reports were not: asha: at interval 5 the trial has "
                                  "no rung: kept."));
  ASSERT_TRUE(kept.verdict.has_value());
  EXPECT_EQ(kept.verdict->report.interval, 3u);
  ASSERT_EQ(kept.verdict->verdict.others.size(), 1u);
  EXPECT_EQ(kept.verdict->verdict.others[0].trial, TrialId{0});
  EXPECT_EQ(kept.verdict->verdict.others[0].value, 0.8);
  const Value document = explanation_document(builder.sweep(), kept);
  EXPECT_EQ(*document.find("verdict")->find("later")->find("interval"), Value(5));
  EXPECT_EQ(*document.find("compared_count"), Value(1));
}

TEST(Explain, SaysOfATrialThatWasFirstEverywhereWhyNothingWasCompared) {
  SweepBuilder builder(job_with("{type: asha, max_resource: 9}"));
  builder.run(0);
  for (int i = 0; i < 5; ++i) builder.report(0, 0.5);
  builder.write();
  const TrialExplanation first = explain(builder, 0);
  EXPECT_THAT(first.why, HasSubstr("None of its reports was compared: asha: at interval 1 1 < 2 "
                                   "trials have reached rung 0: kept; asha: at interval 3 1 < 2 "
                                   "trials have reached rung 1: kept; asha: at interval 5 the "
                                   "trial has no rung: kept."));
  EXPECT_FALSE(first.verdict->verdict.compared);
}

TEST(Explain, APolicyThatLooksAtOneTrialAloneComparesWithNobody) {
  SweepBuilder builder(job_with("{type: threshold, upper: 1}"));
  builder.run(0).run(1).report(0, 0.5).report(1, 0.6).write();
  const TrialExplanation alone = explain(builder, 1);
  EXPECT_TRUE(alone.verdict->verdict.compared);
  EXPECT_TRUE(alone.verdict->verdict.others.empty());
  std::ostringstream out;
  print_explanation(out, builder.sweep(), alone);
  EXPECT_THAT(out.str(), HasSubstr("\ncompared with no other trial\n"));
}

TEST(Explain, WhatTheScheduleLeavesOutIsSaid) {
  SweepBuilder builder;
  builder.run(0).report(0, 0.9).report(0, 0.7).report(0, 0.95).write();
  EXPECT_THAT(explain(builder, 0).why,
              HasSubstr("What it reported after interval 2 was not judged: bandit (slack_amount "
                        "0.1), judged every 2 intervals from interval 2 on."));
}

TEST(Explain, NamesAFewOfManyThoseThatDecideFirst) {
  Verdict verdict;
  verdict.compared = true;
  for (std::uint32_t i = 0; i < 8; ++i) verdict.others.push_back({TrialId{i}, 1.0 * i, i == 3});
  std::vector<std::uint32_t> shown;
  for (const Compared& one : most_telling(Goal::Maximize, verdict)) {
    shown.push_back(index_of(one.trial));
  }
  EXPECT_THAT(shown, ElementsAre(3, 7, 6, 5, 4));
}

TEST(Explain, SaysWhenNothingHasBeenJudgedYet) {
  SweepBuilder builder;
  builder.run(0).report(0, 0.9).write();
  const TrialExplanation early = explain(builder, 0);
  EXPECT_FALSE(early.verdict.has_value());
  EXPECT_THAT(early.why, HasSubstr("has not been judged: bandit (slack_amount 0.1), judged every 2 "
                                   "intervals from interval 2 on (1 reported)"));
}

TEST(Explain, SaysWhatAPendingTrialWaitsFor) {
  SweepBuilder builder;
  builder.run(0).run(1).write();
  EXPECT_THAT(explain(builder, 2).why,
              HasSubstr("waits for a slot: 2 trials are running (max_concurrent_trials: 2), 0 wait "
                        "before it"));
  builder.ask({"0000000000000000-0000000000000001", PauseSweep{}}).write();
  EXPECT_THAT(explain(builder, 2).why, HasSubstr("paused: `sweepjob unpause mine`"));
  EXPECT_THAT(explain(builder, 2, ControllerState{}).why, HasSubstr("`sweepjob resume mine`"));
}

TEST(Explain, SaysWhyALostAttemptWaits) {
  SweepBuilder builder;
  builder.run(0).end(0, Outcome::Lost, 0, "the node went away").write();
  const TrialExplanation waiting = explain(builder, 0);
  EXPECT_THAT(waiting.why, HasSubstr("Attempt 1 was lost (the node went away); the next one starts "
                                     "at 2023-11-14T22:13:"));
}

TEST(Explain, ShowsTheEndOfAFailedTrialsLog) {
  SweepBuilder builder;
  builder.run(0);
  std::string log;
  for (int i = 0; i < 30; ++i) log += "line " + std::to_string(i) + "\n";
  builder.put(builder.latest(0), "work/user_logs/std_log.txt",
              log + "\x1b[31mValueError: x\x1b[0m");
  builder.end(0, Outcome::Exited, 3).write();
  const TrialExplanation failed = explain(builder, 0);
  EXPECT_THAT(failed.why, HasSubstr("It failed: exit code 3"));
  ASSERT_EQ(failed.log.size(), 10u);
  EXPECT_EQ(failed.log.front(), "line 21");
  EXPECT_EQ(failed.log.back(), "ValueError: x");
}

TEST(Explain, TellsASweepsStateAndAllItsCuts) {
  SweepBuilder builder = one_cut();
  builder.end(1, Outcome::Canceled).write();
  auto loaded = load_sweep(builder.folder());
  std::ostringstream out;
  print_sweep_explanation(out, *loaded, kRuns);
  EXPECT_THAT(out.str(), HasSubstr("mine: Running: "));
  EXPECT_THAT(out.str(),
              HasSubstr("1 trials were cut, 0 failed\ntrial 1 cut: bandit: at interval 2"));
  const Value document = sweep_explanation_document(*loaded, kRuns);
  EXPECT_EQ(document.find("cut")->get<Value::List>()->size(), 1u);
  EXPECT_EQ(*document.find("schema_version"), Value(1));
}

}  // namespace
}  // namespace sweepjob
