// The sweep as a whole: proposals, limits, failures, commands of people, its end.
#include <gmock/gmock.h>

#include "tests/runner/core/core_fakes.h"
#include "tests/support/core_script.h"

namespace sweepjob::testing {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// Runs a trial from start to end.
std::string finish(CoreScript& script, int trial, const std::string& end = "exited 0") {
  const std::string name = std::to_string(trial);
  script.run("running " + name);
  script.run("end " + name + " " + end);
  const std::string text = script.run("drained " + name);
  return text + script.run("collected " + name);
}

TEST(Sweep, EndsWhenAllTrialsHaveEndedAndAreCollected) {
  CoreScript script("total=2");
  script.run("start");
  finish(script, 0);
  script.run("running 1");
  script.run("end 1 exited 0");
  EXPECT_THAT(script.run("drained 1"), Not(HasSubstr("SweepFinished")));
  EXPECT_THAT(script.run("collected 1"), EndsWith("SweepFinished status=Completed\n"));
  EXPECT_TRUE(outstanding(script.sweep()).empty());
  EXPECT_THAT(script.run("wait 1000"), IsEmpty());
}

TEST(Sweep, FailsWhenEveryTrialFailed) {
  CoreScript script("total=2 max_failed=0");
  script.run("start");
  finish(script, 0, "exited 1");
  EXPECT_THAT(finish(script, 1, "exited 1"),
              EndsWith("SweepFinished status=Failed reason=\"every trial failed (2)\"\n"));
}

TEST(Sweep, WithoutTheMetricFailsOnlyWhenItIsRequired) {
  for (const bool required : {false, true}) {
    CoreScript script(required ? "total=1 require_metric=1" : "total=1");
    script.run("start");
    EXPECT_THAT(finish(script, 0), HasSubstr(required ? "SweepFinished status=Failed"
                                                      : "SweepFinished status=Completed"));
  }
}

TEST(MaxFailedTrials, StopsByDefaultWhenTheFirstThreeFailWithoutMetric) {
  CoreScript script("total=9 concurrent=1");
  script.run("start");
  finish(script, 0, "exited 1");
  finish(script, 1, "exited 1");
  EXPECT_THAT(finish(script, 2, "exited 1"),
              HasSubstr("SweepStopping cause=max_failed_trials reason=\"the first 3 trials all "
                        "failed and none logged the primary metric\""));
}

TEST(MaxFailedTrials, GoesOnByDefaultWhenOneOfTheFirstWasOfUse) {
  CoreScript script("total=9 concurrent=1");
  script.run("start");
  finish(script, 0, "exited 1");
  script.run("running 1");
  script.run("report 1 0.5");
  finish(script, 1, "exited 1");
  EXPECT_THAT(finish(script, 2, "exited 1"), Not(HasSubstr("SweepStopping")));
}

TEST(MaxFailedTrials, IsTheNumberThatTheUserGives) {
  CoreScript script("total=9 concurrent=1 max_failed=2");
  script.run("start");
  EXPECT_THAT(finish(script, 0, "exited 1"), Not(HasSubstr("SweepStopping")));
  EXPECT_THAT(finish(script, 1, "exited 1"), HasSubstr("2 trials failed (max_failed_trials: 2)"));
}

TEST(MaxFailedTrials, OfZeroNeverStops) {
  CoreScript script("total=9 concurrent=1 max_failed=0");
  script.run("start");
  for (int i = 0; i < 5; ++i) {
    EXPECT_THAT(finish(script, i, "exited 1"), Not(HasSubstr("SweepStopping")));
  }
}

TEST(Timeout, StopsEverythingAndCountsFromTheSubmission) {
  CoreScript script("total=2 concurrent=1 timeout=100");
  script.run("start");
  script.run("running 0");
  EXPECT_EQ(next_deadline(script.rules(), script.sweep()),
            script.now() + std::chrono::seconds(100));
  EXPECT_THAT(script.run("wait 99"), IsEmpty());
  const std::string text = script.run("wait 1");
  EXPECT_THAT(text,
              HasSubstr("SweepStopping cause=timeout reason=\"the sweep's timeout of 100 s\""));
  EXPECT_THAT(text, HasSubstr("StopRequested trial=0 cause=timeout"));
  EXPECT_THAT(text, HasSubstr("TrialFinished trial=1 status=Canceled reason=timeout"));
  script.run("end 0 canceled");
  script.run("drained 0");
  EXPECT_THAT(script.run("collected 0"),
              EndsWith("SweepFinished status=Canceled reason=timeout\n"));
}

TEST(Requests, AreTakenOnce) {
  CoreScript script("total=2");
  script.run("start");
  EXPECT_THAT(script.run("pause id=a"), HasSubstr("RequestHandled id=a accepted=true"));
  script.run("unpause id=b");
  EXPECT_THAT(script.run("pause id=a"), IsEmpty());
  EXPECT_FALSE(script.sweep().paused);
}

TEST(Requests, PauseStartsNothingNewUntilUnpause) {
  CoreScript script("total=3 concurrent=1");
  script.run("start");
  script.run("pause");
  EXPECT_THAT(finish(script, 0), Not(HasSubstr("AttemptReleased")));
  EXPECT_EQ(status_of(script.sweep()), Status::Paused);
  EXPECT_THAT(script.run("unpause"), HasSubstr("-> Launch 1.1"));
}

TEST(Requests, CancelOfTheSweepStopsTheRunningAndDropsTheWaiting) {
  CoreScript script("total=3 concurrent=1");
  script.run("start");
  script.run("running 0");
  const std::string text = script.run("cancel");
  EXPECT_THAT(text, HasSubstr("StopRequested trial=0 cause=sweep_cancel"));
  EXPECT_THAT(text, HasSubstr("TrialFinished trial=1 status=Canceled reason=sweep_cancel"));
  EXPECT_THAT(text, HasSubstr("-> Cancel 0.1"));
  EXPECT_THAT(script.run("cancel"), HasSubstr("already stopping"));
  EXPECT_THAT(finish(script, 0, "canceled"),
              HasSubstr("SweepFinished status=Canceled reason=sweep_cancel"));
}

TEST(Requests, RetryReopensAFinishedSweep) {
  CoreScript script("total=1 max_failed=0");
  script.run("start");
  finish(script, 0, "exited 1");
  ASSERT_TRUE(script.sweep().finished.has_value());
  const std::string text = script.run("retry 0");
  EXPECT_THAT(text, HasSubstr("SweepReopened\nTrialRetried trial=0\n"
                              "AttemptRequested trial=0 attempt=2"));
  EXPECT_THAT(finish(script, 0), HasSubstr("SweepFinished status=Completed"));
}

struct Refusal {
  const char* before;
  const char* request;
  const char* message;
};

class Refusals : public ::testing::TestWithParam<Refusal> {};

TEST_P(Refusals, SayWhyAndChangeNothing) {
  CoreScript script("total=2 concurrent=1 max_failed=0");
  script.run("start");
  script.run(GetParam().before);
  const std::uint64_t sequence = script.sweep().sequence;
  const std::string text = script.run(GetParam().request);
  EXPECT_THAT(text, HasSubstr("accepted=false"));
  EXPECT_THAT(text, HasSubstr(GetParam().message));
  EXPECT_EQ(script.sweep().sequence, sequence + 1);
}

INSTANTIATE_TEST_SUITE_P(
    Table, Refusals,
    ::testing::Values(
        Refusal{"wait 0", "cancel 9", "there is no trial 9; the sweep has 2"},
        Refusal{"wait 0", "retry 9", "there is no trial 9"},
        Refusal{"wait 0", "retry 0", "only a Failed or Canceled one can be retried"},
        Refusal{"cancel 1", "cancel 1", "trial 1 is Canceled already"},
        Refusal{"cancel", "retry 1", "the sweep is stopping; retry when it has stopped"},
        Refusal{"wait 0", "update total=0", "max_total_trials must be at least 1"},
        Refusal{"wait 0", "update concurrent=0", "max_concurrent_trials must be at least 1"},
        Refusal{"wait 0", "update timeout=-1", "a timeout must be 0 (none) or more seconds"}));

TEST(Requests, UpdateOfTheTotalReopensAFinishedSweep) {
  CoreScript script("total=1");
  script.run("start");
  finish(script, 0);
  EXPECT_THAT(script.run("update total=2"), HasSubstr("SweepReopened\nTrialProposed trial=1"));
  EXPECT_THAT(finish(script, 1), HasSubstr("SweepFinished status=Completed"));
}

TEST(Requests, UpdateOfTheTimeoutReopensASweepThatRanOutOfIt) {
  CoreScript script("total=1 timeout=100");
  script.run("start");
  script.run("running 0");
  script.run("wait 100");
  finish(script, 0, "canceled");
  ASSERT_TRUE(script.sweep().finished.has_value());
  EXPECT_THAT(script.run("update timeout=900"), HasSubstr("SweepReopened"));
  EXPECT_THAT(script.run("retry 0"), HasSubstr("-> Launch 0.2"));
}

TEST(Requests, UpdateOfTheConcurrencyStartsMoreAtOnceButKillsNothing) {
  CoreScript script("total=4 concurrent=1");
  script.run("start");
  EXPECT_THAT(script.run("update concurrent=3"), HasSubstr("AttemptReleased trial=2"));
  EXPECT_THAT(script.run("update concurrent=1"), Not(HasSubstr("StopRequested")));
  EXPECT_THAT(finish(script, 0), Not(HasSubstr("AttemptReleased")));
}

TEST(Concurrency, IsBoundByTheBackendAndTheTotal) {
  CoreScript script("total=8 concurrent=6", 3);
  EXPECT_EQ(concurrency(script.rules(), script.sweep()), 3u);
  script.sweep().limits.max_total_trials = 2;
  EXPECT_EQ(concurrency(script.rules(), script.sweep()), 2u);
  script.sweep().limits.max_concurrent_trials.reset();
  EXPECT_EQ(concurrency(script.rules(), script.sweep()), 2u);
}

struct Proposing : ::testing::Test {
  CoreScript& with(const char* settings, FakeSampler::Settings wanted) {
    sampler = wanted;
    script = std::make_unique<CoreScript>(settings);
    script->sampler = [this] { return std::make_unique<FakeSampler>(&sampler); };
    return *script;
  }
  FakeSampler::Settings sampler;
  std::unique_ptr<CoreScript> script;
};

TEST_F(Proposing, GridEndsWhenItIsUsedUp) {
  CoreScript grid("sampler=grid values=2 total=9");
  EXPECT_THAT(grid.run("start"), HasSubstr("ProposalsEnded exhausted=true"));
  finish(grid, 0);
  EXPECT_THAT(finish(grid, 1), HasSubstr("SweepFinished status=Completed"));
}

TEST_F(Proposing, AsksAheadOnlyASamplerThatNeedsNoResults) {
  with("total=9 concurrent=2 ahead=4", {.needs_results = true}).run("start");
  EXPECT_EQ(script->sweep().trials.size(), 2u);
  with("total=9 concurrent=2 ahead=4", {.needs_results = false}).run("start");
  EXPECT_EQ(script->sweep().trials.size(), 6u);
}

// The place of a trial is free once its result is known: what to propose may depend on it.
TEST_F(Proposing, AsksASamplerThatNeedsResultsOnlyAfterTheLastValuesAreIn) {
  with("total=9 concurrent=1", {.needs_results = true}).run("start");
  script->run("running 0");
  EXPECT_THAT(script->run("end 0 exited 0"), Not(HasSubstr("TrialProposed")));
  EXPECT_THAT(script->run("report 0 0.25"), Not(HasSubstr("TrialProposed")));
  const std::string drained = script->run("drained 0");
  EXPECT_LT(drained.find("TrialFinished trial=0"), drained.find("TrialProposed trial=1"));
}

TEST_F(Proposing, AsksForThePlaceOfATrialThatWaitsOutABackoff) {
  with("total=9 concurrent=1 retries=1", {.needs_results = true}).run("start");
  script->run("running 0");
  script->run("end 0.1 lost");
  EXPECT_THAT(script->run("drained 0.1"), HasSubstr("TrialProposed trial=1"));
  EXPECT_EQ(script->sweep().trials.size(), 2u);
}

TEST_F(Proposing, TakesFewerThanItAskedFor) {
  with("total=3 concurrent=3", {.most_at_once = 1}).run("start");
  EXPECT_EQ(script->sweep().trials.size(), 3u);
}

TEST_F(Proposing, WaitsForResultsAndAsksAgain) {
  with("total=3 concurrent=2", {.most_at_once = 1}).run("start");
  sampler.answer = FakeSampler::Answer::Wait;
  EXPECT_THAT(finish(*script, 0), Not(HasSubstr("TrialProposed")));
  sampler.answer = FakeSampler::Answer::Proposals;
  EXPECT_THAT(script->run("running 1"), HasSubstr("TrialProposed trial=2"));
}

TEST_F(Proposing, DoesNotWaitForEverForASamplerThatWaitsForNothing) {
  with("total=3", {.answer = FakeSampler::Answer::Wait});
  EXPECT_THAT(script->run("start"), HasSubstr("SweepFinished status=Failed"));
  with("total=3", {.most_at_once = 0});  // no proposals: no answer that a sampler may give
  EXPECT_THAT(script->run("start"), HasSubstr("SweepFinished status=Failed"));
}

TEST_F(Proposing, KeepsBudgetParentAndNote) {
  with("total=2 concurrent=2", {});
  EXPECT_THAT(
      script->run("start"),
      HasSubstr("TrialProposed trial=1 params={\"x\":1} budget=3.0 parent=0 note=\"rung 1\""));
  const Proposal& proposal = trial_of(script->sweep(), TrialId{1}).proposal;
  EXPECT_EQ(proposal.parent, TrialId{0});
  EXPECT_EQ(proposal.budget, Budget{3});
}

TEST_F(Proposing, AsksASlowSamplerByAnEventAndOneAtATime) {
  with("total=3 concurrent=2", {.slow = true});
  EXPECT_THAT(script->run("start"), HasSubstr("ProposalRequested request=1 seen=2 first_trial=0 "
                                              "count=2\n-> AskSampler 1"));
  EXPECT_THAT(script->run("wait 1"), IsEmpty());
  const std::vector<Proposal> answer(2);
  EXPECT_THAT(script->feed(ProposalReady{1, answer}), HasSubstr("TrialProposed trial=1"));
  EXPECT_THAT(script->feed(ProposalReady{1, answer}), IsEmpty());
  EXPECT_FALSE(script->sweep().open_request.has_value());
}

TEST_F(Proposing, AsksASlowSamplerAgainAfterARestart) {
  with("total=3 concurrent=2", {.slow = true}).run("start");
  EXPECT_THAT(script->run("restart"), HasSubstr("-> AskSampler 1"));
}

TEST_F(Proposing, AsksASlowSamplerThatWaitsAgainOnlyOnceItHasHeardMore) {
  with("total=9 concurrent=3 retries=1", {.slow = true}).run("start");
  script->feed(ProposalReady{1, std::vector<Proposal>(1)});
  EXPECT_EQ(script->feed(ProposalReady{2, Wait{}}), "ProposalsEnded request=2 exhausted=false\n");
  // Nothing of this reaches the sampler.
  for (const char* unheard : {"wait 5", "running 0", "pause", "unpause", "report 0 0.5 name=other",
                              "end 0.1 lost", "drained 0.1", "wait 1000", "running 0.2"}) {
    EXPECT_THAT(script->run(unheard), Not(HasSubstr("ProposalRequested"))) << unheard;
  }
  EXPECT_THAT(script->run("report 0 0.5"), HasSubstr("-> AskSampler 3"));
  EXPECT_EQ(script->feed(ProposalReady{3, Wait{}}), "ProposalsEnded request=3 exhausted=false\n");
  script->run("end 0 exited 0");
  EXPECT_THAT(script->run("drained 0"), HasSubstr("-> AskSampler 4"));
}

TEST_F(Proposing, AsksASlowSamplerThatWaitsAgainWhenItHeardMoreMeanwhile) {
  with("total=9 concurrent=3", {.slow = true}).run("start");
  script->feed(ProposalReady{1, std::vector<Proposal>(1)});
  script->run("running 0");
  EXPECT_THAT(script->run("report 0 0.5"), Not(HasSubstr("AskSampler")));
  EXPECT_THAT(script->feed(ProposalReady{2, Wait{}}), HasSubstr("-> AskSampler 3"));
}

TEST_F(Proposing, EndsWithOneReasonWhenASlowSamplerWaitsForNothing) {
  for (const Proposals& nothing : {Proposals(Wait{}), Proposals(std::vector<Proposal>{})}) {
    with("total=3", {.slow = true}).run("start");
    EXPECT_EQ(
        script->feed(ProposalReady{1, nothing}),
        "ProposalsEnded request=1 exhausted=false\n"
        "SweepStopping cause=max_failed_trials reason=\"the sampler waits for results, but no "
        "trial is left to give any\"\n"
        "SweepFinished status=Failed reason=\"the sampler waits for results, but no trial is "
        "left to give any\"\n");
    EXPECT_THAT(script->run("restart"), Not(HasSubstr("AskSampler")));
  }
}

TEST_F(Proposing, EndsWithOneReasonWhenASlowSamplerWaitsAfterTheLastResult) {
  with("total=3 concurrent=1", {.slow = true}).run("start");
  script->feed(ProposalReady{1, std::vector<Proposal>(1)});
  script->run("running 0");
  script->run("end 0 exited 0");
  EXPECT_THAT(script->run("drained 0"), HasSubstr("-> AskSampler 2"));
  EXPECT_THAT(script->feed(ProposalReady{2, Wait{}}), HasSubstr("SweepStopping"));
  EXPECT_THAT(script->run("collected 0"), HasSubstr("SweepFinished status=Failed"));
}

TEST_F(Proposing, AWaitSurvivesARestart) {
  with("total=9 concurrent=3", {.slow = true}).run("start");
  script->feed(ProposalReady{1, std::vector<Proposal>(1)});
  script->feed(ProposalReady{2, Wait{}});
  EXPECT_THAT(script->run("restart"), Not(HasSubstr("AskSampler")));
  script->run("running 0");
  EXPECT_THAT(script->run("report 0 0.5"), HasSubstr("-> AskSampler 3"));
}

TEST_F(Proposing, AProposalThatCameWhenThereWasNoRoomIsNotAWait) {
  with("total=9 concurrent=2", {.slow = true}).run("start");
  script->feed(ProposalReady{1, std::vector<Proposal>(1)});
  script->run("update total=1");
  EXPECT_EQ(script->feed(ProposalReady{2, std::vector<Proposal>(1)}),
            "ProposalsEnded request=2 exhausted=false\n");
  EXPECT_THAT(script->run("update total=2"), HasSubstr("-> AskSampler 3"));
}

TEST_F(Proposing, EndsWithASlowSamplerThatIsExhausted) {
  with("total=3", {.slow = true}).run("start");
  EXPECT_THAT(script->feed(ProposalReady{1, Exhausted{}}),
              HasSubstr("ProposalsEnded request=1 exhausted=true\nSweepFinished status=Completed"));
}

TEST_F(Proposing, ForgetsAnOpenQuestionWhenTheSweepEnds) {
  with("total=3", {.slow = true}).run("start");
  EXPECT_THAT(script->run("cancel"), HasSubstr("SweepFinished status=Canceled"));
  EXPECT_TRUE(outstanding(script->sweep()).empty());
  EXPECT_THAT(script->feed(ProposalReady{1, std::vector<Proposal>(1)}), IsEmpty());
}

}  // namespace
}  // namespace sweepjob::testing
