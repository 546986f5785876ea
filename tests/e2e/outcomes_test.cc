// What a sweep makes of what its trials print, use and leave behind.

#include <csignal>
#include <map>

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
using testing::UnorderedElementsAre;

class Outcomes : public Sandbox {
 protected:
  std::vector<double> curve(const std::string& name, int trial) const {
    std::vector<double> values;
    for (const nlohmann::json& event : events(name, "MetricReported")) {
      if (event["trial"] == trial) values.push_back(event["value"]);
    }
    return values;
  }
};

TEST_F(Outcomes, ReadsMetricsHoweverTheyArePrinted) {
  write("odd.py", R"py(import os, sys, time
case = int(sys.argv[1])
out = sys.stdout
if case == 1:  # in pieces, and no newline at the end
    for piece in ["acc=1\nac", "c=", "2", "5\nacc=3"]:
        out.write(piece); out.flush(); time.sleep(0.05)
if case == 2:  # a progress bar, then a line of two megabytes
    for i in range(5):
        out.write(f"\r{i * 20}%|###  | acc=0.{i}"); out.flush()
    out.write("\n" + "x" * 2000000 + "\nacc=9\n")
if case == 3:  # both channels at once: the file counts
    with open(os.environ["SWEEPJOB_METRICS_FILE"], "a") as file:
        file.write('{"acc": 5}\n{"acc": 6, "loss": 1}\n')
    time.sleep(0.5)
    print("acc=77")
if case == 4:  # no UTF-8, and colours
    out.buffer.write(b"\xff\xfe acc=\x1b[31m4\x1b[0m\r\nacc=nan\n")
)py");
  write("job.yaml", job({.command = "python3 " + path("odd.py") + " ${{search_space.x}}"}));
  const Output output = sweepjob("submit job.yaml --name a");
  EXPECT_EQ(output.code, 0) << output.text;
  EXPECT_THAT(curve("a", 0), ElementsAre(1, 25, 3));
  EXPECT_THAT(curve("a", 1), ElementsAre(0.4, 9));
  EXPECT_THAT(curve("a", 2), ElementsAre(5, 6));
  EXPECT_THAT(output.text, HasSubstr("only file counts"));
  const nlohmann::json last = show("a")["trials"][3];
  EXPECT_EQ(last["intervals"], 2);
  EXPECT_EQ(last["best_value"], 4.0);
  EXPECT_EQ(last["last_value"], "NaN");
}

TEST_F(Outcomes, ALostAttemptKeepsWhatItPrintedHoweverSoonItDies) {
  write("job.yaml", job({.command = R"sh(if [ $SWEEPJOB_ATTEMPT = 1 ]; then
  for i in 1 2 3 4 5; do echo "acc=0.$i step=$i"; done
  echo 5 > "$SWEEPJOB_CHECKPOINT_DIR/saved"; kill -9 $PPID; sleep 1000
fi
for i in 5 6 7; do echo "acc=0.01 step=$i"; done)sh",
                         .limits = "max_total_trials: 1"}));
  const Output output = sweepjob("submit job.yaml --name a");
  EXPECT_EQ(output.code, 0) << output.text;
  EXPECT_THAT(output.text, AllOf(HasSubstr("lost attempt 1: the attempt program was killed"),
                                 Not(HasSubstr("not known"))));
  const nlohmann::json trial = show("a")["trials"][0];
  EXPECT_EQ(trial["attempts"], 2);
  EXPECT_EQ(trial["intervals"], 7);  // steps 1 to 4, and 5 to 7 of the second attempt
  EXPECT_EQ(trial["best_value"], 0.4);
}

TEST_F(Outcomes, AttemptsThatAllDieAtOnceHaveReportedWhatTheyPrinted) {
  write("job.yaml", job({.command = "echo acc=0.5; kill -9 $PPID; sleep 1000",
                         .limits = "max_total_trials: 1",
                         .extensions = "{retries: 1, retry_backoff: 0}"}));
  const Output output = sweepjob("submit job.yaml --name a");
  EXPECT_EQ(output.code, 1) << output.text;
  EXPECT_THAT(output.text, Not(HasSubstr("no metric was seen")));
  EXPECT_EQ(show("a")["trials"][0]["intervals"], 1);
}

TEST_F(Outcomes, AChannelThatDoesNotExistIsRefusedBeforeAnythingStarts) {
  write("job.yaml", job({.command = "echo acc=1", .extensions = "metrics: {channel: http}"}));
  const Output refused = sweepjob("submit job.yaml --name a");
  EXPECT_EQ(refused.code, 2) << refused.text;
  EXPECT_THAT(refused.text,
              AllOf(HasSubstr("job.yaml:"), HasSubstr("expected one of file, stdout")));
  EXPECT_EQ(sweepjob("show a").code, 2);
}

