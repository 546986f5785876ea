// The journal as a controller uses it: appends, takeovers, failures.
#include "runner/io/journal.h"

#include <csignal>
#include <filesystem>
#include <future>
#include <latch>

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include "tests/runner/io/journal_fixture.h"
#include "tests/support/memory_journal.h"

namespace sweepjob {
namespace {

TEST(Journal, WhatWasAppendedIsReplayed) {
  TempFolder folder;
  auto writer = take_over(folder.path());
  EXPECT_EQ(writer->epoch(), 1u);
  EXPECT_EQ(append_and_wait(*writer, numbered_batch(1, 3)).value(), 3u);
  EXPECT_EQ(append_and_wait(*writer, numbered_batch(4, 100)).value(), 103u);
  const auto report = replay_numbered(folder.path());
  ASSERT_TRUE(report);
  EXPECT_EQ(report->events, 103u);
  EXPECT_EQ(report->last_sequence, 103u);
  EXPECT_EQ(report->records, 3u);
  EXPECT_EQ(report->segments, 1u);
  EXPECT_EQ(report->torn_tail_bytes, 0u);
  EXPECT_EQ(report->uid, test_uid());
}

TEST(Journal, AFolderWithoutAJournalIsNotFound) {
  TempFolder folder;
  EXPECT_EQ(replay_numbered(folder.path()).error().code(), ErrorCode::NotFound);
}

TEST(Journal, ATakeoverContinuesInANewSegment) {
  TempFolder folder;
  for (std::uint64_t epoch = 1; epoch <= 4; ++epoch) {
    auto writer = take_over(folder.path());
    EXPECT_EQ(writer->epoch(), epoch);
    EXPECT_EQ(writer->durable_sequence(), (epoch - 1) * 5);
    ASSERT_TRUE(append_and_wait(*writer, numbered_batch((epoch - 1) * 5 + 1, 5)));
  }
  const auto report = replay_numbered(folder.path());
  ASSERT_TRUE(report);
  EXPECT_EQ(report->segments, 4u);
  EXPECT_EQ(report->epoch, 4u);
  EXPECT_EQ(report->events, 20u);
}

TEST(Journal, ATakeoverLeavesNoTemporaryFiles) {
  TempFolder folder;
  static_cast<void>(take_over(folder.path()));
  EXPECT_EQ(*list_folder(folder.path()), (std::vector<std::string>{"journal.1"}));
}

TEST(Journal, AnotherSweepsJournalIsNotContinued) {
  TempFolder folder;
  static_cast<void>(take_over(folder.path()));
  const auto other = JournalWriter::take_over(folder.path(), SweepUid{}, {});
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code(), ErrorCode::Conflict);
}

TEST(Journal, WhatAFormerControllerWritesAfterTheTakeoverIsNeverSeen) {
  TempFolder folder;
  auto former = take_over(folder.path());
  ASSERT_TRUE(append_and_wait(*former, numbered_batch(1, 3)));
  auto successor = take_over(folder.path());

  const auto refused = append_and_wait(*former, numbered_batch(100, 2));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::LeaseHeld);
  EXPECT_EQ(former->durable_sequence(), 3u);

  ASSERT_TRUE(append_and_wait(*successor, numbered_batch(4, 2)));
  const auto report = replay_numbered(folder.path());
  ASSERT_TRUE(report) << report.error().text();
  EXPECT_EQ(report->events, 5u);
}

TEST(Journal, NothingIsAcknowledgedOnceTheLeaseIsLost) {
  TempFolder folder;
  bool held = true;
  JournalOptions options;
  options.still_held = [&] { return held; };
  auto writer = take_over(folder.path(), std::move(options));
  ASSERT_TRUE(append_and_wait(*writer, numbered_batch(1, 1)));
  held = false;
  EXPECT_EQ(append_and_wait(*writer, numbered_batch(2, 1)).error().code(), ErrorCode::LeaseHeld);
  held = true;
  EXPECT_FALSE(append_and_wait(*writer, numbered_batch(2, 1))) << "a failure is for good";
}

TEST(Journal, ALowDiskIsRefusedBeforeAnythingIsWritten) {
  TempFolder folder;
  JournalOptions options;
  options.min_free_bytes = std::uint64_t{1} << 62;
  auto writer = take_over(folder.path(), std::move(options));
  const auto before = std::filesystem::file_size(folder / "journal.1");
  const auto refused = append_and_wait(*writer, numbered_batch(1, 1));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::JournalWrite);
  EXPECT_EQ(refused.error().where(), folder / "journal.1");
  EXPECT_NE(refused.error().message().find("bytes are free"), std::string::npos);
  EXPECT_EQ(std::filesystem::file_size(folder / "journal.1"), before);
}

