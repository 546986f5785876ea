// Effects: the shadows of events, and those that are still owed after a restart.
#include <gmock/gmock.h>

#include "tests/support/core_script.h"
#include "tests/support/sweep_dump.h"

namespace sweepjob::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

struct OwedCase {
  const char* name;
  std::vector<const char*> before;
  const char* owed;
};

class Outstanding : public ::testing::TestWithParam<OwedCase> {};

TEST_P(Outstanding, IsWhatHasNotBeenAnswered) {
  CoreScript script("total=1 retries=1 backoff=10");
  script.run("start");
  for (const char* command : GetParam().before) script.run(command);
  std::string owed;
  for (const Effect& effect : outstanding(script.sweep())) owed += effect_text(effect) + "\n";
  EXPECT_EQ(owed, GetParam().owed);
}

INSTANTIATE_TEST_SUITE_P(
    Table, Outstanding,
    ::testing::Values(
        OwedCase{"Released", {}, "-> Launch 0.1\n"},
        OwedCase{"ReleasedAndStopped", {"cancel 0"}, "-> Cancel 0.1\n"},
        OwedCase{"Running", {"running 0"}, "-> Follow 0.1\n"},
        OwedCase{"RunningAndStopped", {"running 0", "cancel 0"}, "-> Follow 0.1\n-> Cancel 0.1\n"},
        OwedCase{"Draining", {"running 0", "end 0 exited 0"}, "-> Follow 0.1\n-> Drain 0.1\n"},
        OwedCase{"Finished", {"running 0", "end 0 exited 0", "drained 0"}, "-> Collect 0.1\n"},
        OwedCase{"Lost", {"running 0", "end 0 lost", "drained 0"}, "-> Collect 0.1\n"},
        OwedCase{"TriedAgain",
                 {"running 0", "end 0 lost", "drained 0", "wait 10"},
                 "-> Collect 0.1\n-> Launch 0.2\n"},
        OwedCase{"Collected", {"running 0", "end 0 exited 0", "drained 0", "collected 0"}, ""}),
    [](const auto& owed) { return owed.param.name; });

TEST(Effect, WaitsForItsIntentOrItsEventToBeDurable) {
  CoreScript script("total=2 concurrent=1");
  script.run("start");
  std::vector<Event> events;
  std::vector<Effect> effects;
  AttemptStatus status;
  status.phase = AttemptPhase::Ended;
  status.start = AttemptStart{};
  status.end = AttemptEnd{};
  const AttemptId first{TrialId{0}, 1};
  advance(script.rules(), script.sweep(), {script.now(), AttemptChanged{first, status}}, events,
          effects);
  const std::uint64_t before = script.sweep().sequence - events.size();
  // Reading needs no event; the next launch only its intent, which was durable long ago.
  ASSERT_EQ(effects.size(), 3u);
  EXPECT_EQ(effects[0].after_sequence, 0u);
  EXPECT_EQ(effects[1].after_sequence, 0u);
  EXPECT_EQ(effect_text(effects[2]), "-> Launch 1.1");
  EXPECT_LE(effects[2].after_sequence, before);
  effects.clear();
  const UserRequest cancel{"c", CancelTrial{TrialId{1}}};
  advance(script.rules(), script.sweep(), {script.now(), cancel}, events, effects);
  ASSERT_EQ(effects.size(), 1u);
  EXPECT_EQ(effects[0].after_sequence, script.sweep().sequence);
}

TEST(Effect, OfACommandThatMadeRoomWaitsForTheCommand) {
  CoreScript script("total=2 concurrent=1");
  script.run("start");
  std::vector<Event> events;
  std::vector<Effect> effects;
  LimitsChanged limits;
  limits.max_concurrent_trials = 2;
  const UserRequest update{"u", UpdateLimits{limits}};
  advance(script.rules(), script.sweep(), {script.now(), update}, events, effects);
  ASSERT_EQ(effects.size(), 1u);
  EXPECT_EQ(effect_text(effects[0]), "-> Launch 1.1");
  ASSERT_TRUE(std::holds_alternative<LimitsChanged>(events[1].body));
  EXPECT_EQ(effects[0].after_sequence, script.sweep().sequence - events.size() + 2);
}

TEST(Replay, GivesTheLiveStateBack) {
  CoreScript script("total=4 concurrent=2 policy=bandit slack_factor=0.1 retries=1 backoff=10");
  for (const char* command :
       {"start", "running 0", "running 1", "report 0 0.9 step=1", "report 1 0.1 step=1", "pause",
        "end 1 canceled", "drained 1", "collected 1", "end 0 lost", "drained 0", "unpause",
        "wait 20", "running 0 checkpoint=1", "report 0 0.95 step=2", "cancel 2", "update total=6",
        "retry 1"}) {
    script.run(command);
  }
  Findings findings;
  Sweep replayed = make_sweep(script.rules(), findings);
  for (const Event& event : script.events()) apply(replayed, event);
  EXPECT_EQ(first_difference(dump(replayed), dump(script.sweep())), "");
}

// Whatever a journal holds, reading it takes nothing down.
TEST(Apply, IgnoresWhatContradictsTheState) {
  CoreScript script("total=1");
  script.run("start");
  const std::string before = dump(script.sweep());
  const AttemptId unknown{TrialId{7}, 1};
  const std::uint64_t sequence = script.sweep().sequence;
  for (const EventBody& body : std::vector<EventBody>{
           TrialProposed{TrialId{5}, {}, 0}, AttemptRequested{unknown, 1, ""},
           AttemptReleased{unknown}, AttemptStarted{unknown, {}}, AttemptEnded{unknown, {}},
           AttemptCollected{unknown}, AttemptCollected{{TrialId{0}, 1}},
           MetricReported{unknown, 1, {}, 0}, CurveTruncated{TrialId{7}, 0},
           TrialLeftOut{TrialId{7}}, StopRequested{TrialId{7}, {}, 0, ""},
           RetryScheduled{TrialId{7}, {}}, TrialFinished{TrialId{7}, {}, "", "", {}},
           TrialRetried{TrialId{0}}, AttemptRequested{{TrialId{0}, 3}, 1, ""}}) {
    apply(script.sweep(), Event{script.now(), body});
  }
  script.sweep().sequence = sequence;
  EXPECT_EQ(first_difference(dump(script.sweep()), before), "");
}

TEST(Restart, FindsTheSameVerdictsAndGoesOn) {
  CoreScript script("total=2 policy=bandit slack_factor=0.1");
  script.run("start");
  script.run("running 0");
  script.run("running 1");
  script.run("report 0 0.9");
  EXPECT_THAT(script.run("restart"), StartsWith("-> Follow 0.1\n-> Follow 1.1\n"));
  EXPECT_THAT(script.run("report 1 0.1"),
              HasSubstr("StopRequested trial=1 cause=early_termination interval=1"));
}

}  // namespace
}  // namespace sweepjob::testing
