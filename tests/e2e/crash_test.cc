// What docs/exactly-once.md promises, with real processes and real kill -9: of the controller, of
// attempt programs, of both.

#include <csignal>
#include <map>
#include <random>
#include <set>
#include <thread>

#include <sys/wait.h>

#include "tests/e2e/sandbox.h"

namespace sweepjob {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class Crash : public Sandbox {
 protected:
  // "start 3 <token> <pid>" lines: what the commands themselves say.
  std::map<int, int> starts() const {
    std::map<int, int> count;
    for (const std::string& line : lines_of("LOG")) {
      std::istringstream words(line);
      std::string what;
      int trial = -1;
      if (words >> what >> trial && what == "start") ++count[trial];
    }
    return count;
  }

  // What the command of a trial printed, by its own account.
  std::vector<std::string> printed(int trial) const {
    return lines_of("printed." + std::to_string(trial));
  }

  std::map<int, std::vector<double>> reported(const std::string& name) const {
    std::map<int, std::vector<double>> curves;
    for (const nlohmann::json& event : events(name, "MetricReported")) {
      curves[event.at("trial").get<int>()].push_back(event.at("value").get<double>());
    }
    return curves;
  }

  // Without taking its exit code away from wait().
  static bool has_ended(pid_t pid) {
    siginfo_t info{};
    return ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid == pid;
  }

  // What was journaled before is journaled after.
  static testing::AssertionResult is_prefix(const std::vector<std::string>& before,
                                            const std::vector<std::string>& after) {
    if (before.size() > after.size()) {
      return testing::AssertionFailure()
             << before.size() << " events became " << after.size() << ", lost " << before.back();
    }
    for (std::size_t i = 0; i < before.size(); ++i) {
      if (before[i] != after[i]) {
        return testing::AssertionFailure() << before[i] << "\nbecame\n" << after[i];
      }
    }
    return testing::AssertionSuccess();
  }
};

// Writes down its start and its end, and every value before it prints it. The later the trial, the
// more kills of the controller it waits for: the sweep lasts as long as they do.
const char* const kTraining = R"sh(echo "start $SWEEPJOB_TRIAL $SWEEPJOB_ATTEMPT_TOKEN $$" >> "$LOG"
until [ -e "$(dirname "$LOG")/killed.$((SWEEPJOB_TRIAL * 3 / 4))" ]; do sleep 0.05; done
for epoch in 1 2 3 4 5; do
  value=$((${{search_space.x}} * 10 + epoch)).5
  echo "$value" >> "$(dirname "$LOG")/printed.$SWEEPJOB_TRIAL"
  echo "epoch $epoch acc=$value other=$epoch"
  sleep 0.1
done
echo "end $SWEEPJOB_TRIAL" >> "$LOG"
)sh";

