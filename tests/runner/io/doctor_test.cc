#include "runner/io/doctor.h"

#include <algorithm>
#include <filesystem>

#include <gtest/gtest.h>

#include "runner/io/inbox.h"
#include "runner/io/lease.h"
#include "tests/runner/io/journal_fixture.h"

namespace sweepjob {
namespace {

const DoctorFinding* finding_about(const DoctorReport& report, const std::string& where) {
  for (const DoctorFinding& finding : report.findings) {
    if (finding.where == where) return &finding;
  }
  return nullptr;
}

class DoctorTest : public testing::Test {
 protected:
  DoctorTest() {
    // Long after everything that the tests make.
    options_.now = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()) +
                   std::chrono::hours(48);
  }
  void journal(std::vector<Event> events) {
    auto writer = take_over(folder_.path());
    ASSERT_TRUE(append_and_wait(*writer, std::move(events)));
  }
  DoctorReport examined() {
    const auto report = examine_sweep(folder_.path(), options_);
    EXPECT_TRUE(report) << (report ? "" : report.error().text());
    return report ? *report : DoctorReport{};
  }

  TempFolder folder_;
  DoctorOptions options_;
};

TEST_F(DoctorTest, ASoundSweepIsHealthyAndNothingIsRepaired) {
  journal(numbered_batch(1, 3));
  options_.repair = options_.truncate = true;
  const auto report = examined();
  EXPECT_TRUE(report.healthy());
  EXPECT_TRUE(report.repaired.empty());
}

TEST_F(DoctorTest, AnEmptyFolderIsNoSweep) { EXPECT_FALSE(examined().healthy()); }

TEST_F(DoctorTest, ATornTailIsANoteAndLeftAlone) {
  journal(numbered_batch(1, 3));
  const std::string path = folder_ / "journal.1";
  const std::string torn = read_file(path) + "half a record";
  write_file(path, torn);
  options_.repair = options_.truncate = true;
  const auto report = examined();
  EXPECT_TRUE(report.healthy());
  ASSERT_NE(finding_about(report, path), nullptr);
  EXPECT_NE(finding_about(report, path)->what.find("13 bytes"), std::string::npos);
  EXPECT_EQ(read_file(path), torn);
}

TEST_F(DoctorTest, ADamagedMiddleIsOnlyGivenUpWhenAskedForAndSaysWhatIsLost) {
  journal(numbered_batch(1, 3));
  journal(numbered_batch(4, 3));
  const std::string path = folder_ / "journal.2";
  std::string bytes = read_file(path);
  {
    auto writer = take_over(folder_.path());
    ASSERT_TRUE(append_and_wait(*writer, numbered_batch(7, 2)));
  }
  bytes[bytes.size() - 20] ^= 1;
  write_file(path, bytes);

  options_.repair = true;
  auto report = examined();
  EXPECT_FALSE(report.healthy());
  EXPECT_TRUE(report.repaired.empty());
  const DoctorFinding* finding = finding_about(report, path);
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->repair, "--repair --truncate");
  EXPECT_NE(finding->what.find("Events 1 to 3 can be saved; those up to 8 would be given up"),
            std::string::npos)
      << finding->what;
  EXPECT_FALSE(replay_numbered(folder_.path()));

  options_.truncate = true;
  report = examined();
  ASSERT_EQ(report.repaired.size(), 1u);
  EXPECT_EQ(read_file(path), bytes) << "the damaged file is kept";
  EXPECT_EQ(replay_numbered(folder_.path())->events, 3u);
  EXPECT_TRUE(examined().healthy());
}

// Its later segments cannot be read without the first: what they hold is no sweep.
TEST_F(DoctorTest, WithoutTheFirstSegmentNothingCanBeSavedAndNothingIsClaimed) {
  journal(numbered_batch(1, 3));
  journal(numbered_batch(4, 3));
  journal(numbered_batch(7, 3));
  std::filesystem::remove(folder_ / "journal.1");
  options_.repair = options_.truncate = true;
  const auto report = examined();
  EXPECT_FALSE(report.healthy());
  EXPECT_TRUE(report.repaired.empty());
  const DoctorFinding* finding = finding_about(report, folder_ / "journal.1");
  ASSERT_NE(finding, nullptr);
  EXPECT_NE(finding->what.find("Nothing can be saved of it"), std::string::npos) << finding->what;
  EXPECT_EQ(finding->repair, "");
  EXPECT_FALSE(std::filesystem::exists(folder_ / "journal.4"));
}

TEST_F(DoctorTest, WithoutASegmentInTheMiddleWhatIsBeforeItIsSaved) {
  journal(numbered_batch(1, 3));
  journal(numbered_batch(4, 3));
  journal(numbered_batch(7, 3));
  std::filesystem::remove(folder_ / "journal.2");
  options_.repair = options_.truncate = true;
  EXPECT_EQ(examined().repaired.size(), 1U);
  const auto saved = replay_numbered(folder_.path());
  ASSERT_TRUE(saved) << saved.error().text();
}

