#include "runner/metrics/file_metric_source.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

namespace sweepjob {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

asio::awaitable<void> take_one(MetricSource* source, Result<std::vector<MetricBatch>>* result) {
  *result = co_await source->next_batch();
}

// What the controller knows of an attempt's metrics.
struct Known {
  std::vector<double> values;
  std::uint64_t bytes_read = 0;
  int drained = 0;
  std::vector<std::string> warnings;
};

class FileMetricSourceTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "metric_source_XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    source_ = make();
  }
  void TearDown() override {
    source_.reset();
    context_.run();
    fs::remove_all(folder_);
  }

  std::unique_ptr<MetricSource> make() {
    FileMetricOptions options;
    options.primary_metrics = {"acc"};
    options.poll_interval = std::chrono::milliseconds(1);
    options.idle_interval = std::chrono::milliseconds(2);
    return std::move(make_file_metric_source(context_.get_executor(), options).value());
  }

  static AttemptKey key(std::uint32_t trial) { return {SweepUid{}, {TrialId{trial}, 1}}; }
  [[nodiscard]] std::string log(std::uint32_t trial) const {
    return folder_ / ("log" + std::to_string(trial));
  }
  [[nodiscard]] FollowRequest request(std::uint32_t trial, std::uint64_t from = 0) const {
    return {key(trial),
            log(trial),
            folder_ / ("file" + std::to_string(trial)),
            {{Channel::Stdout, from}}};
  }
  static void append(const std::string& path, std::string_view bytes) {
    std::ofstream(path, std::ios::app | std::ios::binary) << bytes;
  }

  // Waits for one answer of next_batch() and files it under `known_`.
  void receive() {
    Result<std::vector<MetricBatch>> result = Error(ErrorCode::Internal, "no answer");
    asio::co_spawn(context_, take_one(source_.get(), &result), asio::detached);
    context_.restart();
    context_.run();
    ASSERT_TRUE(result) << result.error().text();
    ASSERT_THAT(*result, testing::Not(IsEmpty()));
    for (MetricBatch& batch : *result) {
      Known& known = known_[index_of(batch.attempt.attempt.trial)];
      for (const MetricPoint& point : batch.points) known.values.push_back(point.value);
      known.bytes_read += batch.bytes_read;
      known.drained += batch.drained ? 1 : 0;
      for (MetricWarning& warning : batch.warnings)
        known.warnings.push_back(std::move(warning.text));
    }
  }

  asio::io_context context_{1};
  fs::path folder_;
  std::unique_ptr<MetricSource> source_;
  std::map<std::uint32_t, Known> known_;
};

TEST_F(FileMetricSourceTest, DeliversLiveAndThenDrainedOnce) {
  source_->follow(request(0));
  append(log(0), "acc=1\n");
  while (known_[0].values.empty()) receive();
  EXPECT_THAT(known_[0].values, ElementsAre(1));
  append(log(0), "acc=2\nacc=3");
  source_->finish(key(0), {17, 0});
  source_->finish(key(0), {17, 0});
  while (known_[0].drained == 0) receive();
  EXPECT_THAT(known_[0].values, ElementsAre(1, 2, 3));
  EXPECT_EQ(known_[0].bytes_read, 17U);
  source_->finish(key(0), {17, 0});
  source_->follow(request(0));  // it has ended
  append(log(1), "acc=9\n");
  source_->follow(request(1));
  while (known_[1].values.empty()) receive();
  EXPECT_EQ(known_[0].drained, 1);
  EXPECT_THAT(known_[0].values, SizeIs(3));
}

TEST_F(FileMetricSourceTest, AnswersFinishOfAnAttemptThatWasNeverFollowed) {
  source_->finish(key(7), {100, 0});
  receive();
  EXPECT_EQ(known_[7].drained, 1);
}

