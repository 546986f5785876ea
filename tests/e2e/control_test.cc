// Commands of people: a second controller, cancel, pause, update, signals.

#include <csignal>
#include <thread>

#include "runner/io/inbox.h"
#include "tests/e2e/sandbox.h"

namespace sweepjob {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

// Runs until the file `go` appears in the sandbox.
const char* const kWaiting = R"sh(echo "start $SWEEPJOB_TRIAL" >> "$LOG"
echo "acc=$SWEEPJOB_TRIAL"
until [ -e "$(dirname "$LOG")/go" ]; do sleep 0.05; done
echo "end $SWEEPJOB_TRIAL" >> "$LOG"
)sh";

LimitsChanged timeout(std::int64_t seconds) {
  LimitsChanged limits;
  limits.timeout_seconds = seconds;
  return limits;
}

LimitsChanged trial_timeout(std::int64_t seconds) {
  LimitsChanged limits;
  limits.trial_timeout_seconds = seconds;
  return limits;
}

class Control : public Sandbox {
 protected:
  bool running(const std::string& name, std::size_t trials) const {
    return events(name, "MetricReported").size() >= trials;
  }
  // A sweep of `kWaiting` with two trials at a time, both of them running.
  pid_t start_waiting(const std::string& limits = "max_total_trials: 4, max_concurrent_trials: 2",
                      const std::string& name = "a") {
    write("job.yaml", job({.command = kWaiting, .limits = limits}));
    const pid_t controller = start("submit job.yaml --name " + name);
    EXPECT_TRUE(wait_until([&] { return running(name, 2); })) << output_of(controller);
    return controller;
  }
};

TEST_F(Control, RefusesASecondControllerAndSaysWhoTheFirstIs) {
  const pid_t controller = start_waiting();
  for (const std::string verb : {"resume a", "submit job.yaml --name a", "resume a --detach"}) {
    const Output second = sweepjob(verb);
    EXPECT_EQ(second.code, 5) << verb;
    EXPECT_THAT(second.text, HasSubstr("pid " + std::to_string(controller))) << verb;
    EXPECT_THAT(second.text, HasSubstr("host ")) << verb;
  }
  const Output second = sweepjob("resume a");
  EXPECT_THAT(second.text, testing::ContainsRegex("since 20.*Z \\([0-9]+ (s|min)\\)"));
  EXPECT_EQ(controller_of("a"), controller) << "the first one is not disturbed";
  // A dead one is replaced at once: no lease has to run out.
  kill_and_wait(controller);
  write("go", "");
  const pid_t next = start("resume a");
  EXPECT_EQ(wait(next), 0) << output_of(next);
  EXPECT_THAT(events("a", "ControllerStarted"), SizeIs(2));
  EXPECT_THAT(output_of(next), Not(HasSubstr("may be alive")));
}

TEST_F(Control, CancelEndsARunningSweepAndEverythingItStarted) {
  write("job.yaml", job({.command = "(setsid sleep 1000 & setsid setsid sleep 1001 &)\n"
                                    "trap '' TERM\n" +
                                    std::string(kWaiting),
                         .extensions = "grace: 1"}));
  const pid_t controller = start("submit job.yaml --name a");
  ASSERT_TRUE(wait_until([&] { return running("a", 2); }));
  const Output canceled = sweepjob("cancel a");
  EXPECT_EQ(canceled.code, 0) << canceled.text;
  EXPECT_EQ(wait(controller), 3) << output_of(controller);
  EXPECT_THAT(processes(), IsEmpty());
  const nlohmann::json shown = show("a");
  EXPECT_EQ(shown["status"], "Canceled");
  EXPECT_EQ(shown["counts"]["canceled"], 4);
  EXPECT_EQ(shown["best"]["value"], 1.0) << "the best trial so far is still reported";
  EXPECT_EQ(sweepjob("cancel a").code, 2) << "it is over";
}

TEST_F(Control, CancelWithoutAControllerEndsTheTrialsThatRun) {
  const pid_t controller = start_waiting();
  kill_and_wait(controller);
  EXPECT_THAT(processes(), Not(IsEmpty()));
  const Output canceled = sweepjob("cancel a");
  EXPECT_EQ(canceled.code, 0) << canceled.text;
  EXPECT_TRUE(nothing_runs());
  EXPECT_EQ(show("a")["status"], "Canceled");
  EXPECT_EQ(show("a")["counts"]["canceled"], 4);
  EXPECT_EQ(sweepjob("submit job.yaml --name a").code, 3) << "its result, again";
}