// A file size limit stands in for a full disk: the write is cut short and the next one fails.
TEST(Journal, AfterAShortWriteNothingMoreIsWrittenAndTheRestIsATornTail) {
  TempFolder folder;
  auto writer = take_over(folder.path());
  ASSERT_TRUE(append_and_wait(*writer, numbered_batch(1, 10)));
  const auto durable_bytes = std::filesystem::file_size(folder / "journal.1");

  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit tight = before;
  tight.rlim_cur = durable_bytes + 50;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &tight), 0);
  const auto refused = append_and_wait(*writer, numbered_batch(11, 10));
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, old_handler);

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::JournalWrite);
  EXPECT_NE(refused.error().message().find("File too large (EFBIG)"), std::string::npos);
  EXPECT_NE(refused.error().message().find("event 10 is the last durable one"), std::string::npos);
  EXPECT_TRUE(writer->health().failure);

  // There is room again, but the file must not be touched.
  EXPECT_FALSE(append_and_wait(*writer, numbered_batch(11, 1)));
  EXPECT_EQ(std::filesystem::file_size(folder / "journal.1"), durable_bytes + 50);
  const auto report = replay_numbered(folder.path());
  ASSERT_TRUE(report);
  EXPECT_EQ(report->events, 10u);
  EXPECT_EQ(report->torn_tail_bytes, 50u);

  auto successor = take_over(folder.path());
  ASSERT_TRUE(append_and_wait(*successor, numbered_batch(11, 1)));
  EXPECT_EQ(replay_numbered(folder.path())->events, 11u);
}

TEST(Journal, AnAppendUnderWayIsFinishedBeforeTheWriterGoes) {
  TempFolder folder;
  std::atomic<bool> done = false;
  {
    auto writer = take_over(folder.path());
    writer->append(numbered_batch(1, 2), [&](Result<std::uint64_t> result) { done = !!result; });
  }
  EXPECT_TRUE(done);
  EXPECT_EQ(replay_numbered(folder.path())->events, 2u);
}

TEST(Journal, ASlowAppendShowsAsUnderWay) {
  TempFolder folder;
  std::latch entered(1);
  std::latch leave(1);
  JournalOptions options;
  options.still_held = [&] {
    entered.count_down();
    leave.wait();
    return true;
  };
  auto writer = take_over(folder.path(), std::move(options));
  std::promise<void> done;
  writer->append(numbered_batch(1, 1), [&](Result<std::uint64_t>) { done.set_value(); });
  entered.wait();
  const JournalHealth health = writer->health();
  EXPECT_GT(health.in_flight.count(), 0);
  EXPECT_EQ(health.durable_sequence, 0u);
  EXPECT_FALSE(health.degraded());
  leave.count_down();
  done.get_future().wait();
  EXPECT_EQ(writer->health().durable_sequence, 1u);
}

TEST(JournalHealth, IsDegradedFromTenSecondsOn) {
  JournalHealth health;
  health.in_flight = std::chrono::seconds(10);
  EXPECT_FALSE(health.degraded());
  health.in_flight = std::chrono::milliseconds(10'001);
  EXPECT_TRUE(health.degraded());
}

boost::asio::awaitable<void> append_twice(Journal& journal, std::vector<std::uint64_t>& answers,
                                          std::thread::id& resumed_on) {
  auto first = numbered_batch(1, 2);
  auto second = numbered_batch(3, 1);
  answers.push_back((co_await append_durably(journal, std::move(first))).value());
  resumed_on = std::this_thread::get_id();
  answers.push_back((co_await append_durably(journal, std::move(second))).value());
}

TEST(AppendDurably, ResumesItsCoroutineOnTheLoopsThread) {
  TempFolder folder;
  boost::asio::io_context loop(1);  // outlives the writer, whose thread posts to it
  auto writer = take_over(folder.path());
  std::vector<std::uint64_t> answers;
  std::thread::id resumed_on;
  boost::asio::co_spawn(loop, append_twice(*writer, answers, resumed_on), boost::asio::detached);
  loop.run();
  EXPECT_EQ(answers, (std::vector<std::uint64_t>{2, 3}));
  EXPECT_EQ(resumed_on, std::this_thread::get_id());
}

TEST(MemoryJournal, ReplaysWhatWasDurableAtTheCrash) {
  for (const Crash moment : {Crash::BeforeDurable, Crash::AfterDurable}) {
    MemoryJournal journal;
    std::vector<std::uint64_t> acknowledged;
    const auto append = [&](std::uint64_t first) {
      journal.append(numbered_batch(first, 2),
                     [&](Result<std::uint64_t> r) { acknowledged.push_back(r.value()); });
    };
    journal.crash_at(2, moment);
    append(1);
    append(3);
    EXPECT_TRUE(journal.crashed());
    EXPECT_EQ(acknowledged, (std::vector<std::uint64_t>{2}));

    journal.restart();
    std::uint64_t events = 0;
    ASSERT_TRUE(journal.replay([&](std::uint64_t sequence, Event&& event) {
      EXPECT_EQ(sequence, ++events);
      EXPECT_TRUE(same_event(event, numbered_event(sequence)));
    }));
    EXPECT_EQ(events, moment == Crash::BeforeDurable ? 2u : 4u);
    append(events + 1);
    EXPECT_EQ(acknowledged.back(), events + 2);
  }
}

TEST(MemoryJournal, AHeldAppendIsNeitherDurableNorAcknowledged) {
  MemoryJournal journal;
  bool done = false;
  journal.hold();
  journal.append(numbered_batch(1, 1), [&](Result<std::uint64_t>) { done = true; });
  EXPECT_FALSE(done);
  EXPECT_EQ(journal.durable_sequence(), 0u);
  journal.release();
  EXPECT_TRUE(done);
  EXPECT_EQ(journal.durable_sequence(), 1u);
}

}  // namespace
}  // namespace sweepjob