TEST_F(Outcomes, AMetricOnTheOtherChannelThanTheFixedOneIsToldAtTheFirstTrial) {
  write("job.yaml", job({.command = "echo acc=1", .extensions = "metrics: {channel: file}"}));
  const Output printed = sweepjob("submit job.yaml --name a");
  EXPECT_EQ(printed.code, 4) << printed.text;
  EXPECT_THAT(printed.text,
              AllOf(HasSubstr("metrics.channel is fixed to file, and 'acc' was seen on stdout"),
                    Not(HasSubstr("did you mean"))));
  write("job.yaml", job({.command = "echo '{\"acc\": 1}' > $SWEEPJOB_METRICS_FILE",
                         .extensions = "metrics: {channel: stdout}"}));
  EXPECT_THAT(sweepjob("submit job.yaml --name b").text,
              HasSubstr("'acc' was seen on the metrics file"));
}

TEST_F(Outcomes, WhatIsOddAboutTheMetricsIsToldByEveryVerb) {
  write("job.yaml", job({.command = R"sh(head -c 100000 /dev/zero | tr '\0' x; echo; echo acc=1
echo 'no json' > $SWEEPJOB_METRICS_FILE)sh"}));
  const Output output = sweepjob("submit job.yaml --name a");
  EXPECT_EQ(output.code, 0) << output.text;
  for (const std::string& text : {output.text, sweepjob("status a").text, sweepjob("show a").text,
                                  sweepjob("show a -o json").text,
                                  bash("sweepjob submit job.yaml --name b -o json 2>&1 "
                                       ">/dev/null")
                                      .text}) {
    EXPECT_THAT(text, AllOf(HasSubstr("longer than 65536 bytes"),
                            HasSubstr("line 1 is passed over, as all such lines")));
  }
}

TEST_F(Outcomes, UnderJsonTheWarningsComeAtOnceOnStandardError) {
  write("job.yaml", job({.command = "until [ $SWEEPJOB_TRIAL = 0 -o -e $(dirname $LOG)/go ]; do "
                                    "sleep 0.05; done",
                         .limits = "max_total_trials: 2, max_concurrent_trials: 1"}));
  const pid_t controller = start("submit job.yaml --name a -o json");
  EXPECT_TRUE(wait_until([&] {
    return output_of(controller).find("warning: trial 0 ended without the primary metric") !=
           std::string::npos;
  })) << output_of(controller);
  write("go", "");
  EXPECT_EQ(wait(controller), 4);
}

TEST_F(Outcomes, ASignalIsCalledByItsNumberAndName) {
  write("job.yaml", job({.command = "kill -9 $$", .limits = "max_total_trials: 1"}));
  EXPECT_EQ(sweepjob("submit job.yaml --name a").code, 1);
  EXPECT_THAT(sweepjob("trials a").text,
              AllOf(HasSubstr("signal 9 (SIGKILL)"), Not(HasSubstr("137"))));
  EXPECT_EQ(show("a")["trials"][0]["attempts"], 1);  // of the command, not of our program
}

TEST_F(Outcomes, OutputThatCannotBeWrittenIsNoSuccess) {
  write("job.yaml", job({.command = "echo acc=1", .limits = "max_total_trials: 1"}));
  ASSERT_EQ(sweepjob("submit job.yaml --name a").code, 0);
  for (const std::string arguments : {"show a", "show a -o json", "list", "trials a", "version",
                                      "export a --format csv", "plan job.yaml", "--help"}) {
    const Output output = sweepjob(arguments + " >/dev/full");
    EXPECT_EQ(output.code, 5) << arguments;
    EXPECT_THAT(output.text, HasSubstr("standard output could not be written")) << arguments;
  }
}

TEST_F(Outcomes, CodeThatIsLinkedCannotBeChangedByATrialOrIsWarnedOf) {
  ASSERT_EQ(
      bash("mkdir src && cd src && for i in $(seq 2101); do : > f$i; done; echo orig > keep").code,
      0);
  write("job.yaml", job({.command = "cat keep; echo mod$SWEEPJOB_TRIAL >> keep; echo acc=1",
                         .limits = "max_total_trials: 2, max_concurrent_trials: 1",
                         .trial = "  code: src\n"}));
  // Write bits that root ignores, and no way to mount.
  const std::string bound = "setpriv --bounding-set=-sys_admin --inh-caps=-sys_admin ";
  if (bash(bound + "true").code == 0) {
    EXPECT_THAT(bash(bound + "sweepjob submit job.yaml --name bound").text,
                HasSubstr("changing the code of the others"));
  }
  if (::geteuid() == 0 && bash("unshare --mount true").code != 0) {
    GTEST_SKIP() << "root may not make a mount namespace here";
  }
  const Output output = sweepjob("submit job.yaml --name a");
  EXPECT_EQ(output.code, 0) << output.text;
  EXPECT_THAT(output.text, Not(HasSubstr("changing the code")));
  EXPECT_EQ(read(fs::relative(sweep_folder("a") + "/code/keep", folder_)), "orig\n");
  EXPECT_THAT(sweepjob("logs a 1").text, Not(HasSubstr("mod0")));
}

TEST_F(Outcomes, WithoutThePrimaryMetricItSaysWhatItSawAndExitsWith4) {
  write("job.yaml", job({.command = "echo \"Accuracy=1 loss=2\"", .metric = "accuracy"}));
  const Output output = sweepjob("submit job.yaml --name a");
  EXPECT_EQ(output.code, 4) << output.text;
  EXPECT_THAT(output.text, AllOf(HasSubstr("seen were: 'Accuracy' 'loss'"),
                                 HasSubstr("did you mean 'Accuracy'?")));
  EXPECT_EQ(show("a")["status"], "Completed");
  EXPECT_TRUE(show("a")["best"].is_null());
  EXPECT_EQ(sweepjob("submit job.yaml --name b --require-metric").code, 1);
  EXPECT_EQ(show("b")["status"], "Failed");
}

TEST_F(Outcomes, ThreeFailuresWithoutAMetricEndIt) {
  write("job.yaml", job({.command = "exit 1",
                         .search_space = "x: {type: choice, values: [1, 2, 3, 4, 5, 6, 7, 8]}",
                         .limits = "max_total_trials: 8, max_concurrent_trials: 1"}));
  const Output output = sweepjob("submit job.yaml --name a");
  EXPECT_EQ(output.code, 1) << output.text;
  EXPECT_THAT(output.text, HasSubstr("the first 3 trials all failed"));
  EXPECT_EQ(show("a")["counts"]["failed"], 3);
  EXPECT_EQ(sweepjob("submit job.yaml --name b --set properties.sweepjob.max_failed_trials=5").code,
            1);
  EXPECT_EQ(show("b")["counts"]["failed"], 5);
}

TEST_F(Outcomes, ExitCodesAreThoseOfTheTable) {
  write("job.yaml", job({.command = "echo acc=1", .limits = "max_total_trials: 1"}));
  EXPECT_EQ(sweepjob("submit job.yaml --name ok").code, 0);
  EXPECT_EQ(sweepjob("submit job.yaml --name failed --set trial.command=false").code, 1);
  EXPECT_EQ(sweepjob("submit nowhere.yaml").code, 2);
  EXPECT_EQ(sweepjob("submit job.yaml --set limits.max_total_trials=none").code, 2);
  EXPECT_EQ(sweepjob("submit job.yaml --no-such-option").code, 2);
  EXPECT_EQ(sweepjob("no-such-verb").code, 2);
  EXPECT_EQ(sweepjob("show no-such-sweep").code, 2);
  EXPECT_EQ(sweepjob("submit job.yaml --name mute --set trial.command=true").code, 4);
  write("file", "");
  EXPECT_EQ(sweepjob("submit job.yaml --state file/state").code, 5);
}

TEST_F(Outcomes, EveryVerbAnswersInJsonWithASchemaVersion) {
  write("job.yaml", job({.command = "echo acc=$SWEEPJOB_TRIAL"}));
  for (const std::string arguments : {"submit job.yaml --name a",
                                      "submit job.yaml --name b --detach",
                                      "status",
                                      "status a",
                                      "list",
                                      "show a",
                                      "trials a",
                                      "best a",
                                      "explain a",
                                      "explain a 0",
                                      "logs a 0",
                                      "stream a",
                                      "plan job.yaml",
                                      "validate job.yaml",
                                      "doctor",
                                      "doctor a",
                                      "journal dump a",
                                      "version",
                                      "pause a",
                                      "unpause a",
                                      "cancel a",
                                      "retry a 0",
                                      "update a --set limits.max_total_trials=3",
                                      "resume a",
                                      "download a --to best",
                                      "export a --format jsonl",
                                      "show nobody",
                                      "submit nowhere.yaml",
                                      "delete a"}) {
    const Output output = bash("sweepjob " + arguments + " -o json 2>/dev/null");
    // A sweep that has ended has nothing to stream.
    if (!arguments.starts_with("stream")) {
      EXPECT_THAT(output.lines(), Not(IsEmpty())) << arguments;
    }
    for (const std::string& line : output.lines()) {
      const auto value = nlohmann::json::parse(line, nullptr, false);
      ASSERT_FALSE(value.is_discarded()) << arguments << ": " << line;
      EXPECT_TRUE(value.contains("schema_version")) << arguments << ": " << line;
    }
    if (arguments.find("--detach") != std::string::npos) {
      EXPECT_TRUE(wait_until([&] { return controller_of("b") == 0; }));
    }
  }
}

TEST_F(Outcomes, KeepBestRemovesTheOutputsOfTheOthersAndNothingElse) {
  write("job.yaml",
        job({.command = "echo model > outputs/model; echo x > "
                        "\"$SWEEPJOB_CHECKPOINT_DIR/saved\"; echo acc=${{search_space.x}}",
             .search_space = "x: {type: choice, values: [3, 1, 4, 2]}",
             .extensions = "keep: best 2"}));
  EXPECT_EQ(sweepjob("submit job.yaml --name a").code, 0);
  for (const int trial : {0, 1, 2, 3}) {
    const bool kept = trial == 0 || trial == 2;
    const std::string folder = attempt_folder("a", trial, 1);
    EXPECT_EQ(fs::exists(folder + "/work/outputs/model"), kept) << trial;
    EXPECT_EQ(fs::exists(folder + "/../checkpoint/saved"), kept) << trial;
    EXPECT_THAT(read(folder + "/work/user_logs/std_log.txt"), HasSubstr("acc=")) << trial;
  }
}

TEST_F(Outcomes, KeepBestSparesATrialThatIsRetried) {
  // The first attempt of trial 0 fails; its second one runs while trial 1 ends.
  write("job.yaml", job({.command = R"sh(here=$(dirname "$LOG")
if [ $SWEEPJOB_TRIAL = 1 ]; then until [ -e $here/go ]; do sleep 0.05; done; echo acc=5; exit; fi
[ $SWEEPJOB_ATTEMPT = 1 ] && exit 1
echo x > "$SWEEPJOB_CHECKPOINT_DIR/saved"; echo saved >> "$LOG"
until [ -e $here/go2 ]; do sleep 0.05; done
[ -e "$SWEEPJOB_CHECKPOINT_DIR/saved" ] && echo acc=9)sh",
                         .limits = "max_total_trials: 2, max_concurrent_trials: 2",
                         .extensions = "keep: best 1"}));
  const pid_t controller = start("submit job.yaml --name a");
  ASSERT_TRUE(wait_until([&] { return events("a", "TrialFinished").size() == 1; }));
  ASSERT_EQ(sweepjob("retry a 0").code, 0);
  ASSERT_TRUE(wait_until([&] { return !lines_of("LOG").empty(); }));
  write("go", "");
  ASSERT_TRUE(wait_until([&] { return events("a", "TrialFinished").size() == 2; }));
  write("go2", "");
  EXPECT_EQ(wait(controller), 0) << output_of(controller);
  EXPECT_EQ(show("a")["best"]["value"], 9.0);
  EXPECT_TRUE(fs::exists(sweep_folder("a") + "/trials/0/checkpoint/saved"));
}

TEST_F(Outcomes, PytorchProcessesFindEachOtherAndFailTogether) {
  write("job.yaml",
        // Trial 1's rank 1 fails once rank 0 is seen to run: its failure ends rank 0 at any moment.
        job({.command = R"sh(echo "$RANK $LOCAL_RANK $WORLD_SIZE $MASTER_ADDR" >> "$LOG"
[ $RANK = 0 ] && echo acc=1
[ ${{search_space.x}} = 1 ] && exit 0
[ $RANK = 0 ] && sleep 1000
until [ "$(wc -l < "$LOG")" = 4 ]; do sleep 0.01; done
exit 7)sh",
             .search_space = "x: {type: choice, values: [1, 2]}",
             .limits = "max_total_trials: 2, max_concurrent_trials: 1",
             .extensions = "grace: 1",
             .trial = "  distribution: {type: pytorch, process_count_per_instance: 2}\n"}));
  const Output output = sweepjob("submit job.yaml --name a");
  EXPECT_EQ(output.code, 0) << output.text;
  EXPECT_THAT(lines_of("LOG"), UnorderedElementsAre("0 0 2 127.0.0.1", "1 1 2 127.0.0.1",
                                                    "0 0 2 127.0.0.1", "1 1 2 127.0.0.1"));
  const nlohmann::json trials = show("a")["trials"];
  EXPECT_EQ(trials[0]["status"], "Completed");
  EXPECT_THAT(curve("a", 0), ElementsAre(1));
  EXPECT_EQ(trials[1]["status"], "Failed");
  EXPECT_EQ(trials[1]["exit_code"], 7);
  EXPECT_THAT(processes(), IsEmpty());
}