TEST_F(Crash, KillingTheControllerAgainAndAgainLosesRepeatsAndChangesNothing) {
  std::string values;
  for (int i = 0; i < 40; ++i) values += (i ? ", " : "") + std::to_string((i * 17) % 40);
  write("job.yaml", job({.command = kTraining,
                         .search_space = "x: {type: choice, values: [" + values + "]}",
                         .limits = "max_total_trials: 40, max_concurrent_trials: 3",
                         .early_termination = "type: truncation_selection, evaluation_interval: 2, "
                                              "delay_evaluation: 2, truncation_percentage: 30"}));
  std::mt19937 random(20240601);
  std::uniform_int_distribution<int> pause(0, 300);
  std::vector<std::string> before;
  pid_t controller = start("submit job.yaml --name a");
  for (int kills = 0; kills < 30; ++kills) {
    std::this_thread::sleep_for(milliseconds(pause(random)));  // the instant of the crash
    ASSERT_FALSE(has_ended(controller)) << output_of(controller);
    kill_and_wait(controller);
    write("killed." + std::to_string(kills), "");
    const std::vector<std::string> after = journal("a");
    ASSERT_TRUE(is_prefix(before, after)) << "after kill " << kills;
    before = after;
    controller = start(sweep_folder("a").empty() ? "submit job.yaml --name a" : "resume a");
  }
  EXPECT_EQ(wait(controller), 0) << output_of(controller);
  ASSERT_TRUE(is_prefix(before, journal("a")));

  for (const auto& [trial, count] : starts()) EXPECT_EQ(count, 1) << "trial " << trial;
  EXPECT_THAT(starts(), SizeIs(40));
  const nlohmann::json shown = show("a");
  EXPECT_EQ(shown["status"], "Completed");
  EXPECT_EQ(shown["counts"]["completed"].get<int>() + shown["counts"]["canceled"].get<int>(), 40)
      << shown["counts"];
  double best = -1;
  std::map<int, std::vector<double>> curves = reported("a");
  for (const nlohmann::json& trial : shown["trials"]) {
    const int number = trial["trial"];
    const std::vector<std::string> truth = printed(number);
    const std::vector<double>& curve = curves[number];
    ASSERT_LE(curve.size(), truth.size()) << "trial " << number;
    for (std::size_t i = 0; i < curve.size(); ++i) {
      EXPECT_EQ(curve[i], std::stod(truth[i])) << "trial " << number << " interval " << i + 1;
      best = std::max(best, curve[i]);
    }
    if (trial["status"] == "Completed") {
      EXPECT_THAT(curve, SizeIs(5)) << "trial " << number;
      std::vector<std::string> others =
          lines_of(sweep_folder("a") + "/metrics/" + std::to_string(number));
      EXPECT_THAT(others, SizeIs(testing::Ge(5U))) << "trial " << number;
      std::set<std::string> distinct(others.begin(), others.end());
      EXPECT_EQ(distinct.size(), others.size()) << "trial " << number << " has a value twice";
    }
  }
  EXPECT_EQ(shown["best"]["value"].get<double>(), best);
  EXPECT_TRUE(nothing_runs());
}

TEST_F(Crash, AdoptsRunningTrialsWithTheirProcesses) {
  write("job.yaml", job({.command = R"sh(echo "start $SWEEPJOB_TRIAL x $$" >> "$LOG"
echo acc=1
until [ -e "$(dirname "$LOG")/go" ]; do sleep 0.05; done
echo acc=2)sh",
                         .limits = "max_total_trials: 2, max_concurrent_trials: 2"}));
  const pid_t first = start("submit job.yaml --name a");
  ASSERT_TRUE(wait_until([&] { return events("a", "MetricReported").size() == 2; }));
  const std::string claim = attempt_folder("a", 0, 1) + "/claim";
  const auto supervisor = static_cast<pid_t>(std::stoi(record_value(claim, "pid")));
  kill_and_wait(first);
  EXPECT_EQ(::kill(supervisor, 0), 0) << "a trial does not die with its controller";
  const pid_t second = start("resume a");
  ASSERT_TRUE(wait_until([&] { return events("a", "ControllerStarted").size() == 2; }));
  EXPECT_EQ(::kill(supervisor, 0), 0);
  write("go", "");
  EXPECT_EQ(wait(second), 0) << output_of(second);
  EXPECT_THAT(starts(), ElementsAre(std::pair(0, 1), std::pair(1, 1)));
  EXPECT_EQ(std::stoi(record_value(claim, "pid")), supervisor);
  EXPECT_THAT(reported("a")[0], ElementsAre(1, 2));
  EXPECT_THAT(reported("a")[1], ElementsAre(1, 2));
}

