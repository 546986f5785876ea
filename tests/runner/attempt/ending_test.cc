#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/runner/attempt/attempt_fixture.h"

namespace sweepjob::testing {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class AttemptEnding : public AttemptTest {};

TEST_F(AttemptEnding, TellsExitCodesSignalsAndMissingProgramsApart) {
  struct Row {
    const char* command;
    const char* outcome;
    int code;
    const char* message;
  };
  for (const Row& row : {
           Row{"true", "exited", 0, ""},
           Row{"exit 3", "exited", 3, ""},
           Row{"kill -SEGV $$", "signalled", 11, "SIGSEGV"},
           Row{"kill -9 $$", "signalled", 9, "SIGKILL"},
           Row{"no_such_program_here --x", "missing_program", 127, "no_such_program_here"},
           Row{"echo hello; /etc/passwd", "missing_program", 126, "Permission denied"},
           Row{"exit 127", "exited", 127, ""},
           Row{"echo 'bash: line 1: not the last'; echo done; exit 127", "exited", 127, ""},
       }) {
    std::filesystem::remove_all(folder());
    const ExitRecord record = run(row.command);
    EXPECT_EQ(record.outcome, row.outcome) << row.command;
    EXPECT_EQ(record.code, row.code) << row.command;
    EXPECT_THAT(record.message, HasSubstr(row.message)) << row.command;
    ASSERT_TRUE(record.start) << row.command;
    EXPECT_LE(record.start->started_us, record.ended_us);
  }
}

TEST_F(AttemptEnding, NamesTheRealSizesOfWhatMetricsAreReadFrom) {
  const ExitRecord record =
      run("seq 1000; seq 10 >&2; echo '{\"a\":1}' > \"$SWEEPJOB_METRICS_FILE\"");
  EXPECT_EQ(record.stdout_bytes, std::filesystem::file_size(path(attempt_file::kStdout)));
  EXPECT_EQ(record.metrics_bytes, std::filesystem::file_size(path(attempt_file::kMetrics)));
  EXPECT_EQ(record.stdout_bytes, 3893U + 21U);
  EXPECT_EQ(record.metrics_bytes, 8U);
}

TEST_F(AttemptEnding, LeavesNothingOfTheTreeAlsoWhatMovedToItsOwnSession) {
  const ExitRecord record =
      run("setsid bash -c ': > ../1; exec sleep 1000' & "
          "(setsid bash -c 'sleep 1001 & : > ../2; sleep 1002' &) ; sleep 1003 & "
          "env -i setsid bash -c ': > ../3; sleep 1004; true' TEST_MARK=$TEST_MARK & "
          "until [ -e ../1 ] && [ -e ../2 ] && [ -e ../3 ]; do sleep 0.01; done; echo done");
  EXPECT_EQ(record.outcome, "exited");
  EXPECT_EQ(log(), "done\n");
  EXPECT_THAT(processes_with(mark()), IsEmpty());
}

TEST_F(AttemptEnding, LeavesNoControlGroupOfItsOwnOrOfTheCommand) {
  launch_.own_cgroup = true;
  const pid_t program = start(
      "(setsid sleep 1000 &); until [ -e ../start ]; do sleep 0.01; done; "
      "cgroup=$(sed -n 's/^cgroup //p' ../start); "
      "[ -z \"$cgroup\" ] || { mkdir $cgroup/inner; sleep 1001 & "
      "echo $! > $cgroup/inner/cgroup.procs; "
      "cat $cgroup/cgroup.procs $cgroup/inner/cgroup.procs | wc -l; }");
  ASSERT_TRUE(eventually([&] { return std::filesystem::exists(path("start")); }));
  const auto started = parse_start(read_file(path("start")));
  EXPECT_EQ(wait_for_program(program), 0);
  EXPECT_EQ(exit_record().outcome, "exited");
  EXPECT_THAT(processes_with(mark()), IsEmpty());
  ASSERT_TRUE(started);
  if (started->cgroup.empty()) GTEST_SKIP() << "no control group can be made here";
  EXPECT_GE(std::atoi(log().c_str()), 3) << "the shell and both sleeps";
  EXPECT_FALSE(std::filesystem::exists(started->cgroup));
}

TEST_F(AttemptEnding, ByCancelLeavesNothingOfTheTree) {
  const pid_t program = start("setsid sleep 1000 & sleep 1001 & echo ready; wait");
  ASSERT_TRUE(log_has("ready"));
  cancel(program);
  EXPECT_EQ(wait_for_program(program), 0);
  EXPECT_EQ(exit_record().outcome, "canceled");
  EXPECT_THAT(processes_with(mark()), IsEmpty());
}

TEST_F(AttemptEnding, ByCancelLetsTheCommandSaveItsWork) {
  const pid_t program =
      start("trap 'echo saved; exit 0' TERM; echo ready; while :; do sleep 0.01; done");
  ASSERT_TRUE(log_has("ready"));
  cancel(program);
  EXPECT_EQ(wait_for_program(program), 0);
  EXPECT_EQ(exit_record().outcome, "canceled");
  EXPECT_THAT(log(), HasSubstr("saved"));
}

TEST_F(AttemptEnding, ByCancelKillsWhatIgnoresTermOnceTheGraceIsOver) {
  launch_.grace_ms = 300;
  const pid_t program = start("trap '' TERM; echo ready; while :; do sleep 0.01; done");
  ASSERT_TRUE(log_has("ready"));
  const auto begin = std::chrono::steady_clock::now();
  cancel(program);
  EXPECT_EQ(wait_for_program(program), 0);
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(300));
  EXPECT_EQ(exit_record().outcome, "canceled");
  EXPECT_THAT(processes_with(mark()), IsEmpty());
}

