// The state folder when the disk fails or is read by others, and what is kept secret in it.

#include <csignal>
#include <cstring>
#include <fstream>

#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/e2e/sandbox.h"

namespace sweepjob {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

const char* const kWaiting = R"sh(echo "start $SWEEPJOB_TRIAL" >> "$LOG"
echo "acc=$SWEEPJOB_TRIAL"
until [ -e "$(dirname "$LOG")/go" ]; do sleep 0.05; done
)sh";

class StateOnDisk : public Sandbox {
 protected:
  pid_t start_waiting() {
    write("job.yaml", job({.command = kWaiting}));
    const pid_t controller = start("submit job.yaml --name a");
    EXPECT_TRUE(wait_until([&] { return events("a", "MetricReported").size() == 2; }))
        << output_of(controller);
    return controller;
  }
  std::string last_segment(const std::string& name) const {
    std::string last;
    for (int epoch = 1;; ++epoch) {
      const std::string segment = sweep_folder(name) + "/journal." + std::to_string(epoch);
      if (!fs::exists(segment)) return last;
      last = segment;
    }
  }
};

TEST_F(StateOnDisk, ATornTailIsDroppedAndNothingRunsTwice) {
  // However much of the last records a crash has cost.
  kill_and_wait(start_waiting());
  for (const int bytes : {1, 7, 40, 90}) {
    const std::string segment = last_segment("a");
    fs::resize_file(segment, fs::file_size(segment) - static_cast<std::uintmax_t>(bytes));
    const pid_t controller = start("resume a");
    ASSERT_TRUE(wait_until([&] {
      // Its segment has more than the prologue, which is never torn.
      const auto begun = events("a", "ControllerStarted");
      return !begun.empty() && begun.back()["pid"] == controller &&
             events("a", "MetricReported").size() == 2;
    })) << bytes
        << output_of(controller);
    kill_and_wait(controller);
  }
  write("go", "");
  const Output resumed = sweepjob("resume a");
  EXPECT_EQ(resumed.code, 0) << resumed.text;
  EXPECT_EQ(show("a")["counts"]["completed"], 4);
  EXPECT_THAT(lines_of("LOG"), SizeIs(4));
}

TEST_F(StateOnDisk, AValueWhoseRecordIsLostIsReadAgain) {
  write("job.yaml", job({.command = R"sh(printf 'acc=1\nloss=5\nacc=2\n'
until [ -e "$(dirname "$LOG")/go" ]; do sleep 0.05; done)sh",
                         .limits = "max_total_trials: 1"}));
  const pid_t controller = start("submit job.yaml --name a");
  ASSERT_TRUE(wait_until([&] { return events("a", "MetricReported").size() == 2; }));
  kill_and_wait(controller);
  // The journal ends before the first value, while the other metric is on the disk already.
  while (!events("a", "ChannelChosen").empty()) {
    fs::resize_file(last_segment("a"), fs::file_size(last_segment("a")) - 1);
  }
  ASSERT_THAT(read(sweep_folder("a") + "/metrics/0"), HasSubstr("loss"));
  write("go", "");
  EXPECT_EQ(sweepjob("resume a").code, 0);
  std::vector<double> values;
  for (const nlohmann::json& event : events("a", "MetricReported")) {
    values.push_back(event["value"]);
  }
  EXPECT_THAT(values, ElementsAre(1, 2));
  EXPECT_EQ(bash("grep -c loss " + sweep_folder("a") + "/metrics/0").text, "1\n");
}

