#include "runner/metrics/attempt_reader.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
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

// "stdout 7 acc=0.5"
std::string to_line(const MetricPoint& point) {
  return fmt::format("{} {} {}={}", to_string(point.channel), point.position, point.name,
                     point.value);
}

// A warning with this text.
testing::Matcher<MetricWarning> Says(testing::Matcher<const std::string&> text) {
  return testing::Field(&MetricWarning::text, std::move(text));
}

class AttemptReaderTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "attempt_reader_XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { fs::remove_all(folder_); }

  [[nodiscard]] std::string log() const { return folder_ / "std_log.txt"; }
  [[nodiscard]] std::string file() const { return folder_ / "metrics.jsonl"; }

  static void append(const std::string& path, std::string_view bytes) {
    std::ofstream(path, std::ios::app | std::ios::binary) << bytes;
  }
  static void rewrite(const std::string& path, std::string_view bytes) {
    std::ofstream(path, std::ios::trunc | std::ios::binary) << bytes;
  }
  void replace(const std::string& path, std::string_view bytes) const {
    rewrite(folder_ / "new", bytes);
    fs::rename(folder_ / "new", path);
  }

  [[nodiscard]] AttemptReader reader(std::vector<Cursor> cursors = {},
                                     std::optional<Channel> only = std::nullopt) const {
    FollowRequest request;
    request.stdout_file = log();
    request.metrics_file = file();
    request.cursors = std::move(cursors);
    return AttemptReader(request, std::make_shared<const ReadingRules>(
                                      ReadingRules{StdoutLines({"acc"}), {"acc"}, only}));
  }

  // Everything that can be read now.
  static std::vector<std::string> read_all(AttemptReader& reader, MetricBatch* last = nullptr,
                                           std::size_t turn = kTurnBytes) {
    std::vector<std::string> lines;
    for (bool more = true; more;) {
      MetricBatch batch;
      more = reader.take_turn(batch, turn);
      for (const MetricPoint& point : batch.points) lines.push_back(to_line(point));
      if (last != nullptr) {
        last->warnings.insert(last->warnings.end(), batch.warnings.begin(), batch.warnings.end());
        last->bytes_read += batch.bytes_read;
        last->drained = batch.drained;
      }
    }
    return lines;
  }

  fs::path folder_;
};

TEST_F(AttemptReaderTest, FollowsFilesThatComeLaterAndGrow) {
  AttemptReader reader = this->reader();
  EXPECT_THAT(read_all(reader), IsEmpty());
  append(log(), "acc=1\nacc=");
  EXPECT_THAT(read_all(reader), ElementsAre("stdout 6 acc=1"));
  EXPECT_THAT(read_all(reader), IsEmpty());
  append(log(), "2\n");
  append(file(), "{\"acc\":3}\n");
  EXPECT_THAT(read_all(reader), ElementsAre("file 10 acc=3", "stdout 12 acc=2"));
}

TEST_F(AttemptReaderTest, BothChannelsOfATurnAreInOneBatchWithTheFileFirst) {
  append(log(), "acc=1\n");
  append(file(), "{\"acc\":1}\n");
  AttemptReader reader = this->reader();
  MetricBatch batch;
  EXPECT_FALSE(reader.take_turn(batch));
  ASSERT_THAT(batch.points, SizeIs(2));
  EXPECT_EQ(batch.points[0].channel, Channel::File);
  EXPECT_EQ(batch.points[1].channel, Channel::Stdout);
  EXPECT_EQ(batch.bytes_read, 16U);
}

TEST_F(AttemptReaderTest, OutputWithoutMetricsIsASignOfLife) {
  append(log(), "still busy");
  AttemptReader reader = this->reader();
  MetricBatch batch;
  reader.take_turn(batch);
  EXPECT_EQ(batch.bytes_read, 10U);
  EXPECT_THAT(batch.points, IsEmpty());
}

TEST_F(AttemptReaderTest, IsDrainedAtTheSizesOfTheExitRecord) {
  append(log(), "acc=1\nacc=2 and more");
  AttemptReader reader = this->reader();
  read_all(reader);
  EXPECT_FALSE(reader.drained());
  reader.finish({11, 0});  // "acc=1\nacc=2": what came later is not the trial's
  MetricBatch last;
  AttemptReader exact = this->reader();
  exact.finish({11, 0});
  EXPECT_THAT(read_all(exact, &last), ElementsAre("stdout 6 acc=1", "stdout 11 acc=2"));
  EXPECT_TRUE(last.drained);
  EXPECT_THAT(last.warnings, IsEmpty());
}

