#include "runner/io/metric_store.h"

#include <sys/resource.h>
#include <sys/stat.h>

#include <cmath>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sweepjob {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr TrialId kTrial{3};

MetricPoint point(std::uint64_t position, std::string name, double value,
                  Channel channel = Channel::Stdout) {
  MetricPoint made;
  made.channel = channel;
  made.position = position;
  made.name = std::move(name);
  made.value = value;
  return made;
}

class MetricStoreTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "metric_store_XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { fs::remove_all(folder_); }

  [[nodiscard]] std::string file(TrialId trial = kTrial) const {
    return folder_ / "metrics" / std::to_string(index_of(trial));
  }
  [[nodiscard]] std::string bytes() const {
    std::ifstream in(file(), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void set_bytes(std::string_view text) const {
    std::ofstream(file(), std::ios::trunc | std::ios::binary) << text;
  }
  [[nodiscard]] std::unique_ptr<MetricStore> open(MetricStoreLimits limits = {}) const {
    return std::move(MetricStore::open(folder_, limits).value());
  }
  // "1 stdout 10 loss=0.5"
  [[nodiscard]] std::vector<std::string> stored(TrialId trial = kTrial) const {
    std::vector<std::string> lines;
    const auto readout = read_metrics(folder_, trial, [&](const StoredMetric& metric) {
      EXPECT_EQ(metric.attempt.trial, trial);
      lines.push_back(fmt::format("{} {} {} {}={}", metric.attempt.number,
                                  to_string(metric.point.channel), metric.point.position,
                                  metric.point.name, metric.point.value));
    });
    EXPECT_TRUE(readout || readout.error().code() == ErrorCode::NotFound);
    return lines;
  }

  fs::path folder_;
};

TEST_F(MetricStoreTest, GivesBackWhatWasAppended) {
  std::vector<MetricPoint> points = {
      point(10, "loss", 0.1), point(10, "val acc", std::nan("")),
      point(20, "lr", -std::numeric_limits<double>::infinity(), Channel::File)};
  points[0].step = 1.5;
  points[0].time = from_micros(1'700'000'000'123'456);
  points[1].step = -2;
  auto store = open();
  ASSERT_TRUE(store->append({kTrial, 2}, points));
  ASSERT_TRUE(store->sync());
  std::vector<StoredMetric> read;
  const auto readout =
      read_metrics(folder_, kTrial, [&](const StoredMetric& metric) { read.push_back(metric); });
  ASSERT_TRUE(readout);
  EXPECT_EQ(readout->points, 3U);
  ASSERT_THAT(read, SizeIs(3));
  for (std::size_t i = 0; i < points.size(); ++i) {
    EXPECT_EQ(read[i].attempt, (AttemptId{kTrial, 2}));
    EXPECT_EQ(read[i].point.channel, points[i].channel);
    EXPECT_EQ(read[i].point.position, points[i].position);
    EXPECT_EQ(read[i].point.name, points[i].name);
    EXPECT_EQ(read[i].point.step, points[i].step);
    EXPECT_EQ(read[i].point.time, points[i].time);
    EXPECT_TRUE(read[i].point.value == points[i].value || std::isnan(points[i].value));
  }
  EXPECT_TRUE(std::isnan(read[1].point.value));
}

TEST_F(MetricStoreTest, MakesNoFileForATrialThatIsOnlyAskedAbout) {
  auto store = open();
  EXPECT_EQ(store->stored_position({kTrial, 1}, Channel::Stdout).value(), 0U);
  EXPECT_FALSE(fs::exists(file()));
  ASSERT_TRUE(store->append({kTrial, 1}, std::vector{point(10, "a", 1)}));
  EXPECT_EQ(store->stored_position({kTrial, 1}, Channel::Stdout).value(), 10U);
}

TEST_F(MetricStoreTest, DropsWhatComesAgain) {
  {
    auto store = open();
    ASSERT_TRUE(store->append({kTrial, 1}, std::vector{point(10, "a", 1), point(20, "a", 2)}));
    ASSERT_TRUE(store->append({kTrial, 1}, std::vector{point(20, "a", 2), point(30, "a", 3)}));
  }
  auto store = open();
  EXPECT_EQ(store->stored_position({kTrial, 1}, Channel::Stdout).value(), 30U);
  EXPECT_EQ(store->stored_position({kTrial, 1}, Channel::File).value(), 0U);
  EXPECT_EQ(store->stored_position({kTrial, 2}, Channel::Stdout).value(), 0U);
  ASSERT_TRUE(store->append({kTrial, 1}, std::vector{point(30, "a", 3), point(40, "a", 4)}));
  EXPECT_THAT(stored(), ElementsAre("1 stdout 10 a=1", "1 stdout 20 a=2", "1 stdout 30 a=3",
                                    "1 stdout 40 a=4"));
}

TEST_F(MetricStoreTest, AttemptsAndChannelsHavePositionsOfTheirOwn) {
  auto store = open();
  ASSERT_TRUE(store->append({kTrial, 1}, std::vector{point(10, "a", 1)}));
  ASSERT_TRUE(store->append({kTrial, 1}, std::vector{point(5, "a", 2, Channel::File)}));
  ASSERT_TRUE(store->append({kTrial, 2}, std::vector{point(7, "a", 3)}));
  EXPECT_THAT(stored(), ElementsAre("1 stdout 10 a=1", "1 file 5 a=2", "2 stdout 7 a=3"));
}

// The machine dies after each byte; the source delivers again from before. Nothing is there twice,
// nothing is lost, and the points of a line come and go together.
TEST_F(MetricStoreTest, SurvivesACrashAtEveryByte) {
  const std::vector<std::vector<MetricPoint>> batches = {
      {point(10, "a", 1), point(10, "b c", 2), point(4, "x", 9, Channel::File)},
      {point(20, "a", 3)},
      {point(30, "a", 4), point(30, "b c", 5), point(30, "d", 6)}};
  const auto append_all = [&](MetricStore& store) {
    for (const auto& batch : batches) ASSERT_TRUE(store.append({kTrial, 1}, batch));
  };
  append_all(*open());
  const std::string whole = bytes();
  const std::vector<std::string> expected = stored();
  ASSERT_THAT(expected, SizeIs(7));
  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    set_bytes(whole.substr(0, cut));
    append_all(*open());
    EXPECT_EQ(bytes(), whole) << "cut after " << cut << " bytes";
  }
  // The file may have got its length but not its last blocks.
  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    set_bytes(whole.substr(0, cut) + std::string(whole.size() - cut, '\0'));
    append_all(*open());
    EXPECT_EQ(bytes(), whole) << "zeros after " << cut << " bytes";
  }
}

