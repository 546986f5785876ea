// submit under a name: the same job again, another one, two at once, killed and interrupted.

#include <algorithm>
#include <csignal>

#include <sys/wait.h>
#include <unistd.h>

#include "tests/e2e/sandbox.h"

namespace sweepjob {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

class Submission : public Sandbox {};

TEST_F(Submission, TheSameJobAgainContinuesOrShowsItsResult) {
  write("src/train.sh", "echo acc=1");
  const std::string text = job({.command = "bash train.sh", .trial = "  code: src\n"});
  write("job.yaml", text);
  EXPECT_EQ(sweepjob("submit job.yaml --name a").code, 0);
  const std::vector<std::string> journal_before = journal("a");
  const Output again = sweepjob("submit job.yaml --name a");
  EXPECT_EQ(again.code, 0);
  EXPECT_THAT(again.text, HasSubstr("a Completed: 4 completed"));
  EXPECT_EQ(journal("a"), journal_before) << "looking at a result changes nothing";
  // Another text of the same job is the same job.
  write("same.yaml", "# a remark\n" + text);
  EXPECT_EQ(sweepjob("submit same.yaml --name a").code, 0);
}

TEST_F(Submission, AnotherJobUnderTheSameNameIsRefusedWithTheKeysThatDiffer) {
  write("src/train.sh", "echo acc=1");
  write("job.yaml", job({.command = "bash train.sh", .trial = "  code: src\n"}));
  ASSERT_EQ(sweepjob("submit job.yaml --name a --set limits.max_total_trials=2").code, 0);
  EXPECT_EQ(sweepjob("submit job.yaml --name a --set limits.max_total_trials=2").code, 0);
  const Output other = sweepjob(
      "submit job.yaml --name a --set limits.max_total_trials=3 --set objective.goal=minimize");
  EXPECT_EQ(other.code, 2);
  EXPECT_THAT(other.text, AllOf(HasSubstr("limits.max_total_trials: 2 -> 3"), HasSubstr("goal"),
                                Not(HasSubstr("search_space"))));
  write("src/train.sh", "echo acc=2");
  const Output changed = sweepjob("submit job.yaml --name a --set limits.max_total_trials=2");
  EXPECT_EQ(changed.code, 2);
  EXPECT_THAT(changed.text, HasSubstr("trial.code"));
  EXPECT_THAT(show("a")["trials"], SizeIs(2));
}

TEST_F(Submission, AnotherSeedOrBackendUnderTheSameNameIsRefused) {
  write("job.yaml", job({.command = "echo acc=1"}));
  ASSERT_EQ(sweepjob("submit job.yaml --name a --seed 5").code, 0);
  EXPECT_EQ(sweepjob("submit job.yaml --name a --seed 5").code, 0);
  EXPECT_EQ(sweepjob("submit job.yaml --name a").code, 0) << "no seed is any seed";
  const Output seed = sweepjob("submit job.yaml --name a --seed 6");
  EXPECT_EQ(seed.code, 2);
  EXPECT_THAT(seed.text, HasSubstr("seed: 5 -> 6"));
  write("config.yaml", "environments: {here: {activate: " + path("venv") + "}}\n");
  write("venv/bin/activate", "");
  const Output activated = sweepjob("submit job.yaml --name a --config config.yaml");
  EXPECT_EQ(activated.code, 2);
  EXPECT_THAT(activated.text, HasSubstr("config.yaml"));
}

TEST_F(Submission, OneThatDiedHalfWayIsMadeAnew) {
  write("job.yaml", job({.command = "echo acc=1"}));
  // A folder and its name, as a crash before the first event leaves them.
  const std::string uid(32, 'a');
  fs::create_directories(path("state/sweeps/" + uid + "/code"));
  write("state/sweeps/" + uid + "/job.yaml", "type: sweep\n");
  fs::create_directories(path("state/names"));
  fs::create_directory_symlink("../sweeps/" + uid, path("state/names/a"));
  const Output output = sweepjob("submit job.yaml --name a");
  EXPECT_EQ(output.code, 0) << output.text;
  EXPECT_EQ(show("a")["counts"]["completed"], 4);
  EXPECT_FALSE(fs::exists(path("state/sweeps/" + uid)));
}

TEST_F(Submission, KilledAtAnyInstantLeavesNothingInTheWay) {
  write("src/train.sh", "echo acc=1");
  write("job.yaml", job({.command = "bash train.sh", .trial = "  code: src\n"}));
  for (int i = 0; i < 12; ++i) {
    const pid_t controller = start("submit job.yaml --name a");
    ::usleep(static_cast<useconds_t>(i) * 6000);  // the instant of the crash
    if (::waitpid(controller, nullptr, WNOHANG) == controller) break;
    kill_and_wait(controller);
  }
  const Output output = sweepjob("submit job.yaml --name a");
  EXPECT_EQ(output.code, 0) << output.text;
  EXPECT_EQ(show("a")["counts"]["completed"], 4);
}

TEST_F(Submission, OfTwoOfOneNameOneRunsAndTheOtherIsToldOfIt) {
  write("job.yaml", job({.command = "sleep 0.3; echo acc=1"}));
  for (int i = 0; i < 12; ++i) {
    const std::string name = " --name n" + std::to_string(i);
    // The same job, and for every other name another one.
    const std::string other = i % 2 == 0 ? "" : " --set limits.max_total_trials=3";
    const pid_t first = start("submit job.yaml" + name);
    ::usleep(static_cast<useconds_t>(i / 2) * 3000);
    const pid_t second = start("submit job.yaml" + name + other);
    std::vector<int> codes{wait(first), wait(second)};
    const std::string said = output_of(first) + output_of(second);
    std::sort(codes.begin(), codes.end());
    EXPECT_EQ(codes.front(), 0) << said;
    // The same job: refused while the other one runs it, and its result once that has finished.
    EXPECT_THAT(codes.back(), i % 2 == 0 ? testing::AnyOf(0, 5) : testing::AnyOf(2, 2)) << said;
    const nlohmann::json shown = show("n" + std::to_string(i));
    EXPECT_EQ(shown["status"], "Completed") << said;
    EXPECT_EQ(shown["counts"]["completed"], shown["trials"].size()) << said;
  }
  EXPECT_EQ(std::distance(fs::directory_iterator(path("state/sweeps")), {}), 12)
      << "the losers leave no folder";
}

// An interrupt that comes when all is copied finds a sweep that runs, or is about to: that is
// another test, and this one tries again with more to copy.
TEST_F(Submission, InterruptedWhileItCopiesTheCodeLeavesNothing) {
  int files = 0;
  const auto add_files = [&](int until) {
    for (; files < until; ++files) write("src/data/" + std::to_string(files), "x");
  };
  add_files(4000);
  write("src/train.sh", "echo acc=1");
  write("job.yaml", job({.command = "bash train.sh", .trial = "  code: src\n"}));
  const auto sweep_folders = [&] {
    std::error_code none;
    return std::distance(fs::directory_iterator(path("state/sweeps"), none), {});
  };
  for (const int signal : {SIGINT, SIGHUP}) {
    for (;; add_files(2 * files)) {
      ASSERT_LT(files, 100'000) << "no interrupt comes in time";
      const pid_t submission = start("submit job.yaml --name a");
      ASSERT_TRUE(wait_until([&] { return sweep_folders() > 0; }));
      ::kill(submission, signal);
      const int code = wait(submission);
      if (sweep_folder("a").empty()) {
        EXPECT_EQ(code, 128 + signal) << output_of(submission);
        EXPECT_THAT(output_of(submission), HasSubstr("nothing is left of it"));
        break;
      }
      (void)sweepjob("cancel a");
      ASSERT_TRUE(wait_until([&] { return controller_of("a") == 0; }));
      ASSERT_EQ(sweepjob("delete a --yes").code, 0);
    }
    EXPECT_EQ(sweep_folders(), 0);
    EXPECT_EQ(sweepjob("status a").code, 2) << "the name is free";
  }
}

}  // namespace
}  // namespace sweepjob
