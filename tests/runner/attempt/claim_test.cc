#include <algorithm>
#include <filesystem>

#include <gmock/gmock.h>

#include "tests/runner/attempt/attempt_fixture.h"

namespace sweepjob::testing {
namespace {

class AttemptClaim : public AttemptTest {};

TEST_F(AttemptClaim, LetsExactlyOneOfManyRacingProgramsRunTheCommand) {
  launch_.command = "echo ran >> ../ran; echo $PPID";
  write_file(path("launch"), to_text(launch_));
  std::vector<pid_t> programs;
  for (int i = 0; i < 20; ++i) programs.push_back(start_program(folder()));
  std::vector<int> codes;
  for (const pid_t program : programs) codes.push_back(wait_for_program(program));
  EXPECT_EQ(std::count(codes.begin(), codes.end(), 0), 1);
  EXPECT_EQ(std::count(codes.begin(), codes.end(), attempt_exit::kClaimLost), 19);
  EXPECT_EQ(read_file(path("ran")), "ran\n");
  const auto claim = parse_claim(read_file(path("claim")));
  ASSERT_TRUE(claim);
  const std::size_t winner = std::find(codes.begin(), codes.end(), 0) - codes.begin();
  EXPECT_EQ(claim->pid, programs[winner]);
  EXPECT_EQ(log(), std::to_string(programs[winner]) + "\n");
  EXPECT_EQ(claim->params_hash, launch_.params_hash);
}

TEST_F(AttemptClaim, IsNotTakenTwiceAfterTheCommandHasEnded) {
  EXPECT_EQ(run("echo ran >> ../ran").outcome, "exited");
  EXPECT_EQ(wait_for_program(start_program(folder())), attempt_exit::kClaimLost);
  EXPECT_EQ(read_file(path("ran")), "ran\n");
}

TEST_F(AttemptClaim, LeavesNoTemporaryFiles) {
  // It runs until its start is recorded, which the shortest ones do not.
  run("until [ -e ../start ]; do sleep 0.01; done");
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder())) {
    names.push_back(entry.path().filename());
  }
  EXPECT_THAT(names, ::testing::UnorderedElementsAre("launch", "claim", "start", "exit", "work"));
}

TEST_F(AttemptClaim, IsRefusedOnceALaterControllerHasTakenOver) {
  write_file(world_.path() + "/journal.2", "");
  EXPECT_EQ(wait_for_program(start("touch ../ran")), attempt_exit::kSuperseded);
  EXPECT_FALSE(std::filesystem::exists(path("claim")));
  EXPECT_FALSE(std::filesystem::exists(path("ran")));
  launch_.epoch = 2;
  EXPECT_EQ(run("touch ../ran").outcome, "exited");
}

TEST_F(AttemptClaim, IsNotTriedWithATornLaunchRecord) {
  launch_.command = "touch ../ran";
  const std::string whole = to_text(launch_);
  for (const std::size_t size : {std::size_t{0}, whole.size() / 2, whole.size() - 1}) {
    write_file(path("launch"), whole.substr(0, size));
    EXPECT_EQ(wait_for_program(start_program(folder())), attempt_exit::kBadLaunch) << size;
  }
  EXPECT_FALSE(std::filesystem::exists(path("claim")));
  EXPECT_EQ(wait_for_program(start_program(world_.path() + "/nowhere")), attempt_exit::kBadLaunch);
}

TEST_F(AttemptClaim, NeverStartsWhatWasCancelledBefore) {
  write_file(path("cancel"), "");
  const ExitRecord record = run("touch ../ran");
  EXPECT_EQ(record.outcome, "canceled");
  EXPECT_FALSE(record.start);
  EXPECT_FALSE(std::filesystem::exists(path("ran")));
}

}  // namespace
}  // namespace sweepjob::testing