TEST_F(AttemptReaderTest, IsDrainedWithAWarningWhenAFileIsShorterOrMissing) {
  append(log(), "acc=1\nacc=2");
  AttemptReader reader = this->reader();
  reader.finish({100, 50});
  MetricBatch last;
  EXPECT_THAT(read_all(reader, &last), ElementsAre("stdout 6 acc=1", "stdout 11 acc=2"));
  EXPECT_TRUE(last.drained);
  EXPECT_THAT(last.warnings, testing::UnorderedElementsAre(
                                 Says("std_log.txt: only 11 of 100 bytes could be read"),
                                 Says("metrics.jsonl: only 0 of 50 bytes could be read")));
}

TEST_F(AttemptReaderTest, MissingFilesThatShouldBeEmptyAreNoWorry) {
  AttemptReader reader = this->reader();
  reader.finish({0, 0});
  MetricBatch last;
  EXPECT_THAT(read_all(reader, &last), IsEmpty());
  EXPECT_TRUE(last.drained);
  EXPECT_THAT(last.warnings, IsEmpty());
}

TEST_F(AttemptReaderTest, OneTrialsBacklogIsReadInBoundedTurns) {
  std::string bytes;
  for (int i = 0; i < 1000; ++i) bytes += "acc=1\n";
  append(log(), bytes);
  AttemptReader reader = this->reader();
  MetricBatch batch;
  EXPECT_TRUE(reader.take_turn(batch, 600));
  EXPECT_THAT(batch.points, SizeIs(100));
  EXPECT_THAT(read_all(reader, nullptr, 700), SizeIs(900));
}

TEST_F(AttemptReaderTest, BadLinesOfTheMetricsFileAreToldOnceWithTheirNumber) {
  append(file(), "{\"acc\":1}\n\nnonsense\n{\"acc\":\nacc=2\n{\"acc\":3}\n");
  AttemptReader reader = this->reader();
  MetricBatch last;
  EXPECT_THAT(read_all(reader, &last), ElementsAre("file 10 acc=1", "file 44 acc=3"));
  EXPECT_THAT(last.warnings, ElementsAre(Says(HasSubstr("line 3 "))));
}

TEST_F(AttemptReaderTest, EqualLinesAreTwoReports) {
  append(file(), "{\"acc\":1}\n{\"acc\":1}\n");
  append(log(), "acc=1\nacc=1\n");
  AttemptReader reader = this->reader();
  EXPECT_THAT(read_all(reader), SizeIs(4));
}

TEST_F(AttemptReaderTest, AMegabyteLineIsToldOnceAndReadingGoesOn) {
  append(log(), "acc=1 " + std::string(3 << 20, 'x') + "\nacc=2\n" + std::string(1 << 20, 'y') +
                    "\nacc=3\n");
  AttemptReader reader = this->reader();
  MetricBatch last;
  EXPECT_THAT(read_all(reader, &last), SizeIs(3));
  EXPECT_THAT(last.warnings, ElementsAre(Says(HasSubstr("longer than 65536 bytes"))));
}

TEST_F(AttemptReaderTest, AHistoryThatIsWrittenAnewAsAWholeIsCountedOnce) {
  AttemptReader reader = this->reader();
  rewrite(file(), "{\"acc\":1}\n");
  EXPECT_THAT(read_all(reader), ElementsAre("file 10 acc=1"));
  rewrite(file(), "{\"acc\":1}\n{\"acc\":2}\n");
  EXPECT_THAT(read_all(reader), ElementsAre("file 20 acc=2"));
  replace(file(), "{\"acc\":1}\n{\"acc\":2}\n{\"acc\":3}\n");
  EXPECT_THAT(read_all(reader), ElementsAre("file 30 acc=3"));
}

TEST_F(AttemptReaderTest, AFileThatBecameShorterIsToldAndNeverCountedTwice) {
  AttemptReader reader = this->reader();
  rewrite(file(), "{\"acc\":1}\n{\"acc\":2}\n");
  EXPECT_THAT(read_all(reader), SizeIs(2));
  rewrite(file(), "{\"acc\":7}\n");
  MetricBatch last;
  EXPECT_THAT(read_all(reader, &last), IsEmpty());
  EXPECT_THAT(last.warnings, ElementsAre(Says(HasSubstr("rewritten; reading goes on at byte 20"))));
  append(file(), "{\"acc\":8}\n{\"acc\":9}\n");
  EXPECT_THAT(read_all(reader), ElementsAre("file 30 acc=9"));
}

TEST_F(AttemptReaderTest, ARewrittenPartialLineIsReadAsItIsNow) {
  AttemptReader reader = this->reader();
  rewrite(log(), "acc=1\nacc=222222");
  EXPECT_THAT(read_all(reader), SizeIs(1));
  rewrite(log(), "acc=1\nacc=3\n");
  MetricBatch last;
  EXPECT_THAT(read_all(reader, &last), ElementsAre("stdout 12 acc=3"));
  EXPECT_THAT(last.warnings, IsEmpty());
}

