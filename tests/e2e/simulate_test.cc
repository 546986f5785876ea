// simulate and replay, as they are typed.

#include <csignal>

#include "tests/e2e/sandbox.h"

namespace sweepjob {
namespace {

using testing::AllOf;
using testing::HasSubstr;

// Flat at x, the best of which is 4: with a slack of half, 1 and 2 go when they are first judged.
const char* const kObjective = R"py(import json, sys
for line in sys.stdin:
    question = json.loads(line)
    x = question["params"]["x"]
    print(json.dumps({"curve": [x] * 10, "seconds_per_step": 60}), flush=True)
)py";

class Simulate : public Sandbox {
 protected:
  void SetUp() override {
    Sandbox::SetUp();
    write("job.yaml",
          job({.command = "false",
               .limits = "max_total_trials: 4, max_concurrent_trials: 4",
               .early_termination = "type: bandit, slack_factor: 0.5, delay_evaluation: 3"}));
    write("objective.py", kObjective);
  }
  Output simulate(const std::string& objective, const std::string& more = "") const {
    return sweepjob("simulate job.yaml --objective '" + objective + "' " + more);
  }
};

TEST_F(Simulate, RunsAJobThroughAnObjectiveInVirtualTime) {
  const Output run = simulate("python3 objective.py");
  EXPECT_EQ(run.code, 0) << run.text;
  EXPECT_THAT(run.text,
              AllOf(HasSubstr("simulated Completed: 2 completed, 2 cut or canceled"),
                    HasSubstr("best: trial 3 with acc = 4"),
                    HasSubstr("simulated: 26 steps, 65.0 % of the 40"),
                    HasSubstr("makespan: 10 min 0 s of virtual time; 4 workers, 65.0 %")));
  EXPECT_TRUE(nothing_runs());
  EXPECT_FALSE(std::filesystem::exists(path("state/sweeps"))) << "nothing is kept unasked";
}

TEST_F(Simulate, TheSameSeedGivesTheSameDocument) {
  const std::string more =
      "--fail-rate 0.2 --preempt-rate 0.3 --startup-delay 20 --workers 2 --seed 3 -o json";
  const nlohmann::json first = json("simulate job.yaml --objective 'python3 objective.py' " + more);
  EXPECT_EQ(first, json("simulate job.yaml --objective 'python3 objective.py' " + more));
  const nlohmann::json& figures = first.at("simulation");
  EXPECT_EQ(figures.at("workers"), 2);
  EXPECT_EQ(figures.at("seed"), 3);
  EXPECT_GT(figures.at("makespan_seconds"), 0);
  EXPECT_EQ(first.at("schema_version"), 1);
  EXPECT_EQ(first.at("trials").size(), 4u);
}

TEST_F(Simulate, InterruptedItLeavesNoSweepAndNoProcess) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    const pid_t pid = start(
        "simulate job.yaml --keep k --objective 'while read l; do echo asked >> $LOG; sleep 77; "
        "done'");
    ASSERT_TRUE(wait_until([&] { return !lines_of("LOG").empty(); }));
    ::kill(pid, signal);
    EXPECT_EQ(wait(pid), 128 + signal);
    EXPECT_TRUE(nothing_runs()) << "killed, but not reaped at once";
    EXPECT_THAT(sweepjob("list").text, HasSubstr("no sweeps in "));
    std::filesystem::remove(path("LOG"));
  }
  EXPECT_EQ(simulate("python3 objective.py", "--keep k").code, 0);
}

TEST_F(Simulate, AKeptOneIsASweepForTheVerbsThatLook) {
  EXPECT_EQ(simulate("builtin:curves", "--keep mine --set limits.max_total_trials=20").code, 0);
  EXPECT_EQ(show("mine").at("backend"), "simulated");
  EXPECT_THAT(sweepjob("list").text, HasSubstr("mine"));
  EXPECT_EQ(sweepjob("doctor mine").code, 0);
  EXPECT_EQ(sweepjob("explain mine 0").code, 0);
  const Output replay = sweepjob("replay mine");
  EXPECT_EQ(replay.code, 0);
  EXPECT_THAT(replay.text, HasSubstr("all agree"));
  EXPECT_EQ(simulate("builtin:curves", "--keep mine").code, 2) << "the name is taken";
  EXPECT_EQ(sweepjob("delete mine --yes").code, 0);
}

TEST_F(Simulate, AnObjectiveThatMisbehavesIsOneErrorAndLeavesNothing) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"exit 3", "exit code 3"},
      {"no-such-program", "exit code 127"},
      {"cat", "it has none of"},
      {"while read -r l; do echo 7; done", "no JSON object: 7"},
      {"sleep 1000 & sleep 1000", "no answer within 2 s"},
      {"yes", "the objective"},
      {"builtin:nothing", "builtin:curves"},
  };
  for (const auto& [objective, expected] : cases) {
    const bool silent = expected.starts_with("no answer");
    const Output run = simulate(
        objective, std::string("--objective-timeout ") + (silent ? "2" : "120") + " --keep mine");
    EXPECT_EQ(run.code, 2) << objective << run.text;
    EXPECT_THAT(run.text, HasSubstr(expected)) << objective;
    EXPECT_EQ(sweepjob("show mine").code, 2) << "the name is free again: " << objective;
    EXPECT_TRUE(nothing_runs()) << objective;
  }
}

TEST_F(Simulate, WrongUseIsSaidBeforeAnythingStarts) {
  EXPECT_EQ(sweepjob("simulate job.yaml").code, 2);
  EXPECT_EQ(simulate("builtin:curves", "--fail-rate 2").code, 2);
  EXPECT_EQ(simulate("builtin:curves", "--workers 0").code, 2);
  EXPECT_EQ(simulate("builtin:curves", "--keep ../x").code, 2);
  EXPECT_EQ(simulate("builtin:curves", "--set limits.max_total_trials=none").code, 2);
  EXPECT_EQ(sweepjob("simulate missing.yaml --objective builtin:curves").code, 2);
}

TEST_F(Simulate, ARealSweepReplaysAndATamperedOneSaysWhere) {
  write("real.yaml", job({.command = "for k in 1 2 3 4; do echo acc=$((k * "
                                     "${{search_space.x}})); done",
                          .early_termination = "type: bandit, slack_factor: 0.5"}));
  EXPECT_EQ(sweepjob("submit real.yaml --name real").code, 0);
  const nlohmann::json good = json("replay real -o json");
  EXPECT_EQ(good.at("agrees"), true) << good;
  EXPECT_EQ(good.at("proposals"), 4);
  append("real", StopRequested{TrialId{0}, StopCause::EarlyTermination, 2, "never decided"});
  EXPECT_EQ(sweepjob("replay real").code, 1);
  const nlohmann::json bad = json("replay real -o json");
  EXPECT_EQ(bad.at("agrees"), false);
  EXPECT_EQ(bad.at("difference").at("what"), "verdict");
  EXPECT_THAT(bad.at("difference").at("journaled").get<std::string>(), HasSubstr("never decided"));
}

}  // namespace
}  // namespace sweepjob