// The journal of a controller that died right after the launch says nothing of the start.
TEST_F(Control, CancelWithoutAControllerEndsATrialWhoseStartWasNotJournaled) {
  kill_and_wait(start_waiting("max_total_trials: 2, max_concurrent_trials: 2"));
  const std::string segment = sweep_folder("a") + "/journal.2";
  while (!events("a", "AttemptStarted").empty()) {
    fs::resize_file(segment, fs::file_size(segment) - 1);
  }
  ASSERT_THAT(events("a", "AttemptReleased"), SizeIs(2));
  ASSERT_THAT(processes(), Not(IsEmpty()));
  const Output canceled = sweepjob("cancel a");
  EXPECT_EQ(canceled.code, 0) << canceled.text;
  EXPECT_TRUE(nothing_runs());
  EXPECT_EQ(show("a")["counts"]["canceled"], 2);
}

TEST_F(Control, ACommandThatADyingControllerLeavesUnansweredIsNotLost) {
  const pid_t controller = start_waiting();
  stop_and_wait(controller);
  const pid_t caller = start("cancel a");
  ASSERT_TRUE(wait_until([&] { return !fs::is_empty(sweep_folder("a") + "/inbox"); }));
  kill_and_wait(controller);
  EXPECT_EQ(wait(caller), 0) << output_of(caller);
  EXPECT_EQ(show("a")["status"], "Canceled");
  EXPECT_TRUE(nothing_runs());
  EXPECT_TRUE(fs::is_empty(sweep_folder("a") + "/inbox"));
}

TEST_F(Control, CancelOfOneTrialWithoutAControllerSaysWhatIsNeeded) {
  kill_and_wait(start_waiting());
  const Output canceled = sweepjob("cancel a 0");
  EXPECT_EQ(canceled.code, 0);
  EXPECT_THAT(canceled.text, HasSubstr("sweepjob resume a"));
}

TEST_F(Control, CancelOfOneTrialLeavesTheOthers) {
  const pid_t controller = start_waiting("max_total_trials: 2, max_concurrent_trials: 2");
  EXPECT_EQ(sweepjob("cancel a 0").code, 0);
  ASSERT_TRUE(wait_until([&] { return events("a", "TrialFinished").size() == 1; }));
  write("go", "");
  EXPECT_EQ(wait(controller), 0) << output_of(controller);
  const nlohmann::json trials = show("a")["trials"];
  EXPECT_EQ(trials[0]["status"], "Canceled");
  EXPECT_EQ(trials[0]["reason"], "user_cancel");
  EXPECT_EQ(trials[1]["status"], "Completed");
  EXPECT_EQ(sweepjob("cancel a 1").code, 2);
}

TEST_F(Control, PausedSweepsStartNothingAndGoOn) {
  const pid_t controller = start_waiting();
  EXPECT_EQ(sweepjob("pause a").code, 0);
  write("go", "");
  ASSERT_TRUE(wait_until([&] { return events("a", "TrialFinished").size() == 2; }));
  EXPECT_EQ(show("a")["status"], "Paused");
  // Also when the controller changes meanwhile.
  kill_and_wait(controller);
  const pid_t next = start("resume a");
  ASSERT_TRUE(wait_until([&] { return controller_of("a") == next; }));
  EXPECT_EQ(sweepjob("pause a").code, 0) << "twice is no harm";
  EXPECT_THAT(events("a", "AttemptStarted"), SizeIs(2));
  EXPECT_EQ(sweepjob("unpause a").code, 0);
  EXPECT_EQ(wait(next), 0) << output_of(next);
  EXPECT_EQ(show("a")["counts"]["completed"], 4);
}

TEST_F(Control, LimitsChangeWhileItRunsAndAfterItsEnd) {
  const pid_t controller = start_waiting("max_total_trials: 2, max_concurrent_trials: 2");
  EXPECT_EQ(sweepjob("update a --set limits.max_total_trials=3").code, 0);
  EXPECT_EQ(sweepjob("update a --set limits.max_concurrent_trials=3").code, 0);
  ASSERT_TRUE(wait_until([&] { return running("a", 3); })) << output_of(controller);
  EXPECT_EQ(sweepjob("update a --set objective.goal=minimize").code, 2);
  EXPECT_EQ(sweepjob("update a --set limits.max_total_trials=0").code, 2);
  write("go", "");
  EXPECT_EQ(wait(controller), 0) << output_of(controller);
  EXPECT_EQ(show("a")["counts"]["completed"], 3);
  const Output reopened = sweepjob("update a --set limits.max_total_trials=4");
  EXPECT_EQ(reopened.code, 0);
  EXPECT_THAT(reopened.text, HasSubstr("open again"));
  const Output resumed = sweepjob("resume a");
  EXPECT_EQ(resumed.code, 0) << resumed.text;
  EXPECT_EQ(show("a")["counts"]["completed"], 4) << show("a")["trials"];
}