TEST_F(Crash, WhatEndedWhileNobodyLookedIsCountedOnce) {
  write("job.yaml", job({.command = R"sh(echo "start $SWEEPJOB_TRIAL" >> "$LOG"
until [ -e "$(dirname "$LOG")/go" ]; do sleep 0.05; done
for i in 1 2 3; do echo "acc=$i"; done; echo "end" >> "$LOG")sh",
                         .limits = "max_total_trials: 3, max_concurrent_trials: 3"}));
  const pid_t first = start("submit job.yaml --name a");
  ASSERT_TRUE(wait_until([&] { return starts().size() == 3; }));
  kill_and_wait(first);
  write("go", "");
  ASSERT_TRUE(wait_until([&] {
    int ended = 0;
    for (int trial = 0; trial < 3; ++trial) {
      ended += std::filesystem::exists(attempt_folder("a", trial, 1) + "/exit");
    }
    return ended == 3;
  }));
  EXPECT_EQ(sweepjob("resume a").code, 0);
  for (int trial = 0; trial < 3; ++trial) {
    EXPECT_THAT(reported("a")[trial], ElementsAre(1, 2, 3)) << trial;
    EXPECT_EQ(starts()[trial], 1);
  }
}

TEST_F(Crash, WhatStartsAttemptsMayDieToo) {
  write("job.yaml", job({.command = R"sh(echo "start $SWEEPJOB_TRIAL" >> "$LOG"; echo acc=1
until [ -e "$(dirname "$LOG")/go" ]; do sleep 0.05; done)sh",
                         .limits = "max_total_trials: 4, max_concurrent_trials: 2"}));
  const pid_t controller = start("submit job.yaml --name a");
  ASSERT_TRUE(wait_until([&] { return events("a", "MetricReported").size() == 2; }));
  int servers = 0;
  for (const pid_t pid : processes()) {
    // Attempts are forks of the server, and children of it.
    const std::string folder = "/proc/" + std::to_string(pid);
    const std::string parent = "\nPPid:\t" + std::to_string(controller) + "\n";
    if (read(folder + "/cmdline").find("--serve") == std::string::npos) continue;
    if (read(folder + "/status").find(parent) == std::string::npos) continue;
    ::kill(pid, SIGKILL);
    ++servers;
  }
  EXPECT_EQ(servers, 1);
  write("go", "");
  EXPECT_EQ(wait(controller), 0) << output_of(controller);
  for (const auto& [trial, count] : starts()) EXPECT_EQ(count, 1) << trial;
  for (const nlohmann::json& trial : show("a")["trials"]) {
    EXPECT_EQ(trial["status"], "Completed");
    EXPECT_EQ(trial["attempts"], 1);
  }
}

TEST_F(Crash, ABacklogOfBothChannelsCountsTheFile) {
  write("job.yaml", job({.command = R"sh(echo "start $SWEEPJOB_TRIAL" >> "$LOG"
until [ -e "$(dirname "$LOG")/go" ]; do sleep 0.05; done
echo acc=70; echo acc=71
printf '{"acc": 1}\n{"acc": 2}\n{"acc": 3}\n' >> "$SWEEPJOB_METRICS_FILE")sh",
                         .limits = "max_total_trials: 1"}));
  const pid_t first = start("submit job.yaml --name a");
  ASSERT_TRUE(wait_until([&] { return starts().size() == 1; }));
  kill_and_wait(first);
  write("go", "");
  ASSERT_TRUE(
      wait_until([&] { return std::filesystem::exists(attempt_folder("a", 0, 1) + "/exit"); }));
  EXPECT_EQ(sweepjob("resume a").code, 0);
  EXPECT_THAT(reported("a")[0], ElementsAre(1, 2, 3));
}

