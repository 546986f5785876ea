// Attempts: started, lost and tried again, stopped, and what the end of one means for its trial.
#include <gmock/gmock.h>

#include "tests/support/core_script.h"

namespace sweepjob::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

struct OutcomeCase {
  const char* end;
  const char* finished;
};

class Outcomes : public ::testing::TestWithParam<OutcomeCase> {};

TEST_P(Outcomes, SayHowTheTrialEnds) {
  CoreScript script("total=1 retries=0");
  script.run("start");
  script.run("running 0");
  script.run("report 0 0.5");
  script.run(std::string("end 0 ") + GetParam().end);
  EXPECT_THAT(script.run("drained 0"), HasSubstr(GetParam().finished));
}

INSTANTIATE_TEST_SUITE_P(
    Table, Outcomes,
    ::testing::Values(
        OutcomeCase{"exited 0", "TrialFinished trial=0 status=Completed exit_code=0\n"},
        OutcomeCase{"exited 3",
                    "status=Failed reason=exit_code message=\"exit code 3\" exit_code=3"},
        OutcomeCase{"signalled 9",
                    "status=Failed reason=signal message=\"killed by signal 9\" "
                    "exit_code=137"},
        OutcomeCase{"out_of_memory 9",
                    "status=Failed reason=out_of_memory message=\"killed for "
                    "lack of memory\" exit_code=137"},
        OutcomeCase{"missing_program 127", "status=Failed reason=missing_program"},
        OutcomeCase{"timed_out", "status=Canceled reason=trial_timeout"},
        OutcomeCase{"canceled", "status=Failed reason=lost"},
        OutcomeCase{"lost",
                    "status=Failed reason=lost message=\"1 attempts were lost (retries: 0)"},
        OutcomeCase{"rejected", "status=Failed reason=rejected"}));

TEST(Attempt, IsTriedAgainOnlyWhenItWasLost) {
  CoreScript script("total=1 retries=2 backoff=10");
  script.run("start");
  script.run("running 0");
  script.run("end 0 lost");
  EXPECT_THAT(script.run("drained 0"),
              HasSubstr("RetryScheduled trial=0 when=10s\n-> Collect 0.1"));
  EXPECT_THAT(script.run("wait 9"), IsEmpty());
  EXPECT_EQ(next_deadline(script.rules(), script.sweep()), script.now() + std::chrono::seconds(1));
  EXPECT_THAT(script.run("wait 1"), StartsWith("AttemptRequested trial=0 attempt=2\n"
                                               "AttemptReleased trial=0 attempt=2\n"
                                               "-> Launch 0.2"));
}

TEST(Attempt, WaitsTwiceAsLongEachTimeAndThenTheTrialFails) {
  CoreScript script("total=1 retries=2 backoff=10");
  script.run("start");
  for (const char* when : {"when=10s", "when=30s"}) {
    script.run("running 0");
    script.run("end 0 lost");
    EXPECT_THAT(script.run("drained 0"), HasSubstr(when));
    script.run(when[5] == '1' ? "wait 10" : "wait 20");
  }
  script.run("running 0");
  script.run("end 0 lost");
  EXPECT_THAT(script.run("drained 0"),
              HasSubstr("status=Failed reason=lost message=\"3 attempts were lost (retries: 2)"));
}

TEST(Attempt, BacksOffTenMinutesAtMost) {
  CoreScript script("total=1 retries=9 backoff=400");
  script.run("start");
  for (int i = 0; i < 2; ++i) {
    script.run("running 0");
    script.run("end 0 lost");
    script.run("drained 0");
    const auto wait = script.sweep().retries.begin()->first - script.now();
    EXPECT_LE(wait, std::chrono::minutes(10));
    script.run("wait 600");
  }
}

TEST(Attempt, TakenAwayIsNotSeenByTheSamplerAsAFailure) {
  CoreScript script("total=1 max_failed=1");
  script.run("start");
  script.run("running 0");
  script.run("end 0 lost");
  script.run("drained 0");
  EXPECT_EQ(script.sweep().counts.failed, 0u);
  EXPECT_FALSE(script.sweep().stopping.has_value());
}

TEST(Attempt, HoldsItsSlotFromReleaseToEnd) {
  CoreScript script("total=3 concurrent=2");
  EXPECT_THAT(script.run("start"), Not(HasSubstr("AttemptReleased trial=2")));
  EXPECT_EQ(script.sweep().counts.running, 2u);
  EXPECT_THAT(script.run("running 0"), Not(HasSubstr("AttemptReleased")));
  EXPECT_THAT(script.run("end 0 exited 0"), HasSubstr("AttemptReleased trial=2 attempt=1"));
}

TEST(Attempt, RepeatedAndLateChangesChangeNothing) {
  CoreScript script("total=1");
  script.run("start");
  EXPECT_THAT(script.run("running 0"), HasSubstr("AttemptStarted"));
  EXPECT_THAT(script.run("running 0"), IsEmpty());
  EXPECT_THAT(script.run("end 0 exited 0"), HasSubstr("AttemptEnded"));
  EXPECT_THAT(script.run("end 0 exited 1"), IsEmpty());
  EXPECT_THAT(script.run("running 0"), IsEmpty());
  EXPECT_THAT(script.run("running 7"), IsEmpty());
  script.run("drained 0");
  EXPECT_THAT(script.run("drained 0"), IsEmpty());
}