TEST_F(Control, ATimeoutThatRanOutUnattendedAsksAndKillsNothing) {
  const pid_t controller = start_waiting();
  kill_and_wait(controller);
  append("a", timeout(1));
  ASSERT_TRUE(wait_until([&] { return seconds_since_submit("a") > 1; }));
  const Output late = sweepjob("resume a");
  EXPECT_EQ(late.code, 2);
  EXPECT_THAT(late.text, AllOf(HasSubstr("sweepjob update a"), HasSubstr("limits.timeout")));
  EXPECT_EQ(sweepjob("resume a --detach").code, 2) << "nor does it fail out of sight";
  for (const int trial : {0, 1}) {
    const std::string claim = attempt_folder("a", trial, 1) + "/claim";
    EXPECT_EQ(::kill(std::stoi(record_value(claim, "pid")), 0), 0) << "what runs is left alone";
  }
  ASSERT_EQ(sweepjob("update a --set limits.timeout=3600").code, 0);
  write("go", "");
  const Output resumed = sweepjob("resume a");
  EXPECT_EQ(resumed.code, 0) << resumed.text;
  EXPECT_EQ(show("a")["counts"]["completed"], 4);
}

TEST_F(Control, ATimeoutEndsTheSweepWithItsBestTrialAndMoreTimeOpensItAgain) {
  const pid_t controller = start_waiting();
  ASSERT_TRUE(wait_until([&] { return seconds_since_submit("a") > 1; }));
  // `update` takes no time as short as that; the controller takes what lies in its inbox.
  const auto asked = submit_request(sweep_folder("a"), "update", {{"timeout", 1}}, Timestamp{});
  ASSERT_TRUE(asked.has_value()) << asked.error().text();
  EXPECT_EQ(wait(controller), 3) << output_of(controller);
  EXPECT_THAT(output_of(controller), HasSubstr("timeout"));
  EXPECT_THAT(processes(), IsEmpty());
  EXPECT_EQ(show("a")["status"], "Canceled");
  EXPECT_EQ(show("a")["best"]["value"], 1.0);
  const Output longer = sweepjob("update a --set limits.timeout=3600");
  EXPECT_THAT(longer.text, HasSubstr("open again"));
}

TEST_F(Control, ATrialThatTakesTooLongIsCanceledWithItsBestValue) {
  const pid_t controller = start_waiting();
  kill_and_wait(controller);
  // Time enough for a command to print its first value, however slow the machine is.
  append("a", trial_timeout(2 + 2 * seconds_since_submit("a")));
  // The two that run keep the limit that they were started with.
  const pid_t next = start("resume a");
  ASSERT_TRUE(wait_until([&] { return controller_of("a") == next; }));
  ASSERT_EQ(sweepjob("cancel a 0").code, 0);
  ASSERT_EQ(sweepjob("cancel a 1").code, 0);
  EXPECT_EQ(wait(next), 0) << output_of(next);
  const nlohmann::json trials = show("a")["trials"];
  for (const int trial : {2, 3}) {
    EXPECT_EQ(trials[trial]["status"], "Canceled");
    EXPECT_EQ(trials[trial]["reason"], "trial_timeout");
    EXPECT_EQ(trials[trial]["best_value"], trial);
  }
  EXPECT_TRUE(nothing_runs());
}

TEST_F(Control, TermStopsTheControllerAlone) {
  const pid_t controller = start_waiting("max_total_trials: 2, max_concurrent_trials: 2");
  ::kill(controller, SIGTERM);
  EXPECT_EQ(wait(controller), 128 + SIGTERM) << "the sweep has not completed";
  EXPECT_THAT(output_of(controller), HasSubstr("sweepjob resume a"));
  EXPECT_THAT(processes(), SizeIs(testing::Ge(2U)));
  EXPECT_EQ(controller_of("a"), 0);
  write("go", "");
  EXPECT_EQ(sweepjob("resume a").code, 0);
  EXPECT_THAT(lines_of("LOG"), SizeIs(4)) << "two starts, two ends";
}