TEST_F(MetricStoreTest, ReadersPassOverATornTail) {
  auto store = open();
  ASSERT_TRUE(store->append({kTrial, 1}, std::vector{point(10, "a", 1)}));
  set_bytes(bytes() + "1\t5\t20\ta\t2");
  EXPECT_THAT(stored(), ElementsAre("1 stdout 10 a=1"));
}

TEST_F(MetricStoreTest, TellsOfADamagedRecordAndKeepsTheOthers) {
  {
    auto store = open();
    ASSERT_TRUE(store->append(
        {kTrial, 1}, std::vector{point(10, "a", 1), point(20, "a", 2), point(30, "a", 3)}));
  }
  std::string damaged = bytes();
  damaged[damaged.find("\t20\t") + 1] = '?';
  set_bytes(damaged);
  auto store = open();
  EXPECT_EQ(store->stored_position({kTrial, 1}, Channel::Stdout).value(), 30U);
  EXPECT_THAT(store->take_warnings(), ElementsAre(HasSubstr("1 damaged")));
  EXPECT_THAT(stored(), ElementsAre("1 stdout 10 a=1", "1 stdout 30 a=3"));
}

TEST_F(MetricStoreTest, RefusesAFileOfAnotherVersionAndLeavesItAlone) {
  fs::create_directory(folder_ / "metrics");
  set_bytes("sweepjob-metrics\t2\nwhatever\n");
  auto store = open();
  const Result<void> appended = store->append({kTrial, 1}, std::vector{point(10, "a", 1)});
  ASSERT_FALSE(appended);
  EXPECT_EQ(appended.error().code(), ErrorCode::StateFolder);
  EXPECT_EQ(bytes(), "sweepjob-metrics\t2\nwhatever\n");
}

