#include "runner/app/retention.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <unistd.h>

#include "runner/core/decide.h"

namespace sweepjob {
namespace {

namespace fs = std::filesystem;

class Retention : public testing::Test {
 protected:
  Retention()
      : folder_(testing::TempDir() + "retention." + std::to_string(getpid())),
        sweep_(nullptr, nullptr, Goal::Minimize) {
    fs::remove_all(folder_);
    rules_.spec.extensions.keep_best = 2;
  }
  ~Retention() override { fs::remove_all(folder_); }

  void end_trial(RetentionReporter& reporter, double value, Status status = Status::Completed,
                 std::optional<TrialId> parent = {}) {
    const TrialId id{static_cast<std::uint32_t>(sweep_.trials.size())};
    const AttemptId attempt{id, 1};
    Proposal proposal;
    proposal.parent = parent;
    for (const EventBody& body :
         std::vector<EventBody>{TrialProposed{id, proposal, 0},
                                AttemptRequested{attempt, 1, "local"}, AttemptReleased{attempt},
                                MetricReported{attempt, value, {}, 1}, AttemptEnded{attempt, {}}}) {
      apply(sweep_, {{}, body});
    }
    const std::string trial = folder_ + "/trials/" + std::to_string(index_of(id));
    for (const char* name : {"/checkpoint", "/1/work/outputs", "/1/work/user_logs"}) {
      fs::create_directories(trial + name);
      std::ofstream(trial + name + "/file") << "x";
    }
    const Event finished{{}, TrialFinished{id, status, "", "", 0}};
    apply(sweep_, finished);
    reporter.on_event(finished, sweep_);
  }
  bool has_outputs(int trial) const {
    const std::string base = folder_ + "/trials/" + std::to_string(trial);
    EXPECT_TRUE(fs::exists(base + "/1/work/user_logs/file")) << "logs are always kept";
    EXPECT_EQ(fs::exists(base + "/1/work/outputs"), fs::exists(base + "/checkpoint"));
    return fs::exists(base + "/1/work/outputs");
  }

  std::string folder_;
  Rules rules_;
  Sweep sweep_;
};

TEST_F(Retention, KeepsTheBestTwoAndTheEarlierOfEquals) {
  RetentionReporter reporter(rules_, folder_);
  for (const double value : {3.0, 1.0, 2.0, 2.0}) end_trial(reporter, value);
  EXPECT_FALSE(has_outputs(0));
  EXPECT_TRUE(has_outputs(1));
  EXPECT_TRUE(has_outputs(2));
  EXPECT_FALSE(has_outputs(3));
}

TEST_F(Retention, PutsAFailedTrialBehindEveryOther) {
  RetentionReporter reporter(rules_, folder_);
  end_trial(reporter, 0.1, Status::Failed);
  end_trial(reporter, 5.0);
  end_trial(reporter, 9.0);
  EXPECT_FALSE(has_outputs(0));
  EXPECT_TRUE(has_outputs(1));
  EXPECT_TRUE(has_outputs(2));
}

TEST_F(Retention, KeepsTheCheckpointThatAnotherTrialStartsFrom) {
  RetentionReporter reporter(rules_, folder_);
  end_trial(reporter, 9.0);
  end_trial(reporter, 1.0, Status::Completed, TrialId{0});
  end_trial(reporter, 2.0);
  EXPECT_TRUE(has_outputs(0));
}

TEST_F(Retention, GoesOnWhereAnEarlierControllerStopped) {
  RetentionReporter first(rules_, folder_);
  end_trial(first, 1.0);
  end_trial(first, 2.0);
  RetentionReporter second(rules_, folder_);
  end_trial(second, 3.0);
  EXPECT_TRUE(has_outputs(0));
  EXPECT_TRUE(has_outputs(1));
  EXPECT_FALSE(has_outputs(2));
}

}  // namespace
}  // namespace sweepjob