TEST_F(DoctorTest, NothingIsRepairedWhileAControllerRuns) {
  journal(numbered_batch(1, 3));
  write_file(folder_ / ".tmp-123", "x");
  LeaseSeeker seeker(
      folder_.path(), LeaseIdentity::of_this_process(),
      [] { return std::chrono::steady_clock::now(); }, [] { return Timestamp{}; });
  const auto lease = seeker.poll().value();
  ASSERT_NE(lease, nullptr);
  options_.repair = true;
  const auto refused = examine_sweep(folder_.path(), options_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::LeaseHeld);
  EXPECT_TRUE(path_exists(folder_ / ".tmp-123"));
  EXPECT_TRUE(lease->still_held());
  options_.repair = false;
  EXPECT_TRUE(examined().healthy()) << "looking is always allowed";
}

TEST_F(DoctorTest, LeftoversAreRemovedWhenOldAndOnlyWhenAskedFor) {
  journal(numbered_batch(1, 3));
  ASSERT_TRUE(make_folder(folder_ / "inbox"));
  ASSERT_TRUE(make_folder(folder_ / "outbox"));
  const std::string id = make_request_id(from_micros(5));
  const std::vector<std::string> leftovers{folder_ / ".tmp-1", folder_ / "inbox/.tmp-2",
                                           folder_ / ("outbox/" + id)};
  const std::vector<std::string> kept{folder_ / ("inbox/" + id), folder_ / "journal.1",
                                      folder_ / "outbox/notes"};
  for (const auto& path : leftovers) write_file(path, "{}");
  write_file(kept[0], "{}");
  write_file(kept[2], "mine");

  for (const auto& path : leftovers) {
    ASSERT_NE(finding_about(examined(), path), nullptr) << path;
    EXPECT_EQ(finding_about(examined(), path)->repair, "--repair");
  }
  options_.repair = true;
  const Timestamp later = std::exchange(
      options_.now, std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()));
  EXPECT_TRUE(examined().repaired.empty()) << "they may still be in use";
  options_.now = later;
  EXPECT_EQ(examined().repaired.size(), 3u);
  for (const auto& path : leftovers) EXPECT_FALSE(path_exists(path)) << path;
  for (const auto& path : kept) EXPECT_TRUE(path_exists(path)) << path;
}

TEST_F(DoctorTest, AnAttemptThatTheJournalNeverAskedForIsToldAndKept) {
  journal({Event{Timestamp{}, AttemptRequested{{TrialId{3}, 1}, 1, "local"}}});
  for (const char* path :
       {"trials", "trials/3", "trials/3/1", "trials/3/2", "trials/3/checkpoint", "trials/notes"}) {
    ASSERT_TRUE(make_folder(folder_ / path));
  }
  options_.repair = true;
  const auto report = examined();
  EXPECT_EQ(finding_about(report, folder_ / "trials/3/1"), nullptr);
  EXPECT_EQ(finding_about(report, folder_ / "trials/3/checkpoint"), nullptr);
  ASSERT_NE(finding_about(report, folder_ / "trials/3/2"), nullptr);
  EXPECT_EQ(finding_about(report, folder_ / "trials/3/2")->severity, Severity::Warning);
  EXPECT_NE(finding_about(report, folder_ / "trials/notes"), nullptr);
  EXPECT_TRUE(path_exists(folder_ / "trials/3/2"));
}

TEST_F(DoctorTest, TheEnvironmentOfAnEndedSweepIsRemoved) {
  write_file(folder_ / "environment", "SECRET=1");
  journal({Event{Timestamp{}, SweepFinished{}}});
  options_.repair = true;
  EXPECT_EQ(examined().repaired.size(), 1u);
  EXPECT_FALSE(path_exists(folder_ / "environment"));
}

TEST_F(DoctorTest, TheEnvironmentOfAReopenedSweepIsKept) {
  write_file(folder_ / "environment", "SECRET=1");
  journal({Event{Timestamp{}, SweepFinished{}}, Event{Timestamp{}, SweepReopened{}}});
  options_.repair = true;
  EXPECT_TRUE(examined().repaired.empty());
  EXPECT_TRUE(path_exists(folder_ / "environment"));
}

TEST_F(DoctorTest, TheStateFoldersLeftoversAreSwept) {
  const StateFolder state(folder_ / "state");
  const auto gone = state.create(SweepUid::random(), "gone");
  const auto fine = state.create(SweepUid::random(), "fine");
  ASSERT_TRUE(gone && fine);
  ASSERT_TRUE(remove_tree(gone->folder));
  const std::string nameless = state.folder_of(SweepUid::random());
  ASSERT_TRUE(make_folder(nameless));
  const SweepUid unnamed = SweepUid::random();
  ASSERT_TRUE(make_folder(state.folder_of(unnamed)));
  ASSERT_TRUE(JournalWriter::take_over(state.folder_of(unnamed), unnamed, {}));

  options_.repair = true;
  const auto report = examine_state_folder(state, options_);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->repaired.size(), 2u);
  EXPECT_FALSE(path_exists(nameless));
  EXPECT_TRUE(path_exists(fine->folder));
  EXPECT_TRUE(path_exists(state.folder_of(unnamed))) << "a journal is never swept";
  EXPECT_TRUE(state.list_dangling()->empty());
}

}  // namespace
}  // namespace sweepjob
