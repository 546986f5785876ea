#include "runner/io/lease.h"

#include <csignal>
#include <filesystem>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/inotify.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/temp_folder.h"

namespace sweepjob {
namespace {

using std::chrono::seconds;

const LeaseIdentity kHere{"alpha", "boot-1", 100};
const LeaseIdentity kHereRebooted{"alpha", "boot-2", 100};
const LeaseIdentity kElsewhere{"beta", "boot-9", 7};

// Time stands still unless a test moves it.
class LeaseTest : public testing::Test {
 protected:
  LeaseSeeker seeker(const LeaseIdentity& self) {
    return LeaseSeeker(
        folder_.path(), self, [this] { return monotonic_; }, [this] { return wall_; });
  }
  std::unique_ptr<Lease> taken_by(const LeaseIdentity& self) {
    auto got = seeker(self).poll();
    EXPECT_TRUE(got) << (got ? "" : got.error().text());
    return got ? std::move(*got) : nullptr;
  }
  // As a machine that lost its power leaves it: the file says held, and the lock is gone.
  void leave_behind(const LeaseIdentity& holder) {
    auto lease = taken_by(holder);
    ASSERT_NE(lease, nullptr);
    const std::string path = folder_ / "lease.1";
    const std::string text = read_file(path);
    lease.reset();
    write_file(path, text);
  }

  TempFolder folder_;
  std::chrono::steady_clock::time_point monotonic_{};
  Timestamp wall_ = from_micros(1'790'000'000'000'000);
};

TEST_F(LeaseTest, TheFirstTakerGetsIt) {
  const auto lease = taken_by(kHere);
  ASSERT_NE(lease, nullptr);
  EXPECT_TRUE(lease->still_held());
}

TEST_F(LeaseTest, TheSecondIsRefusedWithHostPidAndAge) {
  const auto lease = taken_by(kHere);
  wall_ += seconds(200);
  const auto refused = seeker(kHere).poll();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::LeaseHeld);
  EXPECT_EQ(refused.error().message(),
            "a controller is running this sweep: host alpha, pid 100, since "
            "2026-09-21T14:13:20.000000Z (3 min)");
  EXPECT_TRUE(lease->still_held());
}

TEST_F(LeaseTest, GivenBackItIsTakenAtOnceByAnyone) {
  static_cast<void>(taken_by(kHere));
  static_cast<void>(taken_by(kElsewhere));
  EXPECT_NE(taken_by(kHereRebooted), nullptr);
}

TEST_F(LeaseTest, ADeadHolderOfThisHostAndBootIsReplacedAtOnce) {
  leave_behind(kHere);
  EXPECT_NE(taken_by({"alpha", "boot-1", 222}), nullptr);
}

TEST_F(LeaseTest, AnotherHostWaitsThirtySecondsOfItsOwnClock) {
  leave_behind(kHere);
  for (const LeaseIdentity& self : {kElsewhere, kHereRebooted}) {
    LeaseSeeker taker = seeker(self);
    EXPECT_EQ(taker.poll().value(), nullptr);
    EXPECT_NE(taker.waiting_for().find("host alpha, pid 100"), std::string::npos);
    wall_ += std::chrono::hours(24);  // means nothing
    EXPECT_EQ(taker.poll().value(), nullptr);
    monotonic_ += seconds(29);
    EXPECT_EQ(taker.poll().value(), nullptr);
  }
  LeaseSeeker taker = seeker(kElsewhere);
  EXPECT_EQ(taker.poll().value(), nullptr);
  monotonic_ += seconds(30);
  EXPECT_NE(taker.poll().value(), nullptr);
}

TEST_F(LeaseTest, ALeaseThatIsRenewedMeanwhileIsHeld) {
  leave_behind(kHere);
  LeaseSeeker taker = seeker(kElsewhere);
  EXPECT_EQ(taker.poll().value(), nullptr);
  auto record = parse_lease_text(read_file(folder_ / "lease.1"));
  ASSERT_TRUE(record);
  record->renewals += 1;
  write_file(folder_ / "lease.1", to_lease_text(*record));
  monotonic_ += seconds(31);
  const auto refused = taker.poll();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::LeaseHeld);
  // Asked again, it begins to watch anew.
  EXPECT_EQ(taker.poll().value(), nullptr);
}

TEST_F(LeaseTest, ATextThatIsHalfWrittenCountsAsASignOfLife) {
  leave_behind(kHere);
  LeaseSeeker taker = seeker(kElsewhere);
  EXPECT_EQ(taker.poll().value(), nullptr);
  std::filesystem::resize_file(folder_ / "lease.1", 100);
  monotonic_ += seconds(31);
  EXPECT_FALSE(taker.poll());
}

TEST_F(LeaseTest, OfTwoTakersOneWins) {
  leave_behind(kHere);
  LeaseSeeker first = seeker(kElsewhere);
  EXPECT_EQ(first.poll().value(), nullptr);
  // The kernel lock of one machine does not exist on the other: it is given up for the test.
  std::filesystem::remove(folder_ / "lease");
  LeaseSeeker second = seeker({"gamma", "boot-5", 1});
  EXPECT_EQ(second.poll().value(), nullptr);
  monotonic_ += seconds(31);
  const auto winner = first.poll().value();
  ASSERT_NE(winner, nullptr);
  const auto loser = second.poll();
  ASSERT_FALSE(loser);
  EXPECT_EQ(loser.error().code(), ErrorCode::LeaseHeld);
  EXPECT_TRUE(winner->still_held());
}

TEST_F(LeaseTest, AFormerHolderFindsOutAndDoesNotDisturbItsSuccessor) {
  auto former = taken_by(kHere);
  std::filesystem::remove(folder_ / "lease");
  LeaseSeeker taker = seeker(kElsewhere);
  EXPECT_EQ(taker.poll().value(), nullptr);
  EXPECT_TRUE(former->still_held());
  monotonic_ += seconds(31);
  const auto successor = taker.poll().value();
  ASSERT_NE(successor, nullptr);
  EXPECT_FALSE(former->still_held());
  const std::string text = read_file(folder_ / "lease.2");
  EXPECT_TRUE(former->renew());
  former.reset();
  EXPECT_EQ(read_file(folder_ / "lease.2"), text);
  EXPECT_TRUE(successor->still_held());
}

TEST_F(LeaseTest, ARenewalChangesTheFileAndTellsTheEpoch) {
  const auto lease = taken_by(kHere);
  const auto before = parse_lease_text(read_file(folder_ / "lease.1"));
  lease->set_epoch(4);
  ASSERT_TRUE(lease->renew());
  const auto after = parse_lease_text(read_file(folder_ / "lease.1"));
  ASSERT_TRUE(before && after);
  EXPECT_GT(after->renewals, before->renewals);
  EXPECT_EQ(after->epoch, 4u);
  EXPECT_EQ(after->holder, kHere);
}

TEST_F(LeaseTest, RenewsItselfInTheBackground) {
  const auto lease = taken_by(kHere);
  lease->start_renewing(std::chrono::milliseconds(1));
  for (;;) {  // ends with the test's time limit should it never happen
    const auto record = parse_lease_text(read_file(folder_ / "lease.1"));
    if (record && record->renewals >= 3) break;
  }
  EXPECT_FALSE(lease->last_error());
}

TEST_F(LeaseTest, AKilledHolderIsReplacedAtOnce) {
  const LeaseIdentity self = LeaseIdentity::of_this_process();
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const auto lease = taken_by(self);
    const char told = lease != nullptr ? '1' : '0';
    if (::write(ends[1], &told, 1) == 1) ::pause();
    ::_exit(1);
  }
  char told = 0;
  ASSERT_EQ(::read(ends[0], &told, 1), 1);
  EXPECT_EQ(told, '1');
  EXPECT_FALSE(seeker(self).poll());
  EXPECT_TRUE(look_at_lease(folder_.path(), self)->locked);
  ::kill(child, SIGKILL);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  EXPECT_FALSE(look_at_lease(folder_.path(), self)->locked);
  EXPECT_NE(taken_by(self), nullptr);
  ::close(ends[0]);
  ::close(ends[1]);
}

