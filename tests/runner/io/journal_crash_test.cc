// A controller that is killed at any instant: what it acknowledged is there, and nothing else but
// the batch that it was just writing.
#include <csignal>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/runner/io/journal_fixture.h"

namespace sweepjob {
namespace {

constexpr std::size_t kBatch = 40;

// The child: appends for ever, telling each durable sequence number over the pipe.
[[noreturn]] void append_until_killed(const std::string& folder, int pipe) {
  auto writer = JournalWriter::take_over(folder, test_uid(), {});
  if (!writer) ::_exit(1);
  std::uint64_t sequence = (*writer)->durable_sequence();
  for (;;) {
    const auto done = append_and_wait(**writer, numbered_batch(sequence + 1, kBatch));
    if (!done) ::_exit(1);
    sequence = *done;
    if (::write(pipe, &sequence, sizeof sequence) != sizeof sequence) ::_exit(1);
  }
}

TEST(JournalCrash, ReplayGivesEverythingAcknowledgedAfterKillNine) {
  TempFolder folder;
  RandomStream random(11);
  std::uint64_t acknowledged = 0;
  for (int round = 0; round < 25; ++round) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) append_until_killed(folder.path(), ends[1]);
    ::close(ends[1]);
    // Somewhere inside one of its next appends.
    std::uint64_t told = 0;
    for (std::uint64_t left = random.below(4); left > 0; --left) {
      ASSERT_EQ(::read(ends[0], &told, sizeof told), static_cast<ssize_t>(sizeof told));
      acknowledged = told;
    }
    for (volatile std::uint64_t spin = random.below(3'000'000); spin > 0;) spin = spin - 1;
    ::kill(child, SIGKILL);
    while (::read(ends[0], &told, sizeof told) == static_cast<ssize_t>(sizeof told)) {
      acknowledged = told;
    }
    ::close(ends[0]);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child failed by itself";

    const auto report = replay_numbered(folder.path());
    if (acknowledged == 0 && !report && report.error().code() == ErrorCode::NotFound) continue;
    ASSERT_TRUE(report) << report.error().text();
    ASSERT_GE(report->last_sequence, acknowledged);
    ASSERT_LE(report->last_sequence, acknowledged + kBatch) << "one append at a time";
    ASSERT_EQ(report->last_sequence % kBatch, 0u) << "a batch is whole or absent";
    acknowledged = report->last_sequence;
  }
  EXPECT_GT(acknowledged, 0u);
}

}  // namespace
}  // namespace sweepjob
