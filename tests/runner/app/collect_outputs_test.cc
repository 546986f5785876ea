#include "runner/app/collect_outputs.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "model/process_identity.h"
#include "runner/app/live_attempts.h"
#include "tests/runner/app/sweep_builder.h"

namespace sweepjob {
namespace {

namespace fs = std::filesystem;

// One trial that has left a model and a link to somewhere outside.
class CollectOutputs : public testing::Test {
 protected:
  void SetUp() override {
    builder_.run(0).report(0, 0.5);
    attempt_ = builder_.latest(0);
    builder_.put(attempt_, "work/outputs/model.bin", "weights");
    builder_.put(attempt_, "work/logs/tb.log", "log");
    fs::create_symlink("/etc/passwd", builder_.folder() + "/trials/0/1/work/outputs/passwd");
    builder_.end(0, Outcome::Exited).write();
    loaded_ = *load_sweep(builder_.folder());
  }

  SweepBuilder builder_;
  AttemptId attempt_;
  LoadedSweep loaded_;
  TempFolder target_;
};

TEST_F(CollectOutputs, CopiesWhatTheTrialLeft) {
  const std::string to = target_ / "there";
  const auto done = collect_outputs(loaded_, TrialId{0}, {}, to);
  ASSERT_TRUE(done.has_value());
  EXPECT_EQ(read_file(to + "/outputs/model.bin"), "weights");
  EXPECT_FALSE(fs::exists(to + "/logs"));
  ASSERT_TRUE(collect_outputs(loaded_, TrialId{0}, {true, {}}, target_ / "all").has_value());
  EXPECT_EQ(read_file(target_ / "all/logs/tb.log"), "log");
}

TEST_F(CollectOutputs, NeverFollowsALink) {
  const std::string to = target_ / "there";
  ASSERT_TRUE(collect_outputs(loaded_, TrialId{0}, {}, to).has_value());
  EXPECT_TRUE(fs::is_symlink(to + "/outputs/passwd"));
}

TEST_F(CollectOutputs, OverwritesNothing) {
  write_file(target_ / "mine", "mine");
  const auto done = collect_outputs(loaded_, TrialId{0}, {}, target_.path());
  ASSERT_TRUE(done.has_error());
  EXPECT_EQ(done.error().code(), ErrorCode::Conflict);
  EXPECT_EQ(collect_outputs(loaded_, TrialId{1}, {}, target_ / "x").error().code(),
            ErrorCode::NotFound);
  EXPECT_EQ(collect_outputs(loaded_, TrialId{0}, {false, "model"}, target_ / "x").error().code(),
            ErrorCode::NotFound);
}

TEST(LiveAttempts, AreThoseWhoseAttemptProgramLives) {
  SweepBuilder builder;
  const MachineIdentity machine = read_machine_identity();
  ClaimRecord claim;
  claim.token = "t";
  claim.host = "here";
  claim.boot_id = machine.boot_id;
  claim.pid_namespace = machine.pid_namespace;
  claim.pid = ::getpid();
  claim.start_ticks = read_process_stat("self")->start_ticks;
  const AttemptId mine{TrialId{0}, 1}, ended{TrialId{1}, 1}, dead{TrialId{2}, 1};
  builder.put(mine, "claim", to_text(claim));
  builder.put(ended, "claim", to_text(claim));
  builder.put(ended, "exit", "");
  claim.start_ticks += 1;  // a pid that was reused
  builder.put(dead, "claim", to_text(claim));
  EXPECT_EQ(find_live_attempts(builder.folder()), std::vector<AttemptId>{mine});
}

}  // namespace
}  // namespace sweepjob