class Gpus : public Outcomes {
 protected:
  void SetUp() override {
    Outcomes::SetUp();
    write("xdg/sweepjob/config.yaml",
          "environments: {here: {}}\ncomputes: {local: {backend: local, gpus: [a, b]}}\n");
  }
  // Replays "take <gpus>" and "free <gpus>" of the LOG: the most that ever had one GPU at once.
  std::map<std::string, int> most_at_once() const {
    std::map<std::string, int> now;
    std::map<std::string, int> most;
    for (const std::string& line : lines_of("LOG")) {
      const std::string gpu = line.substr(5);
      if (line.starts_with("take ")) most[gpu] = std::max(most[gpu], ++now[gpu]);
      if (line.starts_with("free ")) --now[gpu];
    }
    return most;
  }
};

// The first `at_once` trials hold theirs until all of them have one.
std::string taking(int at_once) {
  return R"sh(echo "take $CUDA_VISIBLE_DEVICES" >> "$LOG"
echo acc=1
until [ $(grep -c take "$LOG") -ge )sh" +
         std::to_string(at_once) + R"sh( ]; do sleep 0.02; done
echo "free $CUDA_VISIBLE_DEVICES" >> "$LOG")sh";
}

TEST_F(Gpus, AreHandedOutOneATrial) {
  write("job.yaml", job({.command = taking(2),
                         .search_space = "x: {type: choice, values: [1, 2, 3, 4, 5, 6]}",
                         .limits = "max_total_trials: 6, max_concurrent_trials: 6"}));
  const Output output = sweepjob("submit job.yaml --name a");
  EXPECT_EQ(output.code, 0) << output.text;
  EXPECT_THAT(output.text, HasSubstr("the GPUs are enough for 2 at once"));
  EXPECT_THAT(most_at_once(), ElementsAre(std::pair("a", 1), std::pair("b", 1)));
}

