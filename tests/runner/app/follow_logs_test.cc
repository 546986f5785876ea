#include "runner/app/follow_logs.h"

#include <chrono>
#include <memory>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runner/app/line_follower.h"
#include "runner/app/trial_files.h"
#include "tests/runner/app/sweep_builder.h"

namespace sweepjob {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const char* const kLog = "work/user_logs/std_log.txt";

struct Lines {
  std::vector<std::string> all;
  LineFollower::Sink sink = [this](std::string_view line) { all.emplace_back(line); };
};

TEST(LineFollower, GivesLinesWhenTheyAreComplete) {
  const TempFolder folder;
  LineFollower follower(folder / "log");
  Lines lines;
  EXPECT_FALSE(follower.poll(lines.sink));
  write_file(folder / "log", "one\ntw");
  EXPECT_TRUE(follower.poll(lines.sink));
  EXPECT_THAT(lines.all, ElementsAre("one"));
  write_file(folder / "log", "one\ntwo\n\nlast");
  follower.finish(lines.sink);
  EXPECT_THAT(lines.all, ElementsAre("one", "two", "", "last"));
}

TEST(LineFollower, CutsAnEndlessLineIntoPieces) {
  const TempFolder folder;
  write_file(folder / "log", std::string(3 * LineFollower::kMaxLine + 5, 'x') + "\n");
  LineFollower follower(folder / "log");
  Lines lines;
  follower.poll(lines.sink);
  ASSERT_EQ(lines.all.size(), 4u);
  EXPECT_EQ(lines.all[3].size(), 5u);
}

TEST(LineFollower, SkipsTheRestOfALineThatHadBegun) {
  const TempFolder folder;
  write_file(folder / "log", "old\nhal");
  LineFollower follower(folder / "log");
  follower.skip_to_end();
  write_file(folder / "log", "old\nhalf\nnew\n");
  Lines lines;
  follower.poll(lines.sink);
  EXPECT_THAT(lines.all, ElementsAre("new"));
}

TEST(LogLineText, ShowsWhatATerminalWouldBeLeftWith) {
  EXPECT_EQ(log_line_text("10%\r50%\r100%\r"), "100%");
  EXPECT_EQ(log_line_text("\x1b[1;31mred\x1b[0m"), "red");
  EXPECT_EQ(log_line_text("\x1b]0;title\x07"), "0;title\\x07");
  EXPECT_EQ(log_line_text("cut \x1b"), "cut ");
}

// The world goes on between two looks; a follower that waits for ever fails.
FollowOptions script(std::vector<std::function<void()>> steps) {
  FollowOptions options;
  options.has_controller = [] { return true; };
  auto time = std::make_shared<std::chrono::steady_clock::time_point>();
  options.now = [time] { return *time; };
  options.pause = [steps, time, next = std::size_t{0}]() mutable {
    *time += std::chrono::minutes(1);
    if (next < steps.size()) {
      steps[next++]();
    } else if (next++ > steps.size() + 2000) {
      throw std::runtime_error("it waits for ever");
    }
  };
  return options;
}

TEST(Logs, ShowWhatTheLatestAttemptPrinted) {
  SweepBuilder builder;
  builder.run(0);
  builder.put(builder.latest(0), kLog, "a\nb");
  builder.write();
  std::ostringstream out;
  ASSERT_TRUE(show_log(out, builder.folder(), TrialId{0}, {}, false, script({})).has_value());
  EXPECT_EQ(out.str(), "a\nb\n");
}

TEST(Logs, SayThatATrialHasPrintedNothing) {
  SweepBuilder builder;
  builder.run(0).write();
  std::ostringstream out;
  const auto shown = show_log(out, builder.folder(), TrialId{2}, {}, false, script({}));
  ASSERT_TRUE(shown.has_error());
  EXPECT_THAT(shown.error().message(), HasSubstr("trial 2 is Queued and has printed nothing yet"));
  EXPECT_TRUE(show_log(out, builder.folder(), TrialId{0}, 2, false, script({})).has_error());
}

TEST(Logs, FollowATrialUntilItHasEnded) {
  SweepBuilder builder;
  builder.run(0);
  const AttemptId attempt = builder.latest(0);
  builder.put(attempt, kLog, "start\n");
  builder.write();
  std::ostringstream out;
  const auto followed = show_log(out, builder.folder(), TrialId{0}, {}, true,
                                 script({[&] { builder.put(attempt, kLog, "start\nmore"); },
                                         [&] {
                                           builder.put(attempt, kLog, "start\nmore\nend");
                                           builder.put(attempt, "exit", "");
                                           builder.end(0, Outcome::Exited).write();
                                         }}));
  ASSERT_TRUE(followed.has_value());
  EXPECT_EQ(out.str(), "start\nmore\nend\n");
}

TEST(Logs, FollowingEndsWhenNobodyIsLeftToEndIt) {
  SweepBuilder builder;
  builder.run(0);
  builder.put(builder.latest(0), kLog, "start\nhal");
  builder.write();
  FollowOptions alone = script({});
  alone.has_controller = [] { return false; };
  std::ostringstream out;
  ASSERT_TRUE(show_log(out, builder.folder(), TrialId{0}, {}, true, alone).has_value());
  EXPECT_EQ(out.str(), "start\nhal\n");
}

TEST(Logs, JsonLinesNameTrialAndAttempt) {
  SweepBuilder builder;
  builder.run(0);
  builder.put(builder.latest(0), kLog, "\"x\"\n");
  builder.write();
  FollowOptions options = script({});
  options.json = true;
  std::ostringstream out;
  ASSERT_TRUE(show_log(out, builder.folder(), TrialId{0}, {}, false, options).has_value());
  EXPECT_EQ(out.str(), R"({"schema_version":1,"trial":0,"attempt":1,"line":"\"x\""})"
                       "\n");
}

TEST(Stream, MergesNewLinesUntilTheSweepHasFinished) {
  std::string job = kBanditJob;
  job.replace(job.find("max_total_trials: 4"), 19, "max_total_trials: 2");
  SweepBuilder builder(job);
  builder.run(0);
  const AttemptId first{TrialId{0}, 1};
  const AttemptId second{TrialId{1}, 1};
  builder.put(first, kLog, "old\n");
  builder.write();
  std::ostringstream out;
  const auto streamed =
      stream_logs(out, builder.folder(),
                  script({[&] { builder.put(first, kLog, "old\nnew\n"); },
                          [&] {
                            builder.put(second, kLog, "later\n");
                            builder.run(1).write();
                          },
                          [&] {
                            builder.put(first, kLog, "old\nnew\nbye");
                            builder.end(0, Outcome::Exited).end(1, Outcome::Exited).write();
                          }}));
  ASSERT_TRUE(streamed.has_value());
  EXPECT_THAT(out.str(), HasSubstr("trial 0 | new\n"));
  EXPECT_THAT(out.str(), HasSubstr("trial 1 | later\n"));
  EXPECT_THAT(out.str(), HasSubstr("trial 0 | bye\n"));
  EXPECT_THAT(out.str(), testing::Not(HasSubstr("old")));
}

}  // namespace
}  // namespace sweepjob