TEST_F(StateOnDisk, ADamagedMiddleIsNamedAndNothingStarts) {
  kill_and_wait(start_waiting());
  const std::string segment = last_segment("a");
  std::fstream file(segment, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(200);
  const char byte = static_cast<char>(file.get() ^ 0x55);
  file.seekp(200);
  file.put(byte);
  file.close();
  write("go", "");
  for (const std::string verb :
       {"resume a", "show a", "cancel a", "update a --set limits.max_total_trials=9",
        "submit job.yaml --name a"}) {
    const Output refused = sweepjob(verb);
    EXPECT_EQ(refused.code, 5) << verb << refused.text;
    EXPECT_THAT(refused.text, AllOf(HasSubstr("journal.2 is damaged: record "),
                                    HasSubstr("sweepjob doctor " + sweep_folder("a"))))
        << verb;
  }
  EXPECT_EQ(sweepjob("list").code, 0) << "one bad sweep does not hide the others";
  EXPECT_THAT(lines_of("LOG"), SizeIs(2));
}

TEST_F(StateOnDisk, AJournalWithoutItsBeginningIsNotClaimedToBeRepaired) {
  const pid_t first = start_waiting();
  kill_and_wait(first);
  write("go", "");
  ASSERT_EQ(sweepjob("resume a").code, 0);
  const std::string folder = sweep_folder("a");
  std::filesystem::remove(folder + "/journal.1");
  const Output doctor = sweepjob("doctor " + folder + " --repair --truncate");
  EXPECT_EQ(doctor.code, 5);
  EXPECT_THAT(doctor.text,
              AllOf(HasSubstr("Nothing can be saved of it"), testing::Not(HasSubstr("repaired"))));
  EXPECT_EQ(sweepjob("show a").code, 5);
}

TEST_F(StateOnDisk, ACopyCanBeReadWhileItRuns) {
  const pid_t controller = start_waiting();
  ASSERT_EQ(bash("cp -r state copy && chmod -R a-w copy").code, 0);
  for (const std::string verb : {"show a", "status a", "trials a", "list", "best a"}) {
    const Output read = sweepjob(verb + " --state copy");
    EXPECT_EQ(read.code, 0) << verb << read.text;
  }
  EXPECT_THAT(sweepjob("status a --state copy").text, HasSubstr("2 running"));
  write("go", "");
  EXPECT_EQ(wait(controller), 0);
}

// A small disk of its own, which takes root and a kernel that lets it mount.
class SmallDisk : public StateOnDisk {
 protected:
  void SetUp() override {
    Sandbox::SetUp();
    fs::create_directory(path("disk"));
    mounted_ = ::mount("tmpfs", path("disk").c_str(), "tmpfs", 0, "size=12m") == 0;
    if (!mounted_) GTEST_SKIP() << "no tmpfs can be mounted here: " << std::strerror(errno);
    state_ = path("disk/state");
  }
  void TearDown() override {
    Sandbox::TearDown();
    if (mounted_) ::umount2(path("disk").c_str(), MNT_DETACH);
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  bool mounted_ = false;
};

TEST_F(SmallDisk, ADiskThatIsNearlyFullStopsTheSweepBeforeAnyEffectAndResumeGoesOn) {
  const pid_t controller = start_waiting();
  // So much is left that the trials can record their ends, and too little for a journal.
  constexpr std::uintmax_t kLeft = 3'000'000;
  const std::uintmax_t ballast = fs::space(path("disk")).available - kLeft;
  (void)bash("head -c " + std::to_string(ballast) + " /dev/zero > disk/ballast");
  write("go", "");
  EXPECT_EQ(wait(controller), 5) << output_of(controller);
  EXPECT_THAT(output_of(controller),
              AllOf(HasSubstr("the last durable one"), HasSubstr("sweepjob resume")));
  EXPECT_THAT(lines_of("LOG"), SizeIs(2)) << "no third trial without a journal";
  EXPECT_EQ(sweepjob("resume a").code, 5) << "still full";
  const Output background = sweepjob("resume a --detach");
  EXPECT_EQ(background.code, 5) << background.text;
  EXPECT_THAT(background.text, HasSubstr("the controller in the background ended at once"));
  fs::remove(path("disk/ballast"));
  const Output resumed = sweepjob("resume a");
  EXPECT_EQ(resumed.code, 0) << resumed.text;
  EXPECT_EQ(show("a")["counts"]["completed"], 4) << show("a")["trials"];
  EXPECT_THAT(lines_of("LOG"), SizeIs(4));
}

TEST_F(SmallDisk, AReadOnlyFolderIsReadAndNothingElse) {
  kill_and_wait(start_waiting());
  write("go", "");
  ASSERT_TRUE(wait_until([&] { return processes().empty(); }));
  // A process that ends loses its memory, by which it is known here, before its files.
  ASSERT_TRUE(wait_until([&] {
    return ::mount("", path("disk").c_str(), "", MS_REMOUNT | MS_RDONLY, "") == 0;
  })) << std::strerror(errno);
  for (const std::string verb : {"resume a", "submit job.yaml --name b", "cancel a"}) {
    const Output refused = sweepjob(verb);
    EXPECT_EQ(refused.code, 5) << verb << refused.text;
    EXPECT_THAT(refused.text, HasSubstr("ead-only file system")) << verb;
  }
  EXPECT_EQ(show("a")["trials"].size(), 4U);
  ASSERT_EQ(::mount("", path("disk").c_str(), "", MS_REMOUNT, ""), 0);
  EXPECT_EQ(sweepjob("resume a").code, 0);
}

class Secrets : public StateOnDisk {};

TEST_F(Secrets, TheEnvironmentIsKeptForTheOwnerAloneAndDeletedAtTheEnd) {
  write("job.yaml", job({.command = "echo \"$API_KEY $ONLY_IN_RESUME.\" >> \"$LOG\"\n" +
                                    std::string(kWaiting)}));
  // No other test that runs at this moment may say it.
  const std::string secret = "swordfish-" + std::to_string(::getpid());
  ASSERT_EQ(bash("API_KEY=" + secret + " sweepjob submit job.yaml --name a --detach").code, 0);
  ASSERT_TRUE(wait_until([&] { return events("a", "MetricReported").size() == 2; }));
  const std::string file = sweep_folder("a") + "/environment";
  struct stat status {};
  ASSERT_EQ(::stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600U);
  EXPECT_THAT(bash("grep -rl " + secret + " state").lines(),
              ElementsAre("state/sweeps/" + fs::path(sweep_folder("a")).filename().string() +
                          "/environment"));
  for (const auto& process : fs::directory_iterator("/proc")) {
    EXPECT_THAT(read((process.path() / "cmdline").string()), Not(HasSubstr(secret)));
  }
  // Another shell, which knows nothing of it and has something of its own.
  kill_and_wait(controller_of("a"));
  ASSERT_TRUE(wait_until([&] { return controller_of("a") == 0; }));
  write("go", "");
  EXPECT_EQ(bash("ONLY_IN_RESUME=x sweepjob resume a").code, 0);
  for (const std::string& line : lines_of("LOG")) {
    if (!line.starts_with("start")) {
      EXPECT_EQ(line, secret + " .");
    }
  }
  EXPECT_THAT(lines_of("LOG"), SizeIs(8));
  EXPECT_FALSE(fs::exists(file));
  EXPECT_THAT(bash("grep -rl " + secret + " state").lines(), IsEmpty());
}

TEST_F(Secrets, ASweepThatIsOpenedAgainHasTheEnvironmentOfItsResume) {
  write("job.yaml",
        job({.command = "echo acc=1; [ \"$KEY\" = right ]", .limits = "max_total_trials: 1"}));
  ASSERT_EQ(bash("KEY=right sweepjob submit job.yaml --name a").code, 0);
  ASSERT_EQ(sweepjob("update a --set limits.max_total_trials=2").code, 0);
  EXPECT_EQ(bash("KEY=right sweepjob resume a").code, 0);
  EXPECT_EQ(show("a")["counts"]["completed"], 2) << show("a")["trials"];
  EXPECT_FALSE(fs::exists(sweep_folder("a") + "/environment"));
}

class Injection : public Sandbox {};

TEST_F(Injection, QuotedValuesArriveLiterallyWhateverTheySay) {
  const std::vector<std::string> values{"$(touch X); rm -rf Y", "it's \"q\" \\ `touch X`",
                                        "a\nb; touch X", "-n *", "${HOME}%s"};
  write("Y/precious", "");
  nlohmann::json list = values;
  write("job.yaml",
        job({.command = "printf '%s' ${{search_space.x}} > outputs/bare\n"
                        "printf '%s' \"${{search_space.x}}\" > outputs/double\n"
                        "printf '%s' '${{search_space.x}}' > outputs/single\n"
                        "printf '%s' \"$AZUREML_SWEEP_x\" > outputs/variable\necho acc=1",
             .search_space = "x: {type: choice, values: " + list.dump() + "}",
             .limits = "max_total_trials: 5, max_concurrent_trials: 2",
             .extensions = "quote_parameters: true"}));
  const Output output = sweepjob("submit job.yaml --name a");
  EXPECT_EQ(output.code, 0) << output.text;
  for (int trial = 0; trial < 5; ++trial) {
    for (const std::string form : {"bare", "double", "single", "variable"}) {
      EXPECT_EQ(read(attempt_folder("a", trial, 1) + "/work/outputs/" + form),
                values[static_cast<std::size_t>(trial)])
          << form;
    }
  }
  EXPECT_THAT(bash("find . -name X").lines(), IsEmpty());
  EXPECT_TRUE(fs::exists(path("Y/precious")));
}

TEST_F(Injection, NamesStayInsideTheStateFolder) {
  write("job.yaml", job({.command = "echo acc=1"}));
  for (const std::string name :
       {"../evil", "/tmp/evil", "a/b", "..", ".hidden", "-o", "a b", "a\nb"}) {
    const Output output = bash("sweepjob submit job.yaml --name=\"$(printf '" + name + "')\"");
    EXPECT_EQ(output.code, 2) << name << output.text;
  }
  EXPECT_FALSE(fs::exists(path("evil")));
  EXPECT_FALSE(fs::exists(path("state/sweeps")));
  // A link that somebody put there leads nowhere.
  fs::create_directories(path("state/names"));
  fs::create_directory_symlink("/etc", path("state/names/a"));
  EXPECT_EQ(sweepjob("show a").code, 2);
}

TEST_F(Injection, WhatATrialPrintsDoesNotReachTheTerminalAsItIs) {
  write("job.yaml",
        job({.command = R"sh(printf '"\033[2Jevil\007"=3\n\033]0;title\007acc=1\n'
printf '{"a\\u001b[2Jb": 3, "acc": 2}\n' >> "$SWEEPJOB_METRICS_FILE"
printf 'x\033]0;t\007' >&2; exit 1)sh",
             .search_space = R"(x: {type: choice, values: ["\e[31mred\a", "\u009b2J"]})",
             .limits = "max_total_trials: 2"}));
  const Output output = sweepjob("submit job.yaml --name a");
  EXPECT_EQ(output.code, 1) << output.text;
  for (const std::string verb : {"show a", "trials a", "best a", "status a", "list"}) {
    const Output shown = sweepjob(verb);
    EXPECT_THAT(output.text + shown.text,
                AllOf(Not(HasSubstr("\x1b")), Not(HasSubstr("\a")), Not(HasSubstr("\xc2\x9b"))))
        << verb;
  }
}

}  // namespace
}  // namespace sweepjob