TEST_F(Gpus, AreSharedByFractions) {
  write("job.yaml", job({.command = taking(4),
                         .search_space = "x: {type: choice, values: [1, 2, 3, 4, 5, 6, 7, 8]}",
                         .limits = "max_total_trials: 8, max_concurrent_trials: 4",
                         .extensions = "gpus_per_trial: 0.5"}));
  const Output output = sweepjob("submit job.yaml --name a");
  EXPECT_EQ(output.code, 0) << output.text;
  EXPECT_THAT(most_at_once(), ElementsAre(std::pair("a", 2), std::pair("b", 2)));
}

TEST_F(Gpus, OfAdoptedTrialsStayTheirs) {
  write("job.yaml", job({.command = R"sh(echo "take $CUDA_VISIBLE_DEVICES" >> "$LOG"; echo acc=1
if [ $SWEEPJOB_TRIAL = 0 ]; then
  until [ -e "$(dirname "$LOG")/go" ]; do sleep 0.05; done
fi
echo "free $CUDA_VISIBLE_DEVICES" >> "$LOG")sh",
                         .search_space = "x: {type: choice, values: [1, 2, 3, 4, 5, 6]}",
                         .limits = "max_total_trials: 6, max_concurrent_trials: 2"}));
  const pid_t controller = start("submit job.yaml --name a");
  ASSERT_TRUE(wait_until([&] { return events("a", "MetricReported").size() >= 2; }));
  kill_and_wait(controller);
  const pid_t next = start("resume a");
  ASSERT_TRUE(wait_until([&] { return events("a", "TrialFinished").size() == 5; }))
      << output_of(next);
  write("go", "");
  EXPECT_EQ(wait(next), 0) << output_of(next);
  for (const auto& [gpu, count] : most_at_once()) EXPECT_EQ(count, 1) << gpu;
}

TEST_F(Gpus, ThatAreNotThereAreWarnedAbout) {
  write("job.yaml", job({.command = "echo acc=1",
                         .limits = "max_total_trials: 2, max_concurrent_trials: 2",
                         .extensions = "gpus_per_trial: 4"}));
  const Output output = sweepjob("submit job.yaml --name a");
  EXPECT_EQ(output.code, 0) << output.text;
  EXPECT_THAT(output.text, HasSubstr("a trial wants 4 GPUs"));
}

}  // namespace
}  // namespace sweepjob
