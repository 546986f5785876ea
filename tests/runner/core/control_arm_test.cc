// The control arm: a seeded share of would-be cuts runs on, and no other verdict changes by it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policies/catalog.h"
#include "tests/runner/core/core_fakes.h"
#include "tests/support/core_script.h"
#include "tests/support/without_control_arm.h"

namespace sweepjob::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr std::uint32_t kTrials = 10'000;

std::vector<bool> members(double fraction, std::uint64_t seed) {
  Rules rules;
  rules.spec.extensions.control_fraction = fraction;
  Sweep sweep(nullptr, nullptr, Goal::Minimize);
  sweep.created.seed = seed;
  std::vector<bool> members;
  for (std::uint32_t i = 0; i < kTrials; ++i) {
    members.push_back(in_control_arm(rules, sweep, TrialId{i}));
  }
  return members;
}

TEST(ControlArm, HasTheShareOfTrialsThatWasAskedFor) {
  const auto count = [](double fraction) {
    const auto all = members(fraction, 42);
    return std::count(all.begin(), all.end(), true);
  };
  EXPECT_EQ(count(0), 0);
  EXPECT_EQ(count(1), kTrials);
  // 4 standard deviations of a binomial count: 4 sqrt(10000 * 0.05 * 0.95) = 87.2.
  EXPECT_NEAR(static_cast<double>(count(0.05)), 500, 87);
}

TEST(ControlArm, DependsOnSeedAndTrialAlone) {
  const auto first = members(0.3, 42);
  EXPECT_EQ(members(0.3, 42), first);
  EXPECT_NE(members(0.3, 43), first);
}

TEST(ControlArm, KeepsItsMembersWhenTheShareGrows) {
  const auto few = members(0.1, 42), many = members(0.3, 42);
  for (std::uint32_t i = 0; i < kTrials; ++i) EXPECT_TRUE(!few[i] || many[i]) << i;
}

struct ControlTrialTest : ::testing::Test {
  void SetUp() override {
    script = std::make_unique<CoreScript>("total=1 retries=2 policy=median_stopping control=1");
    script->policy = [this] { return std::make_unique<FakePolicy>(&log); };
    script->run("start");
    script->run("running 0");
  }
  const Trial& trial() { return trial_of(script->sweep(), TrialId{0}); }

  FakePolicy::Log log;
  std::unique_ptr<CoreScript> script;
};

TEST_F(ControlTrialTest, RunsOnAndTheCutIsJournaledWithItsReasonInstead) {
  const std::string report = script->run("report 0 -1");
  EXPECT_THAT(report, HasSubstr("CutWithheld trial=0 interval=1 reason=\"below zero\"\n"));
  EXPECT_THAT(report, AllOf(Not(HasSubstr("StopRequested")), Not(HasSubstr("Cancel"))));
  EXPECT_EQ(trial().status, Status::Running);
  EXPECT_EQ(trial().withheld, (CutWithheld{TrialId{0}, 1, "below zero"}));
}

TEST_F(ControlTrialTest, IsJudgedNoMoreAndCountsToItsEnd) {
  script->run("report 0 -1");
  EXPECT_THAT(script->run("report 0 -2"), Not(HasSubstr("CutWithheld")));
  script->run("end 0 exited 0");
  EXPECT_THAT(script->run("drained 0"), HasSubstr("TrialFinished trial=0 status=Completed"));
  EXPECT_THAT(trial().values, ElementsAre(-1, -2));
  EXPECT_THAT(log.judged, ElementsAre(std::pair(0u, 1u)));
}

TEST_F(ControlTrialTest, EndsForThePolicyAtTheWithheldCut) {
  script->run("report 0 -1 step=1");
  script->run("report 0 5 step=2");
  script->run("end 0 lost");
  script->run("drained 0");
  script->run("wait 600");
  EXPECT_THAT(script->run("running 0"), HasSubstr("CurveTruncated"));
  script->run("report 0 -3 step=1");
  script->run("end 0 exited 0");
  script->run("drained 0");
  EXPECT_THAT(log.observed, ElementsAre("report 1", "end"));
  EXPECT_THAT(log.judged, ElementsAre(std::pair(0u, 1u)));
  EXPECT_TRUE(trial().withheld.has_value()) << "it would have been cut before it was lost";
}

TEST_F(ControlTrialTest, IsNotExcludedFromWhatThePolicyHadSeenWhenItResumesWithoutSteps) {
  script->run("report 0 -1");
  script->run("end 0 lost");
  script->run("drained 0");
  script->run("wait 600");
  script->run("running 0 checkpoint=1");
  EXPECT_THAT(script->run("report 0 3"), HasSubstr("TrialLeftOut"));
  EXPECT_THAT(log.observed, ElementsAre("report 1", "end"));
}

TEST_F(ControlTrialTest, IsJudgedAnewWhenItIsRetriedByHand) {
  script->run("report 0 -1");
  script->run("end 0 exited 1");
  script->run("drained 0");
  script->run("retry 0");
  EXPECT_FALSE(trial().withheld.has_value());
  script->run("running 0");
  script->run("report 0 1");
  EXPECT_THAT(script->run("report 0 -1"), HasSubstr("CutWithheld trial=0 interval=2"));
  EXPECT_THAT(log.observed,
              ElementsAre("report 1", "end", "reopen", "report 1", "report 2", "end"));
}

