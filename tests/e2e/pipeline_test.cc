// Pipelines: a command, a sweep over what it made, a command on the best trial's output. With real
// processes, a driver that is killed, and one in the background.
#include <algorithm>
#include <csignal>
#include <filesystem>

#include "tests/e2e/sandbox.h"

namespace sweepjob {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class Pipeline : public Sandbox {
 protected:
  // Each step writes down that it started. The best x is 3, so that the model in the end is "30 of
  // base 10".
  void write_pipeline(const std::string& prep = "true", const std::string& train = "true",
                      const std::string& more_steps = "") const {
    write("score.yml", R"y(type: command
environment: azureml:here@latest
inputs:
  model: {type: uri_folder}
  base: {type: uri_file}
outputs: {result: {type: uri_file}}
command: |
  echo "start score" >> "$LOG"
  cat ${{inputs.model}}/weights ${{inputs.base}} > ${{outputs.result}}
)y");
    write("pipeline.yml", R"y(type: pipeline
name: p
settings: {default_compute: azureml:local}
inputs: {base: 10}
jobs:
  score:
    component: ./score.yml
    inputs:
      model: ${{parent.jobs.train.outputs.model}}
      base: {type: uri_file, path: "${{parent.jobs.prep.outputs.data}}/base"}
    outputs: {result: {type: uri_file}}
  train:
    type: sweep
    sampling_algorithm: grid
    search_space: {x: {type: choice, values: [1, 3, 2]}}
    objective: {goal: maximize, primary_metric: acc}
    limits: {max_total_trials: 3, max_concurrent_trials: 2}
    inputs: {data: "${{parent.jobs.prep.outputs.data}}"}
    trial:
      type: command
      environment: azureml:here@latest
      inputs: {x: {type: integer, default: 0}, data: {type: uri_folder}}
      outputs: {model: {type: uri_folder}}
      command: |
        echo "start train $SWEEPJOB_TRIAL" >> "$LOG"
        )y" + train + R"y(
        echo "$((${{inputs.x}} * $(cat ${{inputs.data}}/base)))" > ${{outputs.model}}/weights
        echo "acc=${{inputs.x}}"
  prep:
    type: command
    environment: azureml:here@latest
    inputs: {base: "${{parent.inputs.base}}"}
    outputs: {data: {type: uri_folder}}
    command: |
      echo "start prep" >> "$LOG"
      )y" + prep + R"y(
      echo ${{inputs.base}} > ${{outputs.data}}/base
)y" + more_steps);
  }

  // A command that waits until the test goes on.
  [[nodiscard]] std::string gate(const std::string& name) const {
    return "while [ ! -e " + path(name) + " ]; do sleep 0.05; done";
  }

