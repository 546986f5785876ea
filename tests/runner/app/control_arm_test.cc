#include "runner/app/views/control_arm.h"

#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runner/app/views/explanation.h"
#include "runner/app/views/summary.h"
#include "runner/app/views/sweep_document.h"
#include "tests/runner/app/sweep_builder.h"

namespace sweepjob {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

// A sweep made of trials as they ended.
class Trials {
 public:
  explicit Trials(Goal goal = Goal::Maximize) : sweep_(nullptr, nullptr, goal) {}

  Trial& add(std::vector<double> values, Status status = Status::Completed) {
    Trial& trial = sweep_.trials.emplace_back();
    trial.values = std::move(values);
    trial.status = status;
    for (const double value : trial.values) trial.best = best_of(sweep_.goal, trial.best, value);
    return trial;
  }
  Trial& withheld(std::uint32_t interval, std::vector<double> values,
                  Status status = Status::Completed, double budget = 0) {
    const TrialId id{static_cast<std::uint32_t>(sweep_.trials.size())};
    Trial& trial = add(std::move(values), status);
    if (budget > 0) trial.proposal.budget = Budget{budget};
    trial.withheld = CutWithheld{id, interval, "0 < 1"};
    return trial;
  }
  void cut(std::vector<double> values, double budget = 0) {
    const TrialId id{static_cast<std::uint32_t>(sweep_.trials.size())};
    const auto interval = static_cast<std::uint32_t>(values.size());
    Trial& trial = add(std::move(values), Status::Canceled);
    trial.stop = StopRequested{id, StopCause::EarlyTermination, interval, "0 < 1"};
    if (budget > 0) trial.proposal.budget = Budget{budget};
  }
  [[nodiscard]] ControlReport report() const { return control_report(sweep_); }

