// What every backend promises (backends/backend.h), checked over each of them.
#include "tests/support/backend_harness.h"

#include <algorithm>

#include <gmock/gmock.h>

#include "backends/catalog.h"
#include "tests/support/local_harness.h"
#include "tests/support/sim_harness.h"

namespace sweepjob::testing {

std::vector<BackendHarnessEntry> backend_harnesses() {
  return {{"local", [] { return std::make_unique<LocalHarness>(); }},
          {"simulated", [] { return std::make_unique<SimHarness>(SimOptions{}); }},
          {"simulated_slow", [] { return std::make_unique<SimHarness>(slow_and_repetitive()); }}};
}

namespace {

class BackendContract : public ::testing::TestWithParam<BackendHarnessEntry> {
 protected:
  [[nodiscard]] AttemptKey key(std::uint32_t trial, std::uint32_t number = 1) const {
    return {uid_, {TrialId{trial}, number}};
  }
  SubmitResult submit(const AttemptKey& attempt, Behaviour behaviour) {
    std::vector<LaunchRequest> requests{harness_->request(attempt, behaviour)};
    auto results = complete(*harness_, harness_->backend().submit({++batch_}, std::move(requests)));
    EXPECT_TRUE(results && *results && (*results)->size() == 1);
    return results && *results ? (*results)->front() : SubmitResult{};
  }
  bool cancel(const AttemptKey& attempt) {
    auto done = complete(*harness_, harness_->backend().cancel({attempt}));
    return done && *done;
  }
  AttemptStatus observe(const AttemptKey& attempt) {
    const auto folder = harness_->request(attempt, Behaviour::Succeeds).attempt_folder;
    auto seen = complete(*harness_, harness_->backend().observe({attempt}, {folder}));
    EXPECT_TRUE(seen && *seen && (*seen)->size() == 1);
    return seen && *seen ? (*seen)->front() : AttemptStatus{};
  }
  std::optional<AttemptStatus> ended(const AttemptKey& attempt) {
    return await_phase(*harness_, attempt, AttemptPhase::Ended);
  }