TEST_F(Crash, AKilledAttemptProgramIsRetriedWithNothingOfTheOldOneLeft) {
  write("job.yaml", job({.command = R"sh(echo "start $SWEEPJOB_TRIAL x $$" >> "$LOG"
echo "acc=$SWEEPJOB_ATTEMPT"
if [ "$SWEEPJOB_ATTEMPT" = 1 ]; then
  (setsid sleep 1000 &) ; sleep 1000 & wait
fi)sh",
                         .limits = "max_total_trials: 1"}));
  const pid_t controller = start("submit job.yaml --name a");
  ASSERT_TRUE(wait_until([&] { return events("a", "MetricReported").size() == 1; }));
  const std::string token = sweep_folder("a").substr(sweep_folder("a").rfind('/') + 1) + "-0-1";
  ASSERT_TRUE(wait_until([&] { return processes_with(token).size() >= 3; }));
  ::kill(std::stoi(record_value(attempt_folder("a", 0, 1) + "/claim", "pid")), SIGKILL);
  EXPECT_EQ(wait(controller), 0) << output_of(controller);
  EXPECT_THAT(processes_with(token), IsEmpty());
  const nlohmann::json trial = show("a")["trials"][0];
  EXPECT_EQ(trial["status"], "Completed");
  EXPECT_EQ(trial["attempts"], 2);
  // Without a checkpoint the curve begins anew.
  EXPECT_EQ(trial["intervals"], 1);
  EXPECT_EQ(trial["best_value"], 2.0);
  EXPECT_THAT(output_of(controller), HasSubstr("another one follows"));
}

TEST_F(Crash, GivesUpATrialThatIsLostMoreOftenThanRetriesAllows) {
  write("job.yaml", job({.command = "kill -9 $PPID; sleep 1000",
                         .limits = "max_total_trials: 1",
                         .extensions = "retries: 2\nretry_backoff: 0"}));
  const Output output = sweepjob("submit job.yaml --name a");
  EXPECT_EQ(output.code, 1) << output.text;
  const nlohmann::json trial = show("a")["trials"][0];
  EXPECT_EQ(trial["status"], "Failed");
  EXPECT_EQ(trial["reason"], "lost");
  EXPECT_EQ(trial["attempts"], 3);
  EXPECT_THAT(processes(), IsEmpty());
}

TEST_F(Crash, AScriptThatFailsIsNotRetriedUnlessByHand) {
  write("job.yaml", job({.command = R"sh(echo "start $SWEEPJOB_TRIAL" >> "$LOG"; echo acc=1
[ -e "$(dirname "$LOG")/mended" ])sh",
                         .limits = "max_total_trials: 2, max_concurrent_trials: 1"}));
  EXPECT_EQ(sweepjob("submit job.yaml --name a").code, 1);
  EXPECT_THAT(starts(), ElementsAre(std::pair(0, 1), std::pair(1, 1)));
  write("mended", "");
  const Output retried = sweepjob("retry a 1");
  EXPECT_EQ(retried.code, 0) << retried.text;
  EXPECT_THAT(retried.text, HasSubstr("attempt 2"));
  const Output resumed = sweepjob("resume a");
  EXPECT_EQ(resumed.code, 0) << resumed.text;
  const nlohmann::json trials = show("a")["trials"];
  EXPECT_EQ(trials[0]["status"], "Failed");
  EXPECT_EQ(trials[1]["status"], "Completed") << trials[1];
  EXPECT_EQ(trials[1]["attempts"], 2);
  EXPECT_EQ(sweepjob("retry a 1").code, 2) << "a completed trial";
  EXPECT_EQ(sweepjob("retry a 7").code, 2) << "no such trial";
}

// Saves each epoch; the first attempt hangs after it has reported the third.
const char* const kCheckpointed = R"sh(saved="$SWEEPJOB_CHECKPOINT_DIR/epoch"
from=$(cat "$saved" 2>/dev/null || echo 0)
for epoch in $(seq $((from + 1)) 5); do
  echo "step=$epoch acc=$((epoch * 10 + SWEEPJOB_ATTEMPT))"
  [ $epoch = 3 ] && [ $SWEEPJOB_ATTEMPT = 1 ] && sleep 1000
  echo $epoch > "$saved"
done
)sh";