 private:
  Sweep sweep_;
};

TEST(ControlReport, CountsWhatWasMeasuredAndEstimatesWhatCutsSaved) {
  Trials trials;
  trials.add({1, 2, 3, 4, 5});
  trials.withheld(2, {0, 1, 2, 9});  // would have been the best
  trials.withheld(1, {0.5, 4});
  trials.cut({0.2});
  trials.cut({0.1, 0.1});
  trials.withheld(1, {0.3, 0.4}, Status::Running);
  const ControlReport report = trials.report();
  ASSERT_EQ(report.trials.size(), 3u);
  EXPECT_EQ(report.measured, 2u);
  EXPECT_EQ(report.wrong, 1u);
  EXPECT_TRUE(report.trials[0].wrong);
  EXPECT_EQ(report.trials[0].best_at_cut, 1);
  EXPECT_EQ(report.trials[0].best, 9);
  EXPECT_EQ(report.trials[0].remaining, 2u);
  EXPECT_FALSE(report.trials[2].measured);
  EXPECT_EQ(report.cut, 2u);
  EXPECT_EQ(report.spent, 4u);                    // 2 + 1 + 1
  EXPECT_DOUBLE_EQ(*report.mean_remaining, 1.5);  // (2 + 1) / 2
  EXPECT_DOUBLE_EQ(*report.saved, 3);             // their lengths differ: 2 cuts * 1.5
  EXPECT_EQ(report.naive, 7u);                    // (5 - 1) + (5 - 2)
}

TEST(ControlReport, ACutBeyondEveryControlTrialShowsThatLengthsDiffer) {
  Trials trials;
  trials.withheld(1, {1, 2});
  trials.cut({1, 1, 1, 1});
  EXPECT_EQ(*trials.report().saved, 1);
}

TEST(ControlReport, EquallyLongTrialsSaveWhatEachHadLeft) {
  Trials trials;
  trials.withheld(1, {1, 2, 3, 4});
  trials.withheld(2, {1, 2, 3, 4});
  trials.cut({1, 1, 1});
  trials.cut({1});
  EXPECT_EQ(*trials.report().saved, (4 - 3) + (4 - 1));
}

// Ten short trials (10 intervals) cut at 5, ten long ones (100) at 90: 10 * 5 + 10 * 10 are saved.
TEST(ControlReport, LateCutsOfLongTrialsAreNotTakenForTheWhole) {
  Trials trials;
  trials.withheld(5, std::vector<double>(10, 1));
  trials.withheld(90, std::vector<double>(100, 1));
  for (int i = 0; i < 10; ++i) trials.cut(std::vector<double>(5, 1));
  for (int i = 0; i < 10; ++i) trials.cut(std::vector<double>(90, 1));
  EXPECT_DOUBLE_EQ(*trials.report().saved, 150);
}

// As in Hyperband: many control trials of small budgets say nothing about a large one.
TEST(ControlReport, EstimatesEachBudgetByItsOwnControlTrials) {
  Trials trials;
  for (int i = 0; i < 4; ++i) trials.withheld(1, {1, 1, 1}, Status::Completed, 3);
  trials.withheld(4, std::vector<double>(9, 1), Status::Completed, 9);
  trials.cut({1, 1}, 9);
  const ControlReport report = trials.report();
  EXPECT_DOUBLE_EQ(*report.saved, 7);
  EXPECT_EQ(report.naive, 7u) << "the longest of budget 9";
  EXPECT_EQ(report.cut_unknown, 0u);
}

TEST(ControlReport, SaysWhichCutsItKnowsNothingAbout) {
  Trials trials;
  trials.withheld(1, {1, 1, 1}, Status::Completed, 3);
  trials.withheld(1, {1, 1}, Status::Running, 9);
  trials.cut({1, 1}, 3);
  trials.cut({1, 1}, 9);
  trials.cut({1, 1, 1}, 9);
  const ControlReport report = trials.report();
  EXPECT_DOUBLE_EQ(*report.saved, 1);
  EXPECT_EQ(report.cut, 3u);
  EXPECT_EQ(report.cut_unknown, 2u);
}

TEST(ControlReport, EstimatesNothingWhereNoBudgetOfACutWasMeasured) {
  Trials trials;
  trials.withheld(1, {1, 1, 1}, Status::Completed, 3);
  trials.cut({1, 1}, 9);
  const ControlReport report = trials.report();
  EXPECT_FALSE(report.saved.has_value());
  EXPECT_EQ(report.cut_unknown, 1u);
}

TEST(ControlReport, EstimatesNothingUntilAControlTrialHasEnded) {
  Trials trials;
  trials.withheld(1, {1, 2}, Status::Running);
  trials.cut({1});
  const ControlReport report = trials.report();
  EXPECT_FALSE(report.saved.has_value());
  EXPECT_FALSE(report.mean_remaining.has_value());
  EXPECT_EQ(report.naive, 1u);
}

TEST(ControlReport, ComparesWithWhatOthersWouldHaveReachedHadTheirCutsBeenCarriedOut) {
  Trials trials;
  trials.add({5});
  trials.withheld(1, {1, 8});
  trials.withheld(1, {1, 9});
  const ControlReport report = trials.report();
  EXPECT_EQ(report.wrong, 2u) << "each alone would have been better than 5";
}

// Or a policy that cuts the leader would excuse itself with what the leader had reached.
TEST(ControlReport, ACutIsAlsoWrongWhenTheTrialHadItsBestAlready) {
  Trials trials;
  trials.add({5, 5});
  trials.withheld(1, {7, 6});
  EXPECT_EQ(trials.report().wrong, 1u);
}

TEST(ControlReport, WhatAnotherCutTrialHadReachedMakesNoCutRight) {
  Trials trials;
  trials.add({5, 5});
  trials.cut({8});
  trials.withheld(1, {1, 7});
  EXPECT_EQ(trials.report().wrong, 1u);
}

TEST(ControlReport, ATieWithTheBestIsNotWrongButAmongTheTopTenth) {
  Trials trials;
  trials.add({5, 5});
  trials.withheld(1, {1, 5});
  const ControlReport report = trials.report();
  EXPECT_EQ(report.wrong, 0u);
  EXPECT_EQ(report.top_tenth, 1u);
}

TEST(ControlReport, TheTopTenthOfElevenTrialsAreTwo) {
  for (const auto& [last, in_top] : {std::pair(9.5, true), {8.5, false}}) {
    Trials trials;
    for (int value = 1; value <= 10; ++value) trials.add({1.0 * value, 1.0 * value});
    trials.withheld(1, {0, last});
    EXPECT_EQ(trials.report().top_tenth, in_top ? 1u : 0u) << last;
  }
}

TEST(ControlReport, MinimizingMirrorsMaximizing) {
  Trials up(Goal::Maximize), down(Goal::Minimize);
  for (const double sign : {1.0, -1.0}) {
    Trials& trials = sign > 0 ? up : down;
    trials.add({sign * 5});
    trials.withheld(1, {sign * 1, sign * 6});
    trials.withheld(1, {sign * 1, sign * 4});
  }
  EXPECT_EQ(up.report().wrong, 1u);
  EXPECT_EQ(down.report().wrong, 1u);
  EXPECT_EQ(down.report().trials[0].wrong, up.report().trials[0].wrong);
}

TEST(ControlReport, ATrialThatFailsIsMeasuredAndItsCutWasRight) {
  Trials trials;
  trials.add({5});
  trials.withheld(1, {1, 9}, Status::Failed);
  const ControlReport report = trials.report();
  EXPECT_EQ(report.measured, 1u);
  EXPECT_EQ(report.wrong, 0u);
}

TEST(ControlReport, WhatEndedBeforeItsTimeIsNotMeasured) {
  Trials trials;
  trials.withheld(1, {1, 2}, Status::Canceled).reason = "trial_timeout";  // its own limit
  trials.withheld(1, {1, 2}, Status::Canceled).reason = "canceled";
  trials.withheld(1, {1, 2}, Status::Canceled).stop =
      StopRequested{TrialId{2}, StopCause::UserCanceled, 0, "asked for"};
  trials.withheld(1, {1, 2}).left_out = true;
  const ControlReport report = trials.report();
  EXPECT_EQ(report.measured, 1u);
  EXPECT_TRUE(report.trials[0].measured);
}

TEST(ControlReport, NanIsNeverABest) {
  Trials trials;
  trials.withheld(1, {kWorst, kWorst});
  trials.withheld(1, {kWorst, 1});
  const ControlReport report = trials.report();
  EXPECT_FALSE(report.trials[0].wrong);
  EXPECT_TRUE(report.trials[1].wrong) << "no trial had carried out a number";
}

std::string control_job(const std::string& fraction) {
  return std::string(kBanditJob) + "properties: {sweepjob: {control_fraction: " + fraction + "}}\n";
}

// Trial 1 would have been cut at interval 2 by 0.6 < 0.9 - 0.1, and ends as the best.
SweepBuilder one_withheld() {
  SweepBuilder builder(control_job("1"));
  builder.run(0).run(1);
  builder.report(0, 0.9).report(0, 0.7).report(1, 0.5).report(1, 0.6);
  builder.report(1, 0.61).report(1, 0.99);
  builder.end(1, Outcome::Exited).end(0, Outcome::Exited);
  builder.write();
  return builder;
}

LoadedSweep load(const SweepBuilder& builder) {
  auto loaded = load_sweep(builder.folder());
  EXPECT_TRUE(loaded.has_value());
  return *std::move(loaded);
}

TEST(ControlArmViews, ShowHasTheMeasuredRateWithItsInterval) {
  const SweepBuilder builder = one_withheld();
  const LoadedSweep loaded = load(builder);
  const Value shown = show_document(*loaded.rules, *loaded.sweep);
  const Value& control = *shown.find("control");
  EXPECT_EQ(*control.find("fraction"), Value(1.0));
  EXPECT_EQ(*control.find("withheld"), Value(1));
  EXPECT_EQ(*control.find("measured"), Value(1));
  const Value& wrong = *control.find("wrong");
  EXPECT_EQ(*wrong.find("count"), Value(1));
  EXPECT_EQ(*wrong.find("rate"), Value(1.0));
  EXPECT_EQ(*wrong.find("high"), Value(1.0));
  const Value& saving = *control.find("saving");
  EXPECT_EQ(*saving.find("cut"), Value(0));
  EXPECT_EQ(*saving.find("spent_intervals"), Value(2));
  const Value& trial = control.find("trials")->get<Value::List>()->front();
  EXPECT_EQ(*trial.find("trial"), Value(1));
  EXPECT_EQ(*trial.find("best_at_cut"), Value(0.6));
  EXPECT_EQ(*trial.find("wrong"), Value(true));
  const Value& in_table = (*shown.find("trials")->get<Value::List>())[1];
  EXPECT_EQ(*in_table.find("withheld")->find("interval"), Value(2));
  EXPECT_EQ(*in_table.find("status"), Value("Completed"));
}

TEST(ControlArmViews, SummaryAndTableSayIt) {
  const SweepBuilder builder = one_withheld();
  const LoadedSweep loaded = load(builder);
  std::ostringstream summary, table;
  print_summary(summary, *loaded.rules, *loaded.sweep, loaded.folder);
  EXPECT_THAT(summary.str(),
              AllOf(HasSubstr("control arm: 1 of 1 would-be cuts ran on (control_fraction 1.0)\n"),
                    HasSubstr("wrong cuts (better at the end than any trial that was not cut): 1 "
                              "of 1, 100.0 % (95 % interval: "
                              "20.7 % to 100.0 %)"),
                    HasSubstr("0 cuts saved about 0 intervals (naively: 0); the control arm spent "
                              "2\n")));
  print_trials(table, *loaded.sweep, {TrialId{0}, TrialId{1}});
  EXPECT_THAT(table.str(), HasSubstr("cut at 2 withheld"));
}

TEST(ControlArmViews, SweepsWithoutOneDoNotSpeakOfIt) {
  SweepBuilder builder;
  builder.run(0).report(0, 1).write();
  const LoadedSweep loaded = load(builder);
  std::ostringstream summary;
  print_summary(summary, *loaded.rules, *loaded.sweep, loaded.folder);
  EXPECT_THAT(summary.str(), Not(HasSubstr("control")));
  EXPECT_TRUE(show_document(*loaded.rules, *loaded.sweep).find("control")->is_null());
}

TEST(ControlArmViews, ExplainShowsTheVerdictThatWasWithheldAndWhatCameOfIt) {
  const SweepBuilder builder = one_withheld();
  const LoadedSweep loaded = load(builder);
  const auto explained = explain_trial(loaded, TrialId{1}, ControllerState{true, std::nullopt});
  ASSERT_TRUE(explained.has_value());
  EXPECT_THAT(explained->why,
              AllOf(HasSubstr("It ran to its end. The policy would have cut it at interval 2, but "
                              "it belongs to the control arm and ran on: bandit: at interval 2"),
                    HasSubstr("It reported 2 more values; its best was 0.6 then and is 0.99 now: "
                              "the cut would have been wrong")));
  ASSERT_TRUE(explained->verdict.has_value());
  EXPECT_EQ(explained->verdict->report.interval, 2u) << "not the later ones: nobody judged them";
  EXPECT_TRUE(explained->verdict->verdict.stop);
  const Value document = explanation_document(*loaded.sweep, *explained);
  EXPECT_EQ(*document.find("withheld")->find("interval"), Value(2));
}

TEST(ControlArmViews, ExplainComparesOthersWithWhatThePolicyKnewOfAControlTrial) {
  SweepBuilder builder(control_job("1"));
  builder.run(0).run(1);
  builder.report(0, 0.9).report(0, 0.7).report(1, 0.5).report(1, 0.6);
  builder.report(1, 5).report(1, 6);  // unknown to the policy
  builder.report(0, 0.9).report(0, 0.9).write();
  const LoadedSweep loaded = load(builder);
  const auto explained = explain_trial(loaded, TrialId{0}, ControllerState{true, std::nullopt});
  ASSERT_TRUE(explained->verdict.has_value());
  EXPECT_EQ(explained->verdict->report.interval, 4u);
  const std::vector<Compared>& others = explained->verdict->verdict.others;
  ASSERT_EQ(others.size(), 1u);
  EXPECT_EQ(others[0].value, 0.6) << "up to its withheld cut";
}

TEST(ControlArmViews, ExplainOfTheSweepListsThem) {
  const SweepBuilder builder = one_withheld();
  const LoadedSweep loaded = load(builder);
  const ControllerState runs{true, std::nullopt};
  std::ostringstream out;
  print_sweep_explanation(out, loaded, runs);
  EXPECT_THAT(out.str(), HasSubstr("trial 1 was to be cut at interval 2: bandit"));
  const Value document = sweep_explanation_document(loaded, runs);
  const auto& withheld = *document.find("withheld")->get<Value::List>();
  ASSERT_EQ(withheld.size(), 1u);
  EXPECT_EQ(*withheld[0].find("trial"), Value(1));
}

}  // namespace
}  // namespace sweepjob
