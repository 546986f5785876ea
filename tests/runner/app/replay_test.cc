#include "runner/app/replay.h"

#include <filesystem>
#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runner/app/load_sweep.h"
#include "runner/app/simulation.h"
#include "runner/io/journal_format.h"
#include "runner/io/journal_replay.h"
#include "tests/runner/app/sweep_builder.h"

namespace sweepjob {
namespace {

using testing::HasSubstr;

std::string job(const std::string& policy, const std::string& sampling = "random") {
  return "type: sweep\n"
         "trial: {command: \"echo ${{search_space.x}}\", environment: azureml:e:1}\n"
         "sampling_algorithm: {type: " +
         sampling +
         "}\n"
         "search_space:\n"
         "  x: {type: choice, values: [1, 2, 3, 4, 5, 6]}\n"
         "  y: {type: choice, values: [a, b, c, d, e, f]}\n"
         "objective: {goal: maximize, primary_metric: acc}\n"
         "limits: {max_total_trials: 30, max_concurrent_trials: 3}\n"
         "early_termination: {" +
         policy + "}\n";
}
const char* const kBandit = "type: bandit, slack_factor: 0.1, delay_evaluation: 3";

// The events of a simulated sweep, in order.
std::vector<Event> simulate(const std::string& text, SimulationOptions options = {}) {
  std::vector<Event> events;
  SimJournal journal([&](std::vector<Event> batch) {
    events.insert(events.end(), batch.begin(), batch.end());
    return Result<void>();
  });
  options.workers = 3;
  options.seed = 5;
  const SweepCreated created = simulated_sweep(
      spec_of(text), "sim", *SweepUid::from_hex("00112233445566778899aabbccddeeff"), options.seed);
  LoadOptions deciding;
  deciding.with_sampler = deciding.with_policy = true;
  auto fold = make_fold(created, deciding);
  auto objective =
      make_objective("builtin:curves,steps=12", fold->rules->spec, std::chrono::milliseconds(1));
  Simulation simulation(*fold->rules, std::move(*fold->sweep), created, options, **objective,
                        journal);
  const auto done = simulation.run();
  EXPECT_TRUE(done.has_value()) << done.error().text();
  return events;
}

Result<ReplayResult> replay(const std::vector<Event>& events) {
  const TempFolder folder;
  {
    const auto& created = std::get<SweepCreated>(events.front().body);
    std::filesystem::create_directories(folder / "sweep");
    auto writer = JournalWriter::take_over(folder / "sweep", created.uid, {});
    EXPECT_TRUE(append_and_wait(**writer, events).has_value());
  }
  return replay_sweep(folder / "sweep");
}

// The place of the `count`-th event that is a T and passes.
template <class T>
std::size_t place_of(
    const std::vector<Event>& events, int count = 1,
    const std::function<bool(const T&)>& passes = [](const T&) { return true; }) {
  for (std::size_t i = 0; i < events.size(); ++i) {
    const T* body = std::get_if<T>(&events[i].body);
    if (body != nullptr && passes(*body) && --count == 0) return i;
  }
  ADD_FAILURE() << "there is no such event";
  return 0;
}

bool is_cut(const StopRequested& stop) { return stop.cause == StopCause::EarlyTermination; }

TEST(Replay, ASweepAgreesWithItself) {
  SimulationOptions rough;
  rough.fail_rate = 0.1;
  rough.preempt_rate = 0.2;
  SimulationOptions saving = rough;
  saving.checkpoints = true;
  for (const SimulationOptions& options : {SimulationOptions{}, rough, saving}) {
    for (const std::string policy :
         {kBandit, "type: median_stopping, delay_evaluation: 2",
          "type: truncation_selection, truncation_percentage: 30, delay_evaluation: 2"}) {
      for (const char* const sampling : {"random", "grid", "random, rule: sobol"}) {
        const auto result = replay(simulate(job(policy, sampling), options));
        ASSERT_TRUE(result.has_value()) << result.error().text();
        EXPECT_FALSE(result->first.has_value())
            << policy << ' ' << sampling << ": " << result->first->sequence << "\n"
            << result->first->journaled << "\n"
            << result->first->derived;
        EXPECT_EQ(result->proposals, 30u);
        EXPECT_GT(result->cuts, 0u) << policy;
        EXPECT_GT(result->verdicts, result->cuts);
        EXPECT_EQ(result->reworded, 0u);
      }
    }
  }
}

TEST(Replay, AGridThatIsUsedUpAgrees) {
  const std::string text = job(kBandit, "grid");
  std::string small = text;
  small.replace(small.find("[a, b, c, d, e, f]"), 18, "[a]");
  const auto result = replay(simulate(small));
  EXPECT_FALSE(result->first.has_value());
  EXPECT_EQ(result->proposals, 6u);
}

TEST(Replay, FindsAProposalThatWasChanged) {
  std::vector<Event> events = simulate(job(kBandit));
  const std::size_t place = place_of<TrialProposed>(events, 7);
  auto& proposed = std::get<TrialProposed>(events[place].body);
  proposed.proposal.params.at(0).second = Value(99);
  const auto result = replay(events);
  ASSERT_TRUE(result->first.has_value());
  EXPECT_EQ(result->first->what, "proposal");
  EXPECT_EQ(result->first->sequence, place + 1);
  EXPECT_EQ(result->first->trial, proposed.trial);
  EXPECT_THAT(result->first->journaled, HasSubstr("99"));
  EXPECT_THAT(result->first->derived, testing::Not(HasSubstr("99")));
}

TEST(Replay, FindsACutThatWasTakenOut) {
  std::vector<Event> events = simulate(job(kBandit));
  const std::size_t place = place_of<StopRequested>(events, 2, is_cut);
  const auto stop = std::get<StopRequested>(events[place].body);
  events.erase(events.begin() + static_cast<std::ptrdiff_t>(place));
  const auto result = replay(events);
  ASSERT_TRUE(result->first.has_value());
  EXPECT_EQ(result->first->what, "verdict");
  EXPECT_EQ(result->first->sequence, place + 1) << "where it should stand";
  EXPECT_THAT(result->first->journaled, HasSubstr("goes on"));
  EXPECT_THAT(result->first->derived, HasSubstr(stop.reason.substr(0, 20)));
  EXPECT_EQ(result->cuts, 1u);
}

TEST(Replay, FindsACutThatNobodyDecided) {
  std::vector<Event> events = simulate(job(kBandit));
  const std::size_t place = place_of<MetricReported>(events, 4);
  const TrialId trial = std::get<MetricReported>(events[place].body).attempt.trial;
  events.insert(
      events.begin() + static_cast<std::ptrdiff_t>(place) + 1,
      Event{events[place].time, StopRequested{trial, StopCause::EarlyTermination, 2, "I say so"}});
  const auto result = replay(events);
  ASSERT_TRUE(result->first.has_value());
  EXPECT_EQ(result->first->sequence, place + 2);
  EXPECT_THAT(result->first->journaled, HasSubstr("I say so"));
  EXPECT_THAT(result->first->derived, HasSubstr("goes on"));
}

TEST(Replay, FindsAReportThatWasChangedByWhatFollowsFromIt) {
  std::vector<Event> events = simulate(job(kBandit));
  // The cut trial's last value, now the best of all.
  const std::size_t stop = place_of<StopRequested>(events, 1, is_cut);
  ASSERT_TRUE(std::holds_alternative<MetricReported>(events[stop - 1].body));
  std::get<MetricReported>(events[stop - 1].body).value = 1000;
  const auto result = replay(events);
  ASSERT_TRUE(result->first.has_value());
  EXPECT_EQ(result->first->sequence, stop + 1);
  EXPECT_EQ(result->first->what, "verdict");
}

TEST(Replay, FindsAnotherSeedAtTheFirstProposal) {
  std::vector<Event> events = simulate(job(kBandit));
  std::get<SweepCreated>(events.front().body).seed += 1;
  const auto result = replay(events);
  ASSERT_TRUE(result->first.has_value());
  EXPECT_EQ(result->first->trial, TrialId{0});
}

TEST(Replay, OtherWordsForTheSameVerdictAreCountedAndNoDifference) {
  std::vector<Event> events = simulate(job(kBandit));
  std::get<StopRequested>(events[place_of<StopRequested>(events, 1, is_cut)].body).reason = "old";
  const auto result = replay(events);
  EXPECT_FALSE(result->first.has_value());
  EXPECT_EQ(result->reworded, 1u);
}

TEST(Replay, AJournalThatEndsBeforeACutLacksIt) {
  std::vector<Event> events = simulate(job(kBandit));
  events.resize(place_of<StopRequested>(events, 1, is_cut));
  const auto result = replay(events);
  ASSERT_TRUE(result->first.has_value());
  EXPECT_EQ(result->first->sequence, events.size() + 1);
  events.pop_back();  // with the report
  EXPECT_FALSE(replay(events)->first.has_value());
}

TEST(Replay, StopsOfPeopleAreNoVerdicts) {
  SweepBuilder builder;
  builder.run(0).run(1).report(0, 0.5).report(1, 0.9).report(0, 0.5).report(1, 0.9);
  builder.ask({"1", CancelTrial{TrialId{1}}}).write();
  const auto result = replay_sweep(builder.folder());
  ASSERT_TRUE(result.has_value());
  EXPECT_FALSE(result->first.has_value());
  EXPECT_EQ(result->verdicts, 2u);
}

// Sweeps of every version still replay. To keep one more: simulate, and copy journal.1.
TEST(Replay, EveryKeptSweepAgrees) {
  const std::filesystem::path kept = std::string(SWEEPJOB_SOURCE_DIR) + "/tests/data/replay";
  std::uint32_t seen = 0;
  for (std::uint32_t version = 1; version <= kJournalVersion; ++version) {
    const std::filesystem::path folder = kept / ("v" + std::to_string(version));
    if (version > 1 && !std::filesystem::exists(folder)) continue;
    for (const auto& sweep : std::filesystem::directory_iterator(folder)) {
      const auto result = replay_sweep(sweep.path().string());
      ASSERT_TRUE(result.has_value()) << sweep.path() << ": " << result.error().text();
      EXPECT_FALSE(result->first.has_value())
          << sweep.path() << ", event " << result->first->sequence << "\n"
          << result->first->journaled << "\n"
          << result->first->derived;
      EXPECT_GT(result->cuts, 0u) << sweep.path();
      ++seen;
    }
  }
  EXPECT_GE(seen, 3u);
}

TEST(Replay, WhatIsNoSweepIsAnError) {
  const TempFolder folder;
  EXPECT_EQ(replay_sweep(folder / "").error().code(), ErrorCode::NotFound);
}

}  // namespace
}  // namespace sweepjob