TEST_F(Control, ATerminalThatGoesAwayLeavesItToTheBackground) {
  const pid_t controller = start_waiting("max_total_trials: 2, max_concurrent_trials: 2");
  ::kill(controller, SIGHUP);
  EXPECT_EQ(wait(controller), 128 + SIGHUP);
  ASSERT_TRUE(wait_until([&] { return controller_of("a") != 0; }));
  EXPECT_NE(controller_of("a"), controller);
  write("go", "");
  ASSERT_TRUE(wait_until([&] { return !events("a", "SweepFinished").empty(); }));
  EXPECT_THAT(lines_of("LOG"), SizeIs(4));
}

// Both of them within 2 s: a test that is held up for longer has shown nothing, and tries again.
TEST_F(Control, ControlCAndThenAClosedTerminalDoNotCancel) {
  std::string name;
  int code = 0;
  for (int round = 0; round < 10 && code != 128 + SIGHUP; ++round) {
    name = "a" + std::to_string(round);
    const pid_t controller = start_waiting("max_total_trials: 2, max_concurrent_trials: 2", name);
    ::kill(controller, SIGINT);
    ASSERT_TRUE(wait_until(
        [&] { return output_of(controller).find("again within") != std::string::npos; }));
    ::kill(controller, SIGHUP);
    code = wait(controller);
    EXPECT_THAT(events(name, "SweepStopping"), IsEmpty());
  }
  ASSERT_EQ(code, 128 + SIGHUP);
  ASSERT_TRUE(wait_until([&] { return controller_of(name) != 0; }));
  write("go", "");
  ASSERT_TRUE(wait_until([&] { return !events(name, "SweepFinished").empty(); }));
  EXPECT_EQ(show(name)["counts"]["completed"], 2);
}

TEST_F(Control, DetachReturnsAtOnceAndTheSweepGoesOn) {
  write("job.yaml", job({.command = kWaiting}));
  const Output output = sweepjob("submit job.yaml --name a --detach");
  EXPECT_EQ(output.code, 0) << output.text;
  EXPECT_THAT(output.text, HasSubstr("sweepjob status a"));
  EXPECT_NE(controller_of("a"), 0);
  write("go", "");
  ASSERT_TRUE(wait_until([&] { return controller_of("a") == 0; }));
  EXPECT_EQ(show("a")["counts"]["completed"], 4);
}

TEST_F(Control, ResumeInTheBackgroundSaysAsJsonWhatGoesOn) {
  kill_and_wait(start_waiting());
  const nlohmann::json said = json("resume a --detach -o json");
  EXPECT_EQ(said["name"], "a");
  EXPECT_EQ(said["folder"], sweep_folder("a"));
  EXPECT_EQ(said["schema_version"], 1);
  write("go", "");
  ASSERT_TRUE(wait_until([&] { return controller_of("a") == 0; }));
  EXPECT_EQ(show("a")["status"], "Completed");
  EXPECT_EQ(json("resume a --detach -o json")["name"], "a") << "it has ended already";
}

TEST_F(Control, AReaderThatLeavesDoesNotEndTheSweep) {
  write("job.yaml", job({.command = "sleep 0.1; echo acc=1"}));
  const Output output = bash("sweepjob submit job.yaml --name a | head -1; exit ${PIPESTATUS[0]}");
  EXPECT_EQ(output.code, 0) << output.text;
  EXPECT_EQ(show("a")["counts"]["completed"], 4);
}

// Types on a terminal of its own and waits for what it is shown. Prints all of it, then CODE n.
const char* const kTyping = R"py(
import os, pty, select, signal, sys, time
keys = int(sys.argv[1])
pid, terminal = pty.fork()
if pid == 0:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.execvp("sweepjob", ["sweepjob"] + sys.argv[2:])
shown, typed, until = b"", 0, time.time() + 120
while time.time() < until:
    if select.select([terminal], [], [], 0.1)[0]:
        try:
            text = os.read(terminal, 4096)
        except OSError:
            break
        if not text:
            break
        shown += text
    expected = [b"trial 1 started", b"again within"]
    if typed < keys and expected[typed] in shown:
        os.write(terminal, b"\x03")
        typed += 1
_, status = os.waitpid(pid, 0)
sys.stdout.write(shown.decode("utf-8", "replace"))
print("CODE", os.waitstatus_to_exitcode(status))
)py";