  [[nodiscard]] std::vector<std::string> started() const {
    std::vector<std::string> lines = lines_of("LOG");
    std::sort(lines.begin(), lines.end());
    return lines;
  }
  [[nodiscard]] bool has_started(const std::string& what) const {
    return read("LOG").find("start " + what) != std::string::npos;
  }
  [[nodiscard]] std::string result() const {
    return read(attempt_folder("p_score", 0, 1) + "/work/outputs/result");
  }
  [[nodiscard]] bool is_completed(const std::string& sweep) const {
    return sweepjob("status " + sweep + " -o json").text.find("\"Completed\"") != std::string::npos;
  }
  void expect_all_ran_once() const {
    EXPECT_THAT(started(), ElementsAre("start prep", "start score", "start train 0",
                                       "start train 1", "start train 2"));
    EXPECT_EQ(result(), "30\n10\n");
  }
};

TEST_F(Pipeline, StepsRunInTheOrderOfWhatTheyNeedAndTheLastReadsTheBestTrialsOutput) {
  write_pipeline();
  const Output first = sweepjob("submit pipeline.yml");
  EXPECT_EQ(first.code, 0) << first.text;
  EXPECT_THAT(first.text, HasSubstr("pipeline: p (prep, train, score)"));
  EXPECT_THAT(first.text, HasSubstr("pipeline p Completed: 3 steps"));
  EXPECT_EQ(lines_of("LOG").front(), "start prep");
  EXPECT_EQ(lines_of("LOG").back(), "start score");
  expect_all_ran_once();
  EXPECT_EQ(show("p_train")["best"]["trial"], 1);
  EXPECT_EQ(show("p_prep")["status"], "Completed");
  EXPECT_FALSE(show("p_prep").contains("objective"));

  const Output again = sweepjob("submit pipeline.yml -o json");
  EXPECT_EQ(again.code, 0) << again.text;
  expect_all_ran_once();
  const auto document = nlohmann::json::parse(again.lines().back());
  EXPECT_EQ(document["steps"][1]["sweep"], "p_train");
  EXPECT_EQ(document["steps"][2]["status"], "Completed");

  for (const char* verb : {"status", "show", "trials", "explain", "export --format csv"}) {
    const Output output = sweepjob(std::string(verb) + " p_prep");
    EXPECT_EQ(output.code, 0) << verb << ": " << output.text;
  }
  EXPECT_EQ(sweepjob("best p_prep").code, 4);
  EXPECT_EQ(sweepjob("doctor").code, 0);
}

TEST_F(Pipeline, AKilledDriverLosesNothingAndNoStepRunsTwice) {
  write_pipeline(gate("go"), gate("on"));
  pid_t driver = start("submit pipeline.yml");
  ASSERT_TRUE(wait_until([&] { return has_started("prep"); }));
  kill_and_wait(driver);
  driver = start("submit pipeline.yml");
  ASSERT_TRUE(wait_until([&] { return controller_of("p_prep") == driver; }));
  write("go", "");
  ASSERT_TRUE(wait_until([&] { return has_started("train 1"); }));
  kill_and_wait(driver);
  write("on", "");
  driver = start("submit pipeline.yml");
  EXPECT_EQ(wait(driver), 0) << output_of(driver);
  EXPECT_THAT(output_of(driver), HasSubstr("step prep: p_prep has run already"));
  EXPECT_THAT(output_of(driver), HasSubstr("step train: goes on: p_train"));
  expect_all_ran_once();
  EXPECT_TRUE(nothing_runs());
}

TEST_F(Pipeline, AFailedStepStopsItAndSaysWhatWasNotRun) {
  write_pipeline("exit 7");
  for (int round = 0; round < 2; ++round) {
    const Output output = sweepjob("submit pipeline.yml --name q");
    EXPECT_EQ(output.code, 1) << output.text;
    EXPECT_THAT(output.text, HasSubstr("pipeline q stopped at step 'prep' (exit code 1); not run: "
                                       "train, score"));
  }
  EXPECT_THAT(started(), ElementsAre("start prep"));
  EXPECT_EQ(show("q_prep")["status"], "Failed");
  EXPECT_EQ(sweepjob("show q_train").code, 2) << "it was never made";
  EXPECT_EQ(sweepjob("submit pipeline.yml --name q --detach").code, 1);
}

TEST_F(Pipeline, AnOutputThatWasNotWrittenStopsItBeforeTheStepThatNeedsIt) {
  write_pipeline();
  write("pipeline.yml", R"(type: pipeline
jobs:
  a: {command: "true", environment: azureml:here@latest, outputs: {f: {type: uri_file}}}
  b:
    command: cat ${{inputs.f}}
    environment: azureml:here@latest
    inputs: {f: "${{parent.jobs.a.outputs.f}}"}
)");
  const Output output = sweepjob("submit pipeline.yml --name r");
  EXPECT_EQ(output.code, 1) << output.text;
  EXPECT_THAT(output.text, HasSubstr("trial 0 of step 'a' has left no output 'f'"));
  EXPECT_EQ(sweepjob("show r_b").code, 2);
}

TEST_F(Pipeline, ACommandThatRunsOutOfTimeHasNotCompleted) {
  write("pipeline.yml", R"(type: pipeline
jobs:
  a: {command: exec sleep 1000, environment: azureml:here@latest, limits: {timeout: 1}}
  b: {command: echo b >> "$LOG", environment: azureml:here@latest}
)");
  const Output output = sweepjob("submit pipeline.yml --name r");
  EXPECT_EQ(output.code, 3) << output.text;
  EXPECT_THAT(output.text, HasSubstr("not run: b"));
  EXPECT_THAT(started(), IsEmpty());
}

TEST_F(Pipeline, WithAStepOfAnotherTypeNothingStarts) {
  write_pipeline("true", "true", "  detect: {type: automl, task: classification}\n");
  const Output output = sweepjob("submit pipeline.yml");
  EXPECT_EQ(output.code, 2) << output.text;
  EXPECT_THAT(output.text, HasSubstr("pipeline.yml:38:3: error: jobs.detect: type 'automl' is not "
                                     "supported"));
  EXPECT_THAT(output.text, HasSubstr("nothing was started"));
  EXPECT_FALSE(std::filesystem::exists(state_ + "/sweeps"));
  EXPECT_THAT(started(), IsEmpty());
}

TEST_F(Pipeline, TheDriverGoesOnInTheBackground) {
  write_pipeline(gate("go"), gate("on"));
  const Output output = sweepjob("submit pipeline.yml --detach");
  EXPECT_EQ(output.code, 0) << output.text;
  EXPECT_THAT(output.text, HasSubstr("runs in the background: prep, train, score"));
  ASSERT_TRUE(wait_until([&] { return has_started("prep"); }));
  const pid_t driver = controller_of("p_prep");
  ASSERT_GT(driver, 0);
  const Output refused = sweepjob("submit pipeline.yml");
  EXPECT_NE(refused.code, 0) << refused.text;
  EXPECT_THAT(refused.text, HasSubstr("pid " + std::to_string(driver)));
  write("go", "");
  ASSERT_TRUE(wait_until([&] { return has_started("train 1"); }));
  EXPECT_EQ(controller_of("p_train"), driver);
  ::kill(driver, SIGKILL);
  ASSERT_TRUE(wait_until([&] { return controller_of("p_train") == 0; }));
  EXPECT_EQ(sweepjob("submit pipeline.yml --detach").code, 0);
  write("on", "");
  ASSERT_TRUE(wait_until([&] { return is_completed("p_score"); }));
  expect_all_ran_once();
  EXPECT_THAT(sweepjob("submit pipeline.yml --detach").text, HasSubstr("Completed: 3 steps"));
}

TEST_F(Pipeline, CtrlCLeavesTheStepToTheBackgroundAndTheRestToTheNextSubmit) {
  write_pipeline("true", gate("on"));
  const pid_t driver = start("submit pipeline.yml");
  ASSERT_TRUE(wait_until([&] { return has_started("train 1"); }));
  ::kill(driver, SIGINT);
  EXPECT_EQ(wait(driver), 130) << output_of(driver);
  EXPECT_THAT(output_of(driver), HasSubstr("step 'train' has not ended; `sweepjob submit "
                                           "pipeline.yml --name p` goes on from there, not run so "
                                           "far: score"));
  write("on", "");
  ASSERT_TRUE(wait_until([&] { return is_completed("p_train"); }));
  EXPECT_THAT(started(), Not(testing::Contains("start score")));
  ASSERT_TRUE(wait_until([&] { return controller_of("p_train") == 0; }));
  EXPECT_EQ(sweepjob("submit pipeline.yml --name p").code, 0);
  expect_all_ran_once();
}

TEST_F(Pipeline, PlanShowsTheOrderOfTheStepsAndValidateChecksAll) {
  write_pipeline();
  const Output plan = sweepjob("plan pipeline.yml");
  EXPECT_EQ(plan.code, 0) << plan.text;
  EXPECT_THAT(plan.text, HasSubstr("pipeline: 3 steps, one after the other\n  1. prep (command)\n"
                                   "  2. train (sweep), takes outputs of prep\n"
                                   "  3. score (command), takes outputs of train, prep\n"));
  EXPECT_THAT(plan.text, HasSubstr("cat " + state_ + "/sweeps/UID_OF_train/outputs/model/weights"));
  const nlohmann::json document = json("plan pipeline.yml -o json");
  EXPECT_EQ(document["name"], "p");
  EXPECT_EQ(document["steps"][1]["needs"], nlohmann::json::parse(R"(["prep"])"));
  EXPECT_EQ(document["steps"][1]["plan"]["trials"], 3);
  const nlohmann::json checked = json("validate pipeline.yml -o json");
  EXPECT_EQ(checked["valid"], true) << checked;
  EXPECT_EQ(checked["steps"][2]["sweep"]["step"], "score");
  EXPECT_EQ(sweepjob("plan pipeline.yml --step train --set jobs.train.inputs.data=.").code, 0);
  EXPECT_FALSE(std::filesystem::exists(state_ + "/sweeps"));
}

}  // namespace
}  // namespace sweepjob