  SweepUid uid_ = SweepUid::random();
  std::uint64_t batch_ = 0;
  std::unique_ptr<BackendHarness> harness_ = GetParam().make();
};

TEST_P(BackendContract, RunsWhatItAcceptedOnceAndSaysHowItEnded) {
  EXPECT_TRUE(submit(key(0), Behaviour::Succeeds).accepted);
  const auto status = ended(key(0));
  ASSERT_TRUE(status && status->start && status->end);
  EXPECT_EQ(status->end->outcome, Outcome::Exited);
  EXPECT_EQ(status->end->code, 0);
  EXPECT_LE(status->start->started, status->end->ended);
  EXPECT_EQ(harness_->times_started(key(0)), 1);
}

TEST_P(BackendContract, PassesTheExitCodeOn) {
  submit(key(0), Behaviour::Fails);
  const auto status = ended(key(0));
  ASSERT_TRUE(status && status->end);
  EXPECT_EQ(status->end->outcome, Outcome::Exited);
  EXPECT_EQ(status->end->code, 3);
}

TEST_P(BackendContract, StartsNothingTwiceHoweverOftenItIsSubmitted) {
  EXPECT_TRUE(submit(key(0), Behaviour::RunsOn).accepted);
  EXPECT_TRUE(submit(key(0), Behaviour::RunsOn).accepted);
  ASSERT_TRUE(await_phase(*harness_, key(0), AttemptPhase::Running));
  harness_->restart();
  EXPECT_TRUE(submit(key(0), Behaviour::RunsOn).accepted);
  ASSERT_TRUE(await_phase(*harness_, key(0), AttemptPhase::Running));
  EXPECT_TRUE(cancel(key(0)));
  ASSERT_TRUE(ended(key(0)));
  EXPECT_TRUE(submit(key(0), Behaviour::RunsOn).accepted);
  harness_->restart();
  EXPECT_TRUE(submit(key(0), Behaviour::RunsOn).accepted);
  const auto status = ended(key(0));
  ASSERT_TRUE(status);
  EXPECT_EQ(status->end->outcome, Outcome::Canceled);
  EXPECT_EQ(harness_->times_started(key(0)), 1);
}

TEST_P(BackendContract, ReportsTheStartOfWhatRunsOn) {
  submit(key(0), Behaviour::RunsOn);
  const auto status = await_phase(*harness_, key(0), AttemptPhase::Running);
  ASSERT_TRUE(status && status->start);
  EXPECT_FALSE(status->end);
  EXPECT_FALSE(status->start->handle.empty());
}

TEST_P(BackendContract, CancelEndsWhatRunsAndIsIdempotent) {
  submit(key(0), Behaviour::RunsOn);
  ASSERT_TRUE(await_phase(*harness_, key(0), AttemptPhase::Running));
  EXPECT_TRUE(cancel(key(0)));
  EXPECT_TRUE(cancel(key(0)));
  const auto status = ended(key(0));
  ASSERT_TRUE(status);
  EXPECT_EQ(status->end->outcome, Outcome::Canceled);
  EXPECT_TRUE(cancel(key(0)));
}

TEST_P(BackendContract, CancelOfTheUnknownSucceedsAndKeepsItFromStarting) {
  EXPECT_TRUE(cancel(key(0)));
  submit(key(0), Behaviour::Succeeds);
  const auto status = ended(key(0));
  ASSERT_TRUE(status);
  EXPECT_EQ(status->end->outcome, Outcome::Canceled);
  EXPECT_EQ(harness_->times_started(key(0)), 0);
}

TEST_P(BackendContract, CancelRightAfterTheSubmitEndsItOneWayOrTheOther) {
  for (std::uint32_t trial = 0; trial < 10; ++trial) {
    submit(key(trial), Behaviour::RunsOn);
    EXPECT_TRUE(cancel(key(trial)));
    const auto status = ended(key(trial));
    ASSERT_TRUE(status);
    EXPECT_EQ(status->end->outcome, Outcome::Canceled);
    EXPECT_LE(harness_->times_started(key(trial)), 1);
  }
}

TEST_P(BackendContract, SaysAbsentOnlyOfWhatNeverStarted) {
  EXPECT_EQ(observe(key(0)).phase, AttemptPhase::Absent);
  EXPECT_TRUE(submit(key(0), Behaviour::Succeeds).accepted);
  EXPECT_NE(observe(key(0)).phase, AttemptPhase::Absent);
  ASSERT_TRUE(ended(key(0)));
  EXPECT_EQ(observe(key(0)).phase, AttemptPhase::Ended);
}

TEST_P(BackendContract, CancelOfTheAbsentEndsItForGood) {
  EXPECT_EQ(observe(key(0)).phase, AttemptPhase::Absent);
  EXPECT_TRUE(cancel(key(0)));
  submit(key(0), Behaviour::Succeeds);
  const auto status = ended(key(0));
  ASSERT_TRUE(status);
  EXPECT_EQ(status->end->outcome, Outcome::Canceled);
  EXPECT_EQ(harness_->times_started(key(0)), 0);
}

TEST_P(BackendContract, AdoptsWhatRunsAfterTheControllerDied) {
  submit(key(0), Behaviour::RunsOn);
  const auto before = await_phase(*harness_, key(0), AttemptPhase::Running);
  ASSERT_TRUE(before);
  harness_->restart();
  const AttemptStatus adopted = observe(key(0));
  EXPECT_EQ(adopted.phase, AttemptPhase::Running);
  EXPECT_EQ(adopted.start, before->start);
  EXPECT_TRUE(cancel(key(0)));
  const auto status = ended(key(0));
  ASSERT_TRUE(status);
  EXPECT_EQ(status->end->outcome, Outcome::Canceled);
  EXPECT_EQ(harness_->times_started(key(0)), 1);
}

TEST_P(BackendContract, TellsWhatEndedWhileNoControllerRan) {
  submit(key(0), Behaviour::Fails);
  ASSERT_TRUE(ended(key(0)));
  harness_->restart();
  const AttemptStatus status = observe(key(0));
  EXPECT_EQ(status.phase, AttemptPhase::Ended);
  ASSERT_TRUE(status.end);
  EXPECT_EQ(status.end->code, 3);
  EXPECT_EQ(observe(key(0)).end, status.end);
}

TEST_P(BackendContract, AnswersABatchInOrderAndEndsAllOfIt) {
  constexpr std::uint32_t kCount = 40;
  std::vector<LaunchRequest> requests;
  for (std::uint32_t i = 0; i < kCount; ++i) {
    requests.push_back(harness_->request(key(i), Behaviour::Succeeds));
  }
  auto results = complete(*harness_, harness_->backend().submit({1}, std::move(requests)));
  ASSERT_TRUE(results && *results);
  ASSERT_EQ((*results)->size(), kCount);
  for (std::uint32_t i = 0; i < kCount; ++i) EXPECT_EQ((**results)[i].key, key(i));
  std::vector<AttemptKey> seen;
  while (seen.size() < kCount) {
    auto changes = complete(*harness_, harness_->backend().next_change());
    ASSERT_TRUE(changes && *changes);
    ASSERT_FALSE((*changes)->empty());
    for (const AttemptStatus& status : **changes) {
      const bool is_new = std::find(seen.begin(), seen.end(), status.key) == seen.end();
      if (status.phase == AttemptPhase::Ended && is_new) seen.push_back(status.key);
    }
  }
  for (std::uint32_t i = 0; i < kCount; ++i) EXPECT_EQ(harness_->times_started(key(i)), 1);
}

TEST_P(BackendContract, ForgetsWhatIsCollectedWithoutStartingItAgain) {
  submit(key(0), Behaviour::Succeeds);
  ASSERT_TRUE(ended(key(0)));
  auto collected = complete(*harness_, harness_->backend().collect(key(0)));
  EXPECT_TRUE(collected && *collected);
  submit(key(0), Behaviour::Succeeds);
  ASSERT_TRUE(ended(key(0)));
  EXPECT_EQ(harness_->times_started(key(0)), 1);
}

TEST(BackendCatalog, EveryBackendKeepsTheContract) {
  std::vector<std::string> tested;
  for (const BackendHarnessEntry& entry : backend_harnesses()) tested.push_back(entry.name);
  EXPECT_THAT(tested, ::testing::IsSupersetOf(backend_names()));
}

INSTANTIATE_TEST_SUITE_P(Backends, BackendContract, ::testing::ValuesIn(backend_harnesses()),
                         [](const auto& parameter) { return std::string(parameter.param.name); });

}  // namespace
}  // namespace sweepjob::testing