TEST_F(Control, ControlCOnceGoesOnInTheBackgroundAndSaysHowToComeBack) {
  write("typing.py", kTyping);
  write("job.yaml", job({.command = kWaiting}));
  const Output output = bash("python3 typing.py 1 submit job.yaml --name mine");
  EXPECT_THAT(output.text, AllOf(HasSubstr("again within 2 s to cancel mine"),
                                 HasSubstr("sweepjob status mine"), HasSubstr("CODE 130")));
  EXPECT_NE(controller_of("mine"), 0);
  write("go", "");
  ASSERT_TRUE(wait_until([&] { return controller_of("mine") == 0; }));
  EXPECT_EQ(show("mine")["counts"]["completed"], 4);
  EXPECT_THAT(lines_of("LOG"), SizeIs(8)) << "no trial has started twice";
}

TEST_F(Control, ControlCTwiceCancels) {
  write("typing.py", kTyping);
  write("job.yaml", job({.command = kWaiting}));
  Output output;
  std::string name;
  // Typed too late, the second one finds the sweep in the background.
  for (int round = 0; round < 10 && output.text.find("CODE 3") == std::string::npos; ++round) {
    name = "mine" + std::to_string(round);
    output = bash("python3 typing.py 2 submit job.yaml --name " + name);
  }
  EXPECT_THAT(output.text, HasSubstr("CODE 3"));
  EXPECT_EQ(show(name)["status"], "Canceled");
  const std::string uid = fs::path(sweep_folder(name)).filename();
  EXPECT_THAT(processes_with(uid), IsEmpty());
}

TEST_F(Control, ATrialThatSaysNothingStallsAlsoAfterAdoption) {
  write("job.yaml", job({.command = "echo acc=1; sleep 1000",
                         .limits = "max_total_trials: 1",
                         .extensions = "stall_timeout: 2"}));
  const pid_t controller = start("submit job.yaml --name a");
  ASSERT_TRUE(wait_until([&] { return running("a", 1); }));
  kill_and_wait(controller);
  const Output resumed = bash("timeout 200 sweepjob resume a");
  EXPECT_EQ(resumed.code, 0) << resumed.text;
  EXPECT_EQ(show("a")["trials"][0]["reason"], "stall_timeout") << show("a")["trials"];
}

TEST_F(Control, AControllerThatWasStoppedItselfTakesNobodyForStalled) {
  write("job.yaml", job({.command = R"sh(i=0
until [ -e "$(dirname "$LOG")/go" ]; do echo acc=$((i += 1)); sleep 0.1; done
echo "$i" >> "$LOG")sh",
                         .limits = "max_total_trials: 1",
                         .extensions = "stall_timeout: 3"}));
  const pid_t controller = start("submit job.yaml --name a");
  ASSERT_TRUE(wait_until([&] { return running("a", 1); }));
  stop_and_wait(controller);
  const std::size_t before = events("a", "MetricReported").size();
  // For longer than a trial may be silent.
  std::this_thread::sleep_for(std::chrono::seconds(4));
  ::kill(controller, SIGCONT);
  EXPECT_TRUE(wait_until([&] { return running("a", before + 1); })) << output_of(controller);
  write("go", "");
  EXPECT_EQ(wait(controller), 0) << output_of(controller);
  EXPECT_EQ(show("a")["counts"]["completed"], 1) << show("a")["trials"];
  EXPECT_EQ(std::to_string(show("a")["trials"][0]["intervals"].get<int>()), lines_of("LOG").at(0));
}

// A lease that another host wrote a moment ago and that nobody renews.
TEST_F(Control, WaitingForAnotherHostsControllerCanBeInterrupted) {
  kill_and_wait(start_waiting("max_total_trials: 2, max_concurrent_trials: 2"));
  const std::string file = sweep_folder("a") + "/lease.*";
  ASSERT_EQ(bash("sed -i 's/^host ./host ~/' " + file).code, 0);
  const pid_t waiting = start("resume a");
  ASSERT_TRUE(wait_until([&] {
    return output_of(waiting).find("may be alive") != std::string::npos;
  })) << output_of(waiting);
  ::kill(waiting, SIGINT);
  EXPECT_EQ(wait(waiting), 1000 + SIGINT);
  EXPECT_THAT(events("a", "ControllerStarted"), SizeIs(1)) << "not after it has got the sweep";
}

}  // namespace
}  // namespace sweepjob
