#include "runner/app/backlog.h"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "runner/core/decide.h"

namespace sweepjob {
namespace {

using testing::ElementsAre;

class Backlogs : public testing::Test {
 protected:
  Backlogs() : sweep_(nullptr, nullptr, Goal::Minimize) {
    rules_.spec.objectives = {{"loss", Goal::Minimize}};
    for (std::uint32_t i = 0; i < 3; ++i) {
      apply(sweep_, {{}, TrialProposed{TrialId{i}, {}, 0}});
      apply(sweep_, {{}, AttemptRequested{{TrialId{i}, 1}, 1, "local"}});
    }
  }

  AttemptKey key(std::uint32_t trial) const { return {{}, {TrialId{trial}, 1}}; }
  MetricBatch batch(std::uint32_t trial, const std::vector<double>& values, bool drained = false) {
    MetricBatch made;
    made.attempt = key(trial);
    for (const double value : values) {
      MetricPoint point;
      point.name = "loss";
      point.value = value;
      made.points.push_back(point);
    }
    made.bytes_read = values.size();
    made.drained = drained;
    return made;
  }
  // "trial:value" in order, "trial!" where it is drained.
  std::vector<std::string> merged(Backlog& backlog) {
    std::vector<std::string> lines;
    for (const MetricBatch& piece : backlog.take(sweep_)) {
      const std::string trial = std::to_string(index_of(piece.attempt.attempt.trial));
      for (const MetricPoint& point : piece.points) {
        lines.push_back(trial + ":" + std::to_string(static_cast<int>(point.value)));
      }
      if (piece.drained) lines.push_back(trial + "!");
    }
    return lines;
  }

  Rules rules_;
  Sweep sweep_;
};

TEST_F(Backlogs, AreMergedByIntervalThenTrialWhateverFileWasReadFirst) {
  Backlog backlog(rules_);
  backlog.add(batch(2, {20, 21}));
  backlog.add(batch(0, {1}));
  backlog.add(batch(1, {10, 11, 12}));
  backlog.add(batch(0, {2}));
  EXPECT_THAT(merged(backlog), ElementsAre("0:1", "1:10", "2:20", "0:2", "1:11", "2:21", "1:12"));
}

TEST_F(Backlogs, CountIntervalsOnFromTheJournal) {
  apply(sweep_, {{}, MetricReported{{TrialId{0}, 1}, 5.0, {}, 10}});
  Backlog backlog(rules_);
  backlog.add(batch(0, {6}));
  backlog.add(batch(1, {10, 11}));
  EXPECT_THAT(merged(backlog), ElementsAre("1:10", "0:6", "1:11"));
}

TEST_F(Backlogs, KeepTheEndOfATrialBehindItsValues) {
  Backlog backlog(rules_);
  backlog.add(batch(1, {10, 11}, true));
  backlog.add(batch(0, {1, 2, 3}, true));
  EXPECT_THAT(merged(backlog), ElementsAre("0:1", "1:10", "0:2", "1:11", "1!", "0:3", "0!"));
}

TEST_F(Backlogs, AreHeldUntilEveryAdoptedFileHasBeenRead) {
  const std::string file = testing::TempDir() + "backlog." + std::to_string(getpid());
  std::ofstream(file) << "12345";
  Backlog backlog(rules_);
  FollowRequest request;
  request.attempt = key(0);
  request.stdout_file = file;
  backlog.expect(request);
  const Timestamp now = from_micros(0);
  backlog.wait_until(now + std::chrono::seconds(5));
  EXPECT_TRUE(backlog.holds(now));
  backlog.add(batch(0, {1, 2, 3}));
  EXPECT_FALSE(backlog.ready(now));
  backlog.add(batch(0, {4, 5}));
  EXPECT_TRUE(backlog.ready(now));
  ::unlink(file.c_str());
}

TEST_F(Backlogs, AreLetGoAtTheDeadlineWhenAFileDoesNotComeBack) {
  const std::string file = testing::TempDir() + "backlog_late." + std::to_string(getpid());
  std::ofstream(file) << "12345";
  Backlog backlog(rules_);
  FollowRequest request;
  request.attempt = key(0);
  request.metrics_file = file;
  backlog.expect(request);
  const Timestamp deadline = from_micros(1000);
  backlog.wait_until(deadline);
  backlog.add(batch(0, {1}));
  EXPECT_FALSE(backlog.ready(from_micros(999)));
  EXPECT_TRUE(backlog.ready(deadline));
  ::unlink(file.c_str());
}

}  // namespace
}  // namespace sweepjob