TEST_F(MetricStoreTest, BoundsTheNumberOfNamesOfATrial) {
  {
    auto store = open({.names_per_trial = 2, .open_files = 64});
    ASSERT_TRUE(store->append({kTrial, 1}, std::vector{point(10, "a", 1), point(10, "b", 1),
                                                       point(10, "c", 1), point(10, "d", 1)}));
    EXPECT_THAT(store->take_warnings(), ElementsAre(HasSubstr("'c'")));
    EXPECT_THAT(store->take_warnings(), IsEmpty());
  }
  auto store = open({.names_per_trial = 2, .open_files = 64});
  ASSERT_TRUE(store->append({kTrial, 1}, std::vector{point(20, "c", 1), point(20, "b", 1)}));
  EXPECT_THAT(stored(), ElementsAre("1 stdout 10 a=1", "1 stdout 10 b=1", "1 stdout 20 b=1"));
}

TEST_F(MetricStoreTest, ServesMoreTrialsThanItHoldsFilesOpen) {
  auto store = open({.names_per_trial = kMaxMetricNames, .open_files = 3});
  const auto descriptors = [] {
    return std::distance(fs::directory_iterator("/proc/self/fd"), fs::directory_iterator());
  };
  const auto before = descriptors();
  for (std::uint64_t round = 1; round <= 3; ++round) {
    for (std::uint32_t trial = 0; trial < 20; ++trial) {
      ASSERT_TRUE(store->append({TrialId{trial}, 1}, std::vector{point(round, "a", 1)}));
    }
    EXPECT_LE(descriptors(), before + 3);
    ASSERT_TRUE(store->sync());
    EXPECT_LE(descriptors(), before + 3);
  }
  for (std::uint32_t trial = 0; trial < 20; ++trial) {
    EXPECT_THAT(stored(TrialId{trial}), SizeIs(3));
    ASSERT_TRUE(store->close(TrialId{trial}));
  }
  EXPECT_EQ(descriptors(), before);
}

TEST_F(MetricStoreTest, AClosedTrialMayComeBack) {
  auto store = open();
  ASSERT_TRUE(store->append({kTrial, 1}, std::vector{point(10, "a", 1)}));
  ASSERT_TRUE(store->close(kTrial));
  ASSERT_TRUE(store->append({kTrial, 1}, std::vector{point(10, "a", 1), point(20, "a", 2)}));
  EXPECT_THAT(stored(), SizeIs(2));
}

// A file that may not grow stands for a full disk.
TEST_F(MetricStoreTest, AFailedAppendLeavesTheFileAsItWasAndCanBeRepeated) {
  auto store = open();
  ASSERT_TRUE(store->append({kTrial, 1}, std::vector{point(10, "a", 1)}));
  const std::string before = bytes();
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit old_limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old_limit), 0);
  rlimit limit = old_limit;
  limit.rlim_cur = before.size() + 3;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
  const Result<void> appended = store->append({kTrial, 1}, std::vector{point(20, "a", 2)});
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &old_limit), 0);
  std::signal(SIGXFSZ, old_handler);
  ASSERT_FALSE(appended);
  EXPECT_EQ(appended.error().code(), ErrorCode::StateFolder);
  EXPECT_EQ(bytes(), before);
  ASSERT_TRUE(store->append({kTrial, 1}, std::vector{point(20, "a", 2)}));
  EXPECT_THAT(stored(), SizeIs(2));
}

TEST_F(MetricStoreTest, SaysThatATrialHasNone) {
  const auto readout = read_metrics(folder_, TrialId{9}, [](const StoredMetric&) {});
  ASSERT_FALSE(readout);
  EXPECT_EQ(readout.error().code(), ErrorCode::NotFound);
}

}  // namespace
}  // namespace sweepjob