// The kernel closes the files of a process that was killed when it has taken its memory back.
TEST_F(LeaseTest, AHolderThatIsDyingIsWaitedFor) {
  int started[2];
  ASSERT_EQ(::pipe(started), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    auto lease = acquire_lease(folder_.path(), nullptr);
    const int watch = ::inotify_init1(IN_CLOEXEC);
    const bool ready = lease.has_value() && watch >= 0 &&
                       ::inotify_add_watch(watch, (folder_ / "lease").c_str(), IN_OPEN) >= 0;
    (void)!::write(started[1], ready ? "1" : "0", 1);
    // Until somebody else tries to take it.
    char event[4096];
    (void)!::read(watch, event, sizeof event);
    ::_exit(0);
  }
  char held = '0';
  ASSERT_EQ(::read(started[0], &held, 1), 1);
  ASSERT_EQ(held, '1');
  EXPECT_TRUE(acquire_lease(folder_.path(), nullptr));
  ::waitpid(child, nullptr, 0);
  ::close(started[0]);
  ::close(started[1]);
}

TEST_F(LeaseTest, AProgramStartedByTheHolderDoesNotKeepItAlive) {
  auto lease = taken_by(kHere);
  int in[2];
  int out[2];
  ASSERT_EQ(::pipe2(in, O_CLOEXEC), 0);
  ASSERT_EQ(::pipe2(out, O_CLOEXEC), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::dup2(in[0], 0);
    ::dup2(out[1], 1);
    ::execlp("cat", "cat", static_cast<char*>(nullptr));
    ::_exit(1);
  }
  // What it echoes proves that it is past its exec, and alive.
  char echo = 0;
  ASSERT_EQ(::write(in[1], "x", 1), 1);
  ASSERT_EQ(::read(out[0], &echo, 1), 1);
  lease.reset();
  EXPECT_NE(taken_by(kHere), nullptr);
  for (const int fd : {in[0], in[1], out[0], out[1]}) ::close(fd);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
}

TEST_F(LeaseTest, LookingTakesNothing) {
  EXPECT_FALSE(look_at_lease(folder_.path(), kHere)->record);
  EXPECT_FALSE(path_exists(folder_ / "lease"));
  const auto lease = taken_by(kHere);
  const auto view = look_at_lease(folder_.path(), kElsewhere);
  ASSERT_TRUE(view && view->record);
  EXPECT_TRUE(view->locked);
  EXPECT_TRUE(view->elsewhere);
  EXPECT_EQ(view->record->holder, kHere);
  EXPECT_TRUE(lease->still_held());
}

TEST(LeaseText, HostileNamesAndCutTextsAreHarmless) {
  LeaseRecord record;
  record.holder = {"evil\nreleased 1\n", "", 3};
  record.token = "t";
  const auto parsed = parse_lease_text(to_lease_text(record));
  ASSERT_TRUE(parsed);
  EXPECT_FALSE(parsed->released);
  EXPECT_EQ(parsed->holder.host, "evil_released_1_");
  const std::string text = to_lease_text(record);
  for (std::size_t size = 0; size < text.size(); ++size) {
    EXPECT_FALSE(parse_lease_text(std::string_view(text).substr(0, size)));
  }
}

}  // namespace
}  // namespace sweepjob