TEST_F(AttemptEnding, ByTrialTimeoutNeedsNoController) {
  launch_.trial_timeout_ms = 1500;
  launch_.grace_ms = 200;
  const ExitRecord record = run("trap '' TERM; echo deaf; while :; do sleep 0.01; done");
  EXPECT_EQ(record.outcome, "timed_out");
  ASSERT_TRUE(record.start);
  // On a busy machine it may not have got as far as the trap.
  const std::int64_t grace_us = log() == "deaf\n" ? 200'000 : 0;
  EXPECT_GE(record.ended_us - record.start->started_us, 1'500'000 + grace_us);
  EXPECT_THAT(processes_with(mark()), IsEmpty());
}

TEST_F(AttemptEnding, BySomebodyElsesTermIsALostAttemptAndNoCancel) {
  const pid_t program = start("echo ready; sleep 1000");
  ASSERT_TRUE(log_has("ready"));
  ::kill(program, SIGTERM);
  EXPECT_EQ(wait_for_program(program), 0);
  EXPECT_EQ(exit_record().outcome, "lost");
}

TEST_F(AttemptEnding, ByKillOfTheProgramTakesTheCommandAlong) {
  const pid_t program = start("echo ready; exec sleep 1000");
  ASSERT_TRUE(log_has("ready"));
  ::kill(program, SIGKILL);
  EXPECT_EQ(wait_for_program(program), 1009);
  EXPECT_TRUE(eventually([&] { return processes_with(mark()).empty(); }));
  EXPECT_FALSE(std::filesystem::exists(path("exit")));
}

TEST_F(AttemptEnding, ComesByTheCancelFileAloneAtTheNextBeat) {
  launch_.lease_ms = 8000;
  const pid_t program = start("echo ready; sleep 1000");
  ASSERT_TRUE(log_has("ready"));
  write_file(path("cancel"), "");
  EXPECT_EQ(wait_for_program(program), 0);
  EXPECT_EQ(exit_record().outcome, "canceled");
}

TEST_F(AttemptEnding, ComesWhenTheLeaseCannotBeRenewed) {
  launch_.lease_ms = 3000;
  const pid_t program = start("echo ready; while :; do sleep 0.01; done");
  ASSERT_TRUE(log_has("ready"));
  ASSERT_TRUE(eventually([&] { return std::filesystem::exists(path("heartbeat")); }));
  // Beats go on being written while the folder goes.
  ASSERT_TRUE(eventually([&] {
    std::error_code ignored;
    std::filesystem::remove_all(folder(), ignored);
    return !std::filesystem::exists(folder());
  }));
  EXPECT_TRUE(eventually([&] { return processes_with(mark()).empty(); }));
  EXPECT_EQ(wait_for_program(program), attempt_exit::kNoExitRecord);
}