TEST_F(ControlTrialTest, IsStillStoppedByPeople) {
  script->run("report 0 -1");
  EXPECT_THAT(script->run("cancel 0"),
              AllOf(HasSubstr("StopRequested trial=0 cause=user_cancel"), HasSubstr("-> Cancel")));
}

TEST_F(ControlTrialTest, StaysOneAcrossARestart) {
  script->run("report 0 -1");
  script->run("restart");
  EXPECT_TRUE(trial().withheld.has_value());
  EXPECT_THAT(script->run("report 0 -2"), Not(HasSubstr("CutWithheld")));
}

TEST(ControlArm, DoesNotKeepAnOrdinaryTrialAlive) {
  FakePolicy::Log log;
  CoreScript script("total=1 policy=median_stopping control=0");
  script.policy = [&] { return std::make_unique<FakePolicy>(&log); };
  script.run("start");
  script.run("running 0");
  EXPECT_THAT(script.run("report 0 -1"), HasSubstr("StopRequested trial=0"));
}

// The sampler learns what is true; of the policy's world the trial has gone.
TEST(ControlArm, TheSamplerSeesTheTrialAsItIs) {
  struct Watching final : Sampler {
    explicit Watching(std::vector<std::string>* seen_by_test) : seen(seen_by_test) {}
    void observe(const TrialEvent& event) override {
      if (std::holds_alternative<TrialReported>(event)) seen->push_back("report");
      if (const auto* ended = std::get_if<TrialEnded>(&event))
        seen->push_back(to_string(ended->status));
    }
    Proposals propose(std::span<const TrialId> trials, const Rng&) const override {
      return std::vector<Proposal>(trials.size());
    }
    bool needs_results() const override { return true; }
    std::vector<std::string>* seen;
  };
  FakePolicy::Log log;
  std::vector<std::string> seen;
  CoreScript script("total=1 policy=median_stopping control=1");
  script.policy = [&] { return std::make_unique<FakePolicy>(&log); };
  script.sampler = [&] { return std::make_unique<Watching>(&seen); };
  script.run("start");
  script.run("running 0");
  script.run("report 0 -1");
  script.run("report 0 7");
  script.run("end 0 exited 0");
  script.run("drained 0");
  EXPECT_THAT(seen, ElementsAre("report", "report", "Completed"));
}

// A made-up journal of three trials under the bandit (slack 0.1): trial 1 is a control trial and
// reports 9 after its withheld cut at 0.5. Trial 2 then reports 0.95.
struct ThreeTrials {
  ThreeTrials() {
    rules.spec.objectives = {{"acc", Goal::Maximize}};
    rules.spec.sampling.type = "random";
    rules.spec.limits.max_total_trials = 3;
    Parameter parameter;
    parameter.name = parameter.path = "x";
    parameter.kind = DistributionKind::Choice;
    parameter.choices = {{Value(1), {}}};
    rules.spec.space.parameters = {parameter};
    rules.spec.extensions.control_fraction = 1;
    EarlyTermination termination;
    termination.policy.type = "bandit";
    termination.policy.options.push_back({"slack_amount", 0.1, {}});
    rules.spec.early_termination = termination;
    add(SweepCreated{});
    for (const std::uint32_t i : {0u, 1u, 2u}) {
      add(TrialProposed{TrialId{i}, {}, 0});
      add(AttemptRequested{{TrialId{i}, 1}, 1, "local"});
    }
    report(0, 1);
    report(1, 0.5);
  }
  void add(EventBody body) { events.push_back({{}, std::move(body)}); }
  void report(std::uint32_t trial, double value) {
    add(MetricReported{{TrialId{trial}, 1}, value, std::nullopt, ++position});
  }
  // What the core makes of the events so far.
  [[nodiscard]] std::vector<Event> verdict() const {
    Findings findings;
    Sweep sweep = make_sweep(rules, findings);
    for (const Event& event : events) apply(sweep, event);
    std::vector<Event> out;
    react(rules, sweep, events.back(), out);
    return out;
  }
  [[nodiscard]] std::string violation() const {
    WithoutControlArm plain(rules);
    for (const Event& event : events) plain.observe(event);
    return plain.violation();
  }

  Rules rules;
  std::vector<Event> events;
  std::uint64_t position = 0;
};

TEST(ControlArm, WhatItsTrialsReportLaterMakesNoOtherVerdictStricter) {
  ThreeTrials sweep;
  const auto cut = sweep.verdict();
  ASSERT_EQ(cut.size(), 1u);
  EXPECT_EQ(std::get<CutWithheld>(cut[0].body).trial, TrialId{1});
  sweep.events.push_back(cut[0]);
  sweep.report(1, 9);
  sweep.report(2, 0.95);  // 0.95 >= 1 - 0.1, but < 9 - 0.1
  EXPECT_THAT(sweep.verdict(), IsEmpty());
  EXPECT_EQ(sweep.violation(), "");
}

TEST(ControlArm, AVerdictThatOwesSomethingToThemIsNoticedByTheSimulation) {
  ThreeTrials sweep;
  sweep.events.push_back(sweep.verdict().front());
  sweep.report(1, 9);
  sweep.report(2, 0.95);
  sweep.add(StopRequested{TrialId{2}, StopCause::EarlyTermination, 1, "0.95 + 0.1 < 9"});
  EXPECT_EQ(sweep.violation(), "trial 2 cut at 1: 0.95 + 0.1 < 9; without the control arm no cut");
}

}  // namespace
}  // namespace sweepjob::testing