TEST(Attempt, ThatEndsAtOnceHasItsStartToo) {
  CoreScript script("total=1");
  script.run("start");
  const std::string text = script.run("end 0 exited 0");
  EXPECT_THAT(text, HasSubstr("AttemptStarted trial=0"));
  EXPECT_THAT(text, HasSubstr("-> Follow 0.1\n-> Drain 0.1"));
}

TEST(Attempt, RefusedByTheBackendFailsItsTrialAtOnce) {
  CoreScript script("total=1");
  script.run("start");
  EXPECT_THAT(script.run("rejected 0"),
              HasSubstr("TrialFinished trial=0 status=Failed reason=rejected "
                        "message=\"no such queue\""));
}

TEST(Attempt, ThatMayBeTriedAgainIsNotRefused) {
  CoreScript script("total=1");
  script.run("start");
  EXPECT_THAT(script.run("rejected 0 retry=1"), IsEmpty());
}

TEST(Attempt, WhoseReleaseACrashLostHoldsASlotAllTheSame) {
  CoreScript script("total=2 concurrent=1");
  script.run("start");
  ASSERT_EQ(trial_of(script.sweep(), TrialId{1}).attempts[0].state, AttemptState::Requested);
  EXPECT_EQ(script.run("submitted 1"), "AttemptReleased trial=1 attempt=1\n-> Launch 1.1\n");
  EXPECT_EQ(script.sweep().counts.running, 2u);
  EXPECT_THAT(script.run("cancel 1"), HasSubstr("-> Cancel 1.1"));
}

TEST(Stop, ThatIsJournaledFirstEndsCanceledWhateverTheExitCode) {
  for (const char* code : {"0", "1"}) {
    CoreScript script("total=1");
    script.run("start");
    script.run("running 0");
    script.run("cancel 0");
    script.run(std::string("end 0 exited ") + code);
    EXPECT_THAT(script.run("drained 0"),
                HasSubstr("TrialFinished trial=0 status=Canceled reason=user_cancel"));
  }
}

TEST(Stop, AfterTheExitRecordLeavesTheTrialCompleted) {
  CoreScript script("total=1");
  script.run("start");
  script.run("running 0");
  script.run("end 0 exited 0");
  EXPECT_THAT(script.run("cancel 0"), Not(HasSubstr("StopRequested")));
  EXPECT_THAT(script.run("drained 0"), HasSubstr("status=Completed"));
}

TEST(Stop, OfALostAttemptThatIsBeingDrainedKeepsItFromBeingTriedAgain) {
  CoreScript script("total=1");
  script.run("start");
  script.run("running 0");
  script.run("end 0 lost");
  script.run("cancel 0");
  const std::string text = script.run("drained 0");
  EXPECT_THAT(text, HasSubstr("status=Canceled reason=user_cancel"));
  EXPECT_THAT(text, Not(HasSubstr("RetryScheduled")));
}

TEST(Stop, BeforeTheStartNeedsNoBackend) {
  CoreScript script("total=2 concurrent=1");
  script.run("start");
  const std::string text = script.run("cancel 1");
  EXPECT_THAT(text, HasSubstr("TrialFinished trial=1 status=Canceled reason=user_cancel"));
  EXPECT_THAT(text, Not(HasSubstr("-> Cancel")));
  EXPECT_TRUE(script.sweep().waiting.empty());
}

TEST(Stop, OfATrialThatWaitsForItsNextAttemptEndsItAtOnce) {
  CoreScript script("total=1");
  script.run("start");
  script.run("running 0");
  script.run("end 0 lost");
  script.run("drained 0");
  EXPECT_THAT(script.run("cancel 0"), HasSubstr("TrialFinished trial=0 status=Canceled"));
  EXPECT_TRUE(script.sweep().retries.empty());
}

TEST(Stop, OfWhatNeverArrivedEndsItWithoutAStart) {
  CoreScript script("total=1");
  script.run("start");
  script.run("cancel 0");
  const std::string text = script.run("absent 0");
  EXPECT_THAT(text, HasSubstr("AttemptEnded trial=0 attempt=1 outcome=canceled"));
  EXPECT_THAT(text, HasSubstr("TrialFinished trial=0 status=Canceled"));
}

TEST(Stop, OfAStalledAttemptNamesTheLimit) {
  CoreScript script("total=1 stall_timeout=60");
  script.run("start");
  EXPECT_THAT(script.run("stalled 0"), IsEmpty());  // it has not started
  script.run("running 0");
  EXPECT_THAT(script.run("stalled 0"),
              HasSubstr("StopRequested trial=0 cause=stall_timeout interval=0 reason=\"no output "
                        "for 60 s (stall_timeout)\"\n-> Cancel 0.1"));
}

}  // namespace
}  // namespace sweepjob::testing