TEST_F(AttemptReaderTest, WhatIsNoFileIsToldAndBlocksNothing) {
  ASSERT_EQ(::mkfifo(file().c_str(), 0600), 0);
  append(log(), "acc=1\n");
  AttemptReader reader = this->reader();
  MetricBatch last;
  EXPECT_THAT(read_all(reader, &last), ElementsAre("stdout 6 acc=1"));
  EXPECT_THAT(last.warnings, ElementsAre(Says(HasSubstr("cannot be read"))));
  reader.finish({6, 0});
  read_all(reader, &last);
  EXPECT_TRUE(last.drained);
}

TEST_F(AttemptReaderTest, AChannelThatDoesNotCountIsASignOfLifeOnly) {
  append(log(), "acc=1\n");
  append(file(), "{\"acc\":2}\nbad\n");
  AttemptReader only_log = this->reader({}, Channel::Stdout);
  MetricBatch last;
  EXPECT_THAT(read_all(only_log, &last), ElementsAre("stdout 6 acc=1"));
  EXPECT_EQ(last.bytes_read, 20U);
  EXPECT_THAT(last.warnings, IsEmpty());
  AttemptReader only_file = this->reader({}, Channel::File);
  EXPECT_THAT(read_all(only_file), ElementsAre("file 10 acc=2"));
}

TEST_F(AttemptReaderTest, SaysOnceThatThePrimaryMetricIsOnAChannelThatDoesNotCount) {
  append(log(), "loss=2\nacc=1\nacc=3\n");
  append(file(), "bad\n{\"acc\":2}\n");
  AttemptReader only_file = this->reader({}, Channel::File);
  MetricBatch batch;
  only_file.take_turn(batch);
  ASSERT_TRUE(batch.elsewhere);
  EXPECT_EQ(to_line(*batch.elsewhere), "stdout 13 acc=1");
  append(log(), "acc=4\n");
  MetricBatch later;
  only_file.take_turn(later);
  EXPECT_FALSE(later.elsewhere);
  AttemptReader only_log = this->reader({}, Channel::Stdout);
  MetricBatch printed;
  only_log.take_turn(printed);
  ASSERT_TRUE(printed.elsewhere);
  EXPECT_EQ(to_line(*printed.elsewhere), "file 14 acc=2");
}

// A trial writes a byte at a time, and the controller dies after each: what was journaled before
// (the points of whole batches) and what comes after the resume are the uninterrupted run's.
TEST_F(AttemptReaderTest, ResumesExactlyAfterTheJournaledPositionWhereverItWasKilled) {
  const std::string log_bytes =
      "start\nacc=1 loss=2\r\n\x1b[1macc=2\x1b[0m\nbar 1\rbar 2 acc=3\nno\nacc=3\n\xff\nacc=4";
  const std::string file_bytes = "{\"acc\":1,\"b\":2}\nbad\n{\"acc\":NaN}\n\n{\"acc\":3}";
  rewrite(log(), log_bytes);
  rewrite(file(), file_bytes);
  const FinalSizes sizes{log_bytes.size(), file_bytes.size()};
  AttemptReader uninterrupted = this->reader();
  uninterrupted.finish(sizes);
  std::vector<std::string> expected = read_all(uninterrupted);
  std::sort(expected.begin(), expected.end());
  ASSERT_THAT(expected, SizeIs(10));

  for (std::size_t cut = 0; cut <= log_bytes.size(); ++cut) {
    const std::size_t file_cut = std::min(cut, file_bytes.size());
    rewrite(log(), log_bytes.substr(0, cut));
    rewrite(file(), file_bytes.substr(0, file_cut));
    std::vector<std::string> seen;
    std::vector<Cursor> cursors;
    {
      AttemptReader before = this->reader();
      MetricBatch batch;
      before.take_turn(batch);
      for (const MetricPoint& point : batch.points) {
        seen.push_back(to_line(point));
        cursors.push_back({point.channel, point.position});
      }
    }
    append(log(), log_bytes.substr(cut));
    append(file(), file_bytes.substr(file_cut));
    AttemptReader after = this->reader(cursors);
    after.finish(sizes);
    for (std::string& line : read_all(after)) seen.push_back(std::move(line));
    EXPECT_TRUE(after.drained());
    std::sort(seen.begin(), seen.end());
    EXPECT_EQ(seen, expected) << "killed after " << cut << " bytes";
  }
}

TEST_F(AttemptReaderTest, APositionBehindTheDrainedEndGivesNothingMore) {
  rewrite(log(), "acc=1\nacc=2");
  AttemptReader reader = this->reader({{Channel::Stdout, 11}});
  reader.finish({11, 0});
  MetricBatch last;
  EXPECT_THAT(read_all(reader, &last), IsEmpty());
  EXPECT_TRUE(last.drained);
  EXPECT_THAT(last.warnings, IsEmpty());
}

}  // namespace
}  // namespace sweepjob
