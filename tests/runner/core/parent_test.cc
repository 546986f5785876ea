// Trials that go on from the checkpoint of another one: it does not change under them.
#include <gmock/gmock.h>

#include "tests/runner/core/core_fakes.h"
#include "tests/support/core_script.h"

namespace sweepjob::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// Trial 0 has failed; all others go on from it.
struct ParentAndChildren : ::testing::Test {
  void begin(const char* settings) {
    script = std::make_unique<CoreScript>(settings, 8);
    script->sampler = [this] { return std::make_unique<FakeSampler>(&sampler); };
    sampler.most_at_once = 1;
    script->run("start");
    sampler.answer = FakeSampler::Answer::Wait;
  }
  std::string finish(int trial, const std::string& end = "exited 1") {
    const std::string name = std::to_string(trial);
    script->run("running " + name);
    script->run("end " + name + " " + end);
    const std::string text = script->run("drained " + name);
    return text + script->run("collected " + name);
  }
  // The next decision asks for children.
  void propose() { sampler.answer = FakeSampler::Answer::Proposals; }

  FakeSampler::Settings sampler;
  std::unique_ptr<CoreScript> script;
};

TEST_F(ParentAndChildren, ARetryIsRefusedWhileAChildWaitsOrRuns) {
  begin("total=3 concurrent=1 max_failed=0");
  propose();
  finish(0);
  const char* why =
      ": a new attempt would change the checkpoint under them; cancel them, or retry "
      "trial 0 when they have ended";
  EXPECT_THAT(script->run("retry 0"),
              HasSubstr(std::string("trial 1 (Queued) goes on from it") + why));
  script->run("running 1");
  EXPECT_THAT(script->run("retry 0"), HasSubstr("trial 1 (Running) goes on from it"));
  script->run("update concurrent=2");
  const std::uint64_t sequence = script->sweep().sequence;
  const std::string refused = script->run("retry 0");
  EXPECT_THAT(refused, HasSubstr("accepted=false"));
  EXPECT_THAT(refused, HasSubstr("trials 1 (Running), 2 (Queued) go on from it"));
  EXPECT_EQ(script->sweep().sequence, sequence + 1);
  finish(1);
  EXPECT_THAT(script->run("retry 0"), HasSubstr("trial 2 (Queued) goes on from it"));
  finish(2);
  EXPECT_THAT(script->run("retry 0"), HasSubstr("-> Launch 0.2"));
}

TEST_F(ParentAndChildren, ARetryIsRefusedWhileAChildWaitsForItsNextAttempt) {
  begin("total=2 concurrent=1 max_failed=0 retries=1 backoff=60");
  propose();
  finish(0);
  finish(1, "lost");
  EXPECT_THAT(script->run("retry 0"), HasSubstr("trial 1 (Preparing) goes on from it"));
}

TEST_F(ParentAndChildren, NamesNoMoreThanFiveChildren) {
  begin("total=9 concurrent=1 max_failed=0");
  propose();
  finish(0);
  script->run("update concurrent=8");
  EXPECT_THAT(script->run("retry 0"), HasSubstr("5 (Queued) and 3 more go on from it"));
}

TEST_F(ParentAndChildren, AChildThatIsProposedMeanwhileStartsOnlyWhenItsParentHasEndedAgain) {
  begin("total=2 concurrent=1 max_failed=0");
  finish(0);
  EXPECT_THAT(script->run("retry 0"), HasSubstr("-> Launch 0.2"));
  propose();
  const std::string proposed = script->run("update concurrent=2");
  EXPECT_THAT(proposed, HasSubstr("AttemptRequested trial=1"));
  EXPECT_THAT(proposed, Not(HasSubstr("AttemptReleased")));
  EXPECT_THAT(script->run("restart"), Not(HasSubstr("Launch 1.1")));
  EXPECT_THAT(finish(0), HasSubstr("-> Launch 1.1"));
}

TEST_F(ParentAndChildren, AChildThatIsRetriedStartsOnlyWhenItsParentHasEndedAgain) {
  begin("total=2 concurrent=1 max_failed=0");
  propose();
  finish(0);
  finish(1);
  script->run("update concurrent=2");
  EXPECT_THAT(script->run("retry 0"), HasSubstr("-> Launch 0.2"));
  EXPECT_THAT(script->run("retry 1"), Not(HasSubstr("Launch 1.2")));
  EXPECT_THAT(script->run("wait 100"), IsEmpty());
  EXPECT_THAT(finish(0), HasSubstr("-> Launch 1.2"));
}

// Or a crash would bring back a parent that runs beside it.
TEST_F(ParentAndChildren, AChildIsLaunchedOnlyOnceTheEndOfItsParentIsDurable) {
  begin("total=2 concurrent=1 max_failed=0");
  finish(0);
  script->run("retry 0");
  propose();
  script->run("update concurrent=2");
  const AttemptId child{TrialId{1}, 1};
  finish(0);
  const auto effect = effect_of(script->sweep(), Event{{}, AttemptReleased{child}});
  ASSERT_TRUE(effect.has_value());
  EXPECT_EQ(effect->after_sequence, trial_of(script->sweep(), TrialId{0}).ended_sequence);
  EXPECT_GT(effect->after_sequence, find_attempt(script->sweep(), child)->requested_sequence);
}

}  // namespace
}  // namespace sweepjob::testing
