#include "model/attempt_record.h"

#include <gtest/gtest.h>

#include "model/launch.h"

namespace sweepjob {
namespace {

LaunchRecord some_launch() {
  LaunchRecord launch;
  launch.token = "uid-1-2";
  launch.epoch = 7;
  launch.params_hash = "abc";
  launch.command = "python train.py --lr 10%\n  && echo \"done\"\r\t\x7f";
  launch.sweep_folder = "/state/sweep";
  launch.code_folder = "/code with blanks";
  launch.link_code = true;
  launch.checkpoint_folder = "/c";
  launch.resume_folder = "/r";
  launch.environment = {{"A", "1=2\n"}, {"EMPTY", ""}, {"UTF8", "\xc3\xa9"}};
  launch.inherited_environment_file = "/environment";
  launch.activate = "/venv";
  launch.trial_timeout_ms = 5;
  launch.grace_ms = 6;
  launch.lease_ms = 7;
  launch.gpu_ids = {"0", "GPU-1"};
  launch.process_count = 4;
  launch.distribution = "pytorch";
  launch.own_cgroup = true;
  return launch;
}

TEST(AttemptRecord, ComesBackAsItWasWritten) {
  EXPECT_EQ(parse_launch(to_text(some_launch())), some_launch());
  const ClaimRecord claim{"t", "host", "boot", 4026531836, 42, 4711, 3, "hash", 99, "id"};
  EXPECT_EQ(parse_claim(to_text(claim)), claim);
  const StartRecord start{"host", 43, true, 100, "/sys/fs/cgroup/sweepjob-t"};
  EXPECT_EQ(parse_start(to_text(start)), start);
  const HeartbeatRecord heartbeat{42, 5, 101};
  EXPECT_EQ(parse_heartbeat(to_text(heartbeat)), heartbeat);
  const ExitRecord ended{"exited", -1, "a\nb", start, 102, 10, 20, {1, 2}};
  EXPECT_EQ(parse_exit(to_text(ended)), ended);
  const ExitRecord unstarted{"canceled", 0, "", std::nullopt, 102, 0, 0, {}};
  EXPECT_EQ(parse_exit(to_text(unstarted)), unstarted);
}

TEST(AttemptRecord, IsRefusedWhereverItIsTorn) {
  const std::string whole = to_text(some_launch());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(parse_launch(whole.substr(0, size))) << size;
  }
}

TEST(AttemptRecord, IsRefusedWhenItIsSomethingElse) {
  EXPECT_FALSE(parse_claim(to_text(some_launch())));
  EXPECT_FALSE(parse_exit("sweepjob-exit 2\noutcome exited\nend\n"));
  EXPECT_FALSE(parse_exit("sweepjob-exit 1\noutcome exited\nend\nmore\n"));
  EXPECT_FALSE(parse_exit("sweepjob-exit 1\noutcome exited\ncode 12x\nend\n"));
  EXPECT_FALSE(parse_exit("sweepjob-exit 1\noutcome %zz\nend\n"));
  EXPECT_FALSE(parse_exit("sweepjob-exit 1\noutcome %4\nend\n"));
  EXPECT_FALSE(parse_exit(std::string(kMaxRecordBytes + 1, 'x')));
}

TEST(AttemptRecord, KeepsEveryFieldOnItsLine) {
  ExitRecord record;
  record.outcome = "exited";
  record.message = "x\nend\ncode 9";
  const std::string text = to_text(record);
  EXPECT_EQ(parse_exit(text)->message, record.message);
  EXPECT_EQ(parse_exit(text)->code, 0);
}

TEST(AttemptRecord, LetsALaterVersionAddFields) {
  const auto record = parse_exit("sweepjob-exit 1\noutcome exited\nnew_field x y\nend\n");
  ASSERT_TRUE(record);
  EXPECT_EQ(record->outcome, "exited");
}

TEST(AttemptRecord, ReadsAClaimOfAVersionWithoutMachineId) {
  ClaimRecord claim{"t", "host", "boot", 4026531836, 42, 4711, 3, "hash", 99, "id"};
  std::string text = to_text(claim);
  text.erase(text.find("machine_id"), std::string("machine_id id\n").size());
  claim.machine_id.clear();
  EXPECT_EQ(parse_claim(text), claim);
}

// The attempt program cannot link to_string(Outcome).
TEST(AttemptRecord, UsesTheWordsOfOutcome) {
  for (const char* word : {"exited", "signalled", "out_of_memory", "missing_program", "timed_out",
                           "canceled", "lost", "rejected"}) {
    EXPECT_TRUE(outcome_from(word)) << word;
  }
}

}  // namespace
}  // namespace sweepjob