TEST_F(Crash, ACurveGoesOnFromTheCheckpointOfTheLostAttempt) {
  // Its third epoch is reported, but not saved: the second attempt reports it again.
  write("job.yaml", job({.command = kCheckpointed, .limits = "max_total_trials: 1"}));
  const pid_t controller = start("submit job.yaml --name a");
  ASSERT_TRUE(wait_until([&] { return events("a", "MetricReported").size() == 3; }));
  ::kill(std::stoi(record_value(attempt_folder("a", 0, 1) + "/claim", "pid")), SIGKILL);
  EXPECT_EQ(wait(controller), 0) << output_of(controller);
  EXPECT_THAT(reported("a")[0], ElementsAre(11, 21, 31, 32, 42, 52));
  const nlohmann::json trial = show("a")["trials"][0];
  EXPECT_EQ(trial["intervals"], 5) << "1, 2 of the first attempt; 3, 4, 5 of the second";
  EXPECT_EQ(trial["best_value"], 52.0);
  ASSERT_THAT(events("a", "CurveTruncated"), SizeIs(1));
  EXPECT_EQ(events("a", "CurveTruncated")[0]["kept"], 2);
}

TEST_F(Crash, AControllerAndItsTrialsKilledTogetherAreTakenUpAgain) {
  write("job.yaml", job({.command = R"sh(echo "start $SWEEPJOB_TRIAL" >> "$LOG"
echo "acc=$SWEEPJOB_ATTEMPT"; [ "$SWEEPJOB_ATTEMPT" = 2 ] || sleep 1000)sh",
                         .limits = "max_total_trials: 2, max_concurrent_trials: 2"}));
  const pid_t controller = start("submit job.yaml --name a");
  ASSERT_TRUE(wait_until([&] { return events("a", "MetricReported").size() == 2; }));
  // A power cut, as far as processes can play one.
  kill_and_wait(controller);
  // The attempt programs first: they must not see their commands end.
  for (const int trial : {0, 1}) {
    ::kill(std::stoi(record_value(attempt_folder("a", trial, 1) + "/claim", "pid")), SIGKILL);
  }
  ASSERT_TRUE(wait_until([&] {
    const std::vector<pid_t> left = processes();
    for (const pid_t pid : left) ::kill(pid, SIGKILL);
    return left.empty();
  }));
  const Output resumed = sweepjob("resume a");
  EXPECT_EQ(resumed.code, 0) << resumed.text;
  const nlohmann::json shown = show("a");
  EXPECT_EQ(shown["counts"]["completed"], 2);
  for (const nlohmann::json& trial : shown["trials"]) EXPECT_EQ(trial["attempts"], 2);
  EXPECT_THAT(starts(), ElementsAre(std::pair(0, 2), std::pair(1, 2)));
}

TEST_F(Crash, TellsHowACommandEnded) {
  write("job.yaml", job({.command = R"sh(echo acc=1
case ${{search_space.x}} in
  1) exit 3 ;;
  2) kill -SEGV $$ ;;
  3) no-such-program-anywhere ;;
  4) exit 127 ;;
  5) exit 0 ;;
esac)sh",
                         .search_space = "x: {type: choice, values: [1, 2, 3, 4, 5]}",
                         .limits = "max_total_trials: 5, max_concurrent_trials: 2"}));
  const Output output = sweepjob("submit job.yaml --name a");
  EXPECT_EQ(output.code, 0) << output.text;
  const nlohmann::json trials = show("a")["trials"];
  EXPECT_EQ(trials[0]["reason"], "exit_code");
  EXPECT_EQ(trials[0]["exit_code"], 3);
  EXPECT_EQ(trials[1]["reason"], "signal");
  EXPECT_EQ(trials[1]["exit_code"], 139);
  EXPECT_THAT(trials[1]["message"].get<std::string>(), HasSubstr("SEGV"));
  EXPECT_EQ(trials[2]["reason"], "missing_program");
  EXPECT_THAT(trials[2]["message"].get<std::string>(), HasSubstr("no-such-program-anywhere"));
  EXPECT_EQ(trials[3]["reason"], "exit_code") << "the script's own 127 is no missing program";
  EXPECT_EQ(trials[4]["status"], "Completed");
}

}  // namespace
}  // namespace sweepjob
