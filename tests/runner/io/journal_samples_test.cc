// Journals of every version still load. tests/data/journal/v<N> holds one of two segments with
// every type of event that version had, and its dump. A new version adds a folder: raise
// kJournalVersion, fill sample_events(), run this test once with SWEEPJOB_WRITE_SAMPLES=1, and keep
// what it wrote. Older folders are never written again.
#include <cstdlib>
#include <filesystem>
#include <set>

#include <gtest/gtest.h>

#include "model/objective.h"
#include "runner/io/event_json.h"
#include "tests/runner/io/journal_fixture.h"

namespace sweepjob {
namespace {

std::string sample_folder(std::uint32_t version) {
  return std::string(SWEEPJOB_SOURCE_DIR) + "/tests/data/journal/v" + std::to_string(version);
}

// A short sweep: two trials, one cut, one lost and tried again.
std::vector<Event> sample_events() {
  const TrialId t0{0};
  const TrialId t1{1};
  Proposal first;
  first.params = {{"lr", 0.001}, {"layers", 3}, {"model", Value::Map{{"name", "svm"}, {"C", 1.5}}}};
  Proposal second;
  second.params = {{"lr", 1e-5}, {"layers", 2}, {"flags", Value::List{true, Value(), "a b"}}};
  second.budget = Budget{9};
  second.parent = t0;
  second.note = "rung 1";
  std::vector<EventBody> bodies{
      SweepCreated{test_uid(), "iris", R"({"type":"sweep"})", "c0de", "/home/a/iris", 42, "local",
                   R"({"cpus":2})"},
      ControllerStarted{1, "alpha", "2f1c4e7e-6b7d-4c7e-9d51-0e8b8a7f6d5c", 4711},
      ProposalRequested{1, 2, t0, 2},
      TrialProposed{t0, first, 1},
      TrialProposed{t1, second, 1},
      ProposalsEnded{1, true},
      AttemptRequested{{t0, 1}, 1, "local"},
      AttemptRequested{{t1, 1}, 1, "local"},
      AttemptReleased{{t0, 1}},
      AttemptSubmitted{{t0, 1}, "pid 4712"},
      AttemptStarted{{t0, 1}, {"alpha", "pid 4712", true, from_micros(1'790'000'001'000'000)}},
      MetricNameSeen{"val_acc"},
      ChannelChosen{{t0, 1}, Channel::Stdout},
      MetricReported{{t0, 1}, 0.5, std::nullopt, 17},
      MetricReported{{t0, 1}, 0.25, 2.0, 34},
      MetricReported{{t0, 2}, kWorst, 2.5, 51},
      ObjectiveReported{{t0, 2}, 1, 12.5, 60},
      CurveTruncated{t0, 1},
      TrialLeftOut{t1},
      StopRequested{t0, StopCause::EarlyTermination, 2, "0.25 < 0.5 / (1 + 0.1)"},
      CutWithheld{t1, 3, "0.125 < 0.5 / (1 + 0.1)"},
      AttemptEnded{{t0, 1},
                   {Outcome::Signalled,
                    15,
                    "killed by SIGTERM",
                    {34, 0},
                    from_micros(1'790'000'009'000'000)}},
      AttemptCollected{{t0, 1}},
      TrialFinished{t0, Status::Canceled, "early_termination", "cut at interval 2", std::nullopt},
      RetryScheduled{t1, from_micros(1'790'000'030'000'000)},
      TrialFinished{t1, Status::Failed, "exit_code", "exit code 3", 3},
      TrialRetried{t1},
      LimitsChanged{40, std::nullopt, 3600, std::nullopt},
      SweepPaused{},
      SweepUnpaused{},
      RequestHandled{"000659ff00000000-0123456789abcdef", true, "canceled"},
      Warned{"infinite_metric", t0, "val_acc is inf"},
      Warned{"unknown_key", std::nullopt, "identity is ignored"},
      SweepStopping{StopCause::UserCanceled, "asked for"},
      SweepFinished{Status::Canceled, "asked for"},
      SweepReopened{},
  };
  std::vector<Event> events;
  std::int64_t time = 1'790'000'000'000'000;
  for (EventBody& body : bodies) events.push_back({from_micros(time += 1500), std::move(body)});
  return events;
}

std::string dump(const std::string& folder) {
  std::string lines;
  const auto report = replay_journal(folder, [&](std::uint64_t sequence, Event&& event) {
    lines += event_to_json_line(sequence, event) + "\n";
  });
  EXPECT_TRUE(report) << report.error().text();
  return lines;
}

void write_sample(const std::string& folder) {
  ASSERT_FALSE(std::filesystem::exists(folder)) << "a kept sample is never written again";
  std::filesystem::create_directories(folder);
  const std::vector<Event> events = sample_events();
  const auto half = events.begin() + static_cast<std::ptrdiff_t>(events.size() / 2);
  ASSERT_TRUE(append_and_wait(*take_over(folder), {events.begin(), half}));
  ASSERT_TRUE(append_and_wait(*take_over(folder), {half, events.end()}));
  write_file(folder + "/dump.jsonl", dump(folder));
}

TEST(JournalSamples, EveryVersionLoadsAsItDidWhenItWasCurrent) {
  if (std::getenv("SWEEPJOB_WRITE_SAMPLES") != nullptr) {
    write_sample(sample_folder(kJournalVersion));
  }
  for (std::uint32_t version = 1; version <= kJournalVersion; ++version) {
    const std::string folder = sample_folder(version);
    ASSERT_TRUE(std::filesystem::exists(folder)) << "version " << version << " has no sample";
    EXPECT_EQ(dump(folder), read_file(folder + "/dump.jsonl"));
  }
}

TEST(JournalSamples, TheCurrentOneHasEveryTypeOfEvent) {
  std::set<std::size_t> types;
  const auto report =
      replay_journal(sample_folder(kJournalVersion),
                     [&](std::uint64_t, Event&& event) { types.insert(event.body.index()); });
  ASSERT_TRUE(report);
  EXPECT_EQ(types.size(), std::variant_size_v<EventBody>);
}

// A change of the codec without a new version would show here first.
TEST(JournalSamples, TheCurrentOneIsWhatWouldBeWrittenToday) {
  std::string expected;
  std::uint64_t sequence = 0;
  for (const Event& event : sample_events()) {
    expected += event_to_json_line(++sequence, event) + "\n";
  }
  EXPECT_EQ(dump(sample_folder(kJournalVersion)), expected);

  TempFolder folder;
  const std::string today = folder / "today";
  write_sample(today);
  for (const char* name : {"/journal.1", "/journal.2"}) {
    EXPECT_EQ(read_file(today + name), read_file(sample_folder(kJournalVersion) + name)) << name;
  }
}

}  // namespace
}  // namespace sweepjob