TEST_F(FileMetricSourceTest, ResumesAfterTheCursor) {
  append(log(0), "acc=1\nacc=2\n");
  source_->follow(request(0, 6));
  source_->finish(key(0), {12, 0});
  while (known_[0].drained == 0) receive();
  EXPECT_THAT(known_[0].values, ElementsAre(2));
}

TEST_F(FileMetricSourceTest, FollowingTwiceReadsOnce) {
  append(log(0), "acc=1\n");
  source_->follow(request(0));
  source_->follow(request(0));
  source_->finish(key(0), {6, 0});
  while (known_[0].drained == 0) receive();
  EXPECT_THAT(known_[0].values, ElementsAre(1));
}

TEST_F(FileMetricSourceTest, WhatIsForgottenIsSilent) {
  source_->follow(request(0));
  append(log(0), "acc=1\n");
  source_->forget(key(0));
  source_->forget(key(5));
  append(log(1), "acc=2\n");
  source_->follow(request(1));
  source_->finish(key(1), {6, 0});
  while (known_[1].drained == 0) receive();
  EXPECT_THAT(known_[0].values, IsEmpty());
  EXPECT_EQ(known_[0].drained, 0);
}

TEST_F(FileMetricSourceTest, ATrialThatWritesALotStarvesNobody) {
  std::string many;
  for (int i = 0; i < 1'000'000; ++i) many += "acc=1\n";
  append(log(0), many);
  append(log(1), "acc=2\n");
  source_->follow(request(0));
  source_->follow(request(1));
  while (known_[1].values.empty()) receive();
  EXPECT_LT(known_[0].values.size(), 300'000U);
  source_->finish(key(0), {many.size(), 0});
  while (known_[0].drained == 0) receive();
  EXPECT_EQ(known_[0].values.size(), 1'000'000U);
}

TEST_F(FileMetricSourceTest, ManyAttemptsAreEachReadOnce) {
  for (std::uint32_t trial = 0; trial < 200; ++trial) {
    append(log(trial), "acc=1\nacc=2\nacc=" + std::to_string(trial));
    source_->follow(request(trial));
    source_->finish(key(trial), {fs::file_size(log(trial)), 0});
  }
  const auto drained = [&] {
    return std::count_if(known_.begin(), known_.end(),
                         [](const auto& entry) { return entry.second.drained == 1; });
  };
  while (drained() < 200) receive();
  for (std::uint32_t trial = 0; trial < 200; ++trial) {
    EXPECT_THAT(known_[trial].values, ElementsAre(1, 2, trial));
  }
}

TEST_F(FileMetricSourceTest, AWaitThatIsCancelledLosesNothing) {
  Result<std::vector<MetricBatch>> result = std::vector<MetricBatch>();
  asio::cancellation_signal cancel;
  asio::co_spawn(context_, take_one(source_.get(), &result),
                 asio::bind_cancellation_slot(cancel.slot(), asio::detached));
  context_.poll();
  cancel.emit(asio::cancellation_type::terminal);
  context_.restart();
  context_.run();
  append(log(0), "acc=1\n");
  source_->follow(request(0));
  source_->finish(key(0), {6, 0});
  while (known_[0].drained == 0) receive();
  EXPECT_THAT(known_[0].values, ElementsAre(1));
}

TEST_F(FileMetricSourceTest, AWaiterIsToldThatTheSourceIsGone) {
  Result<std::vector<MetricBatch>> result = std::vector<MetricBatch>();
  asio::co_spawn(context_, take_one(source_.get(), &result), asio::detached);
  context_.restart();
  context_.poll();
  source_.reset();
  context_.restart();
  context_.run();
  EXPECT_FALSE(result);
}

TEST_F(FileMetricSourceTest, RefusesAPatternThatCannotBeUsed) {
  FileMetricOptions options;
  options.patterns = {{"(", "acc"}};
  const auto made = make_file_metric_source(context_.get_executor(), options);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code(), ErrorCode::InvalidManifest);
}

}  // namespace
}  // namespace sweepjob