// The trial has ended: what it cost is not lost because its record has no room.
TEST_F(AttemptEnding, ComesWhenTheProgramWasStoppedForALeaseAndSaysSo) {
  launch_.lease_ms = 2000;
  const pid_t program = start("sleep 1000");
  // Its lease begins when it watches, which may be after the first words of the command.
  ASSERT_TRUE(eventually([&] { return std::filesystem::exists(path("start")); }));
  ::kill(program, SIGSTOP);
  int status = 0;
  ASSERT_EQ(::waitpid(program, &status, WUNTRACED), program);
  ASSERT_TRUE(WIFSTOPPED(status));
  ::usleep(3'000'000);  // for longer than its lease
  ::kill(program, SIGCONT);
  EXPECT_EQ(wait_for_program(program), 0);
  EXPECT_EQ(exit_record().outcome, "lost");
  EXPECT_THAT(exit_record().message, ContainsRegex("was not run for at least [0-9]+[.][0-9] s"));
  EXPECT_THAT(exit_record().message, Not(HasSubstr("could not be written")));
}

TEST_F(AttemptEnding, OnAFullDiskWaitsForSpaceToBeRecorded) {
  const std::string disk = world_.path() + "/trials";
  std::filesystem::create_directory(disk);
  if (::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=1m") != 0) {
    GTEST_SKIP() << "no tmpfs can be mounted here: " << std::strerror(errno);
  }
  launch_.lease_ms = 2000;  // which a record that cannot be written for another reason waits for
  const std::string go = world_.path() + "/go";
  const pid_t program = start("echo ready; until [ -e '" + go + "' ]; do sleep 0.02; done; exit 3");
  ASSERT_TRUE(log_has("ready"));
  ASSERT_TRUE(eventually([&] { return std::filesystem::exists(path("start")); }));
  const std::string filler = disk + "/filler";
  {
    std::ofstream file(filler, std::ios::binary);
    while (file.write(std::string(4096, 'x').data(), 4096).flush()) {
    }
  }
  write_file(go, "");
  // Of the command, not of the program that waits.
  ASSERT_TRUE(eventually([&] { return processes_with(mark()).empty(); }));
  ::usleep(3'500'000);
  EXPECT_EQ(::waitpid(program, nullptr, WNOHANG), 0) << "it waits";
  EXPECT_FALSE(std::filesystem::exists(path("exit")));
  std::filesystem::remove(filler);
  EXPECT_EQ(wait_for_program(program), 0);
  EXPECT_EQ(exit_record().code, 3);
  ::umount2(disk.c_str(), MNT_DETACH);
}

TEST_F(AttemptEnding, ThatSomebodyElseHasDeclaredStands) {
  launch_.lease_ms = 400;
  const pid_t program = start("echo ready; sleep 1000");
  ASSERT_TRUE(log_has("ready"));
  ExitRecord declared;
  declared.outcome = "lost";
  declared.message = "declared by a test";
  write_file(path("exit.tmp"), to_text(declared));
  std::filesystem::rename(path("exit.tmp"), path("exit"));
  EXPECT_EQ(wait_for_program(program), 0);
  EXPECT_EQ(exit_record(), declared);
  EXPECT_THAT(processes_with(mark()), IsEmpty());
}

TEST_F(AttemptEnding, ByTheKernelForMemoryIsToldFromAKill) {
  const std::string group = "/sys/fs/cgroup/memory/sweepjob-test-" + std::to_string(::getpid());
  std::error_code error;
  std::filesystem::create_directory(group, error);
  std::ofstream limit(group + "/memory.limit_in_bytes");
  limit << 30'000'000 << std::flush;
  if (error || !limit) {
    GTEST_SKIP() << "no memory control group can be made here, so nothing can run out of memory";
  }
  // Once its kills so far have been counted. The shell lives on and passes 137 on, as with most
  // commands.
  const ExitRecord record = run("until [ -e ../start ]; do sleep 0.01; done; (echo $BASHPID > " +
                                group + "/cgroup.procs && exec tail /dev/zero); exit $?");
  EXPECT_EQ(record.outcome, "out_of_memory") << record.message;
  std::filesystem::remove(group, error);
}

}  // namespace
}  // namespace sweepjob::testing
