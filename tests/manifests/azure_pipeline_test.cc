#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/manifests/azure_test_support.h"

namespace sweepjob {
namespace {

using azure_test::parse;
using azure_test::said;
using testing::HasSubstr;

const char* const kStep = R"(
    type: sweep
    search_space: {lr: {type: uniform, min_value: 0, max_value: 1}}
    sampling_algorithm: random
    objective: {goal: maximize, primary_metric: acc}
    limits: {max_total_trials: 3}
    trial:
      type: command
      command: t ${{inputs.lr}} ${{inputs.data}} ${{inputs.n}} ${{outputs.model}}
      environment: e
      inputs:
        lr: {type: number, default: 0.1}
        data: {type: uri_folder}
        n: {type: integer, default: 4}
      outputs: {model: {type: mlflow_model}}
)";

std::string pipeline(const std::string& inputs = "{data: {path: 'azureml:d:1'}}",
                     const std::string& more_jobs = "") {
  return "type: pipeline\nname: p\nexperiment_name: e\nsettings: {default_compute: azureml:gpu}\n"
         "inputs: {total: 9, folder: {type: uri_folder, path: 'azureml:f:2'}, k: {value: 7}}\n"
         "jobs:\n  train:" +
         std::string(kStep) + "    inputs: " + inputs + "\n    outputs: {model: }\n" + more_jobs;
}

TEST(AzurePipeline, ASweepStepIsReadAsAJobOfItsOwn) {
  const auto parsed = parse(pipeline("{data: {path: 'azureml:d:1'}}", "  second: {type: spark}\n"),
                            {.schema_only = true, .step = "train"});
  EXPECT_EQ(said(parsed), "note: jobs: steps that are not run: second (spark)\n");
  EXPECT_TRUE(parsed.steps.empty());
  ASSERT_TRUE(parsed.spec);
  const SweepSpec& spec = *parsed.spec;
  EXPECT_EQ(parsed.dialect, "azure-pipeline");
  EXPECT_EQ(spec.step, "train");
  EXPECT_EQ(spec.name, "p_train");
  EXPECT_EQ(spec.experiment_name, "e");
  EXPECT_EQ(spec.compute, "azureml:gpu");
  EXPECT_EQ(spec.trial.command,
            "t ${{search_space.lr}} ${{inputs.data}} ${{inputs.n}} ${{outputs.model}}");
  ASSERT_EQ(spec.inputs.size(), 2U);
  EXPECT_EQ(spec.inputs[0].path, "azureml:d:1");
  EXPECT_EQ(spec.inputs[1].literal, Value(4));
  EXPECT_EQ(spec.outputs.at(0).type, "mlflow_model");
}

TEST(AzurePipeline, AStepIsChosenByName) {
  const std::string text =
      pipeline("{data: x}", "  second:" + std::string(kStep) +
                                "    inputs: {data: y}\n  other: {type: spark}\n");
  const auto chosen = parse(text, {.schema_only = true, .step = "second"});
  ASSERT_TRUE(chosen.spec) << said(chosen);
  EXPECT_EQ(chosen.spec->step, "second");
  EXPECT_THAT(said(parse(text, {.schema_only = true, .step = "secnd"})),
              HasSubstr("did you mean 'second'?"));
  EXPECT_THAT(said(parse(text, {.schema_only = true, .step = "other"})),
              HasSubstr("error: jobs.other: is of type 'spark'; only a sweep step can be run "
                        "alone; sweep steps: train, second"));
}

TEST(AzurePipeline, AllStepsAreChecked) {
  std::string bad = kStep;
  bad.replace(bad.find("maximize"), 8, "upwards!");
  const auto parsed =
      parse(pipeline("{data: x}", "  second:" + bad + "  third: {comand: c, environment: e}\n"));
  EXPECT_THAT(said(parsed), HasSubstr("error: jobs.second.objective.goal: unknown value"));
  EXPECT_THAT(said(parsed), HasSubstr("warning: jobs.third.comand: unknown key; did you mean"));
  EXPECT_THAT(said(parsed), HasSubstr("error: jobs.third.command: missing"));
  EXPECT_FALSE(parsed.spec);
  EXPECT_TRUE(parsed.steps.empty());
}

TEST(AzurePipeline, RefusesWhatHasNoSteps) {
  for (const char* jobs : {"", "jobs:\n", "jobs: {}\n", "jobs: [a]\n"}) {
    const auto parsed = parse(std::string("type: pipeline\n") + jobs);
    EXPECT_EQ(parsed.findings.all().size(), 1U) << said(parsed);
    EXPECT_TRUE(parsed.findings.has_errors());
  }
}

TEST(AzurePipeline, AStepOfAnotherTypeIsNamedWithItsType) {
  const std::string refusal =
      "jobs.a: type 'automl' is not supported; a pipeline runs if each of its steps is a "
      "sweep or a command";
  const char* const alone = "type: pipeline\njobs:\n  a: {type: automl}\n";
  EXPECT_EQ(said(parse(alone), true), "job.yml:3:3: error: " + refusal + "\n");
  const std::string mixed = pipeline("{data: x}", "  a: {type: AutoML}\n  b: {type: spark}\n");
  const auto parsed = parse_manifest(mixed, "job.yml");
  EXPECT_TRUE(parsed.steps.empty());
  EXPECT_THAT(said(parsed), HasSubstr("error: jobs.a: type 'auto_ml' is not supported"));
  EXPECT_THAT(said(parsed), HasSubstr("error: jobs.b: type 'spark' is not supported"));
  EXPECT_THAT(said(parsed), HasSubstr("one sweep step runs alone with --step: train"));
  EXPECT_FALSE(parse(mixed).findings.has_errors()) << "as text it is right";
}

// A command step `name` that takes `inputs` and makes `out`.
std::string command(const std::string& name, const std::string& inputs) {
  return "  " + name + ":\n    type: command\n    command: c ${{outputs.out}}\n" +
         "    environment: e\n    inputs: {" + inputs + "}\n    outputs: {out: {type: uri_file}}\n";
}

std::string order_of(const ParsedManifest& parsed) {
  std::string text;
  for (const PipelineStep& step : parsed.steps) {
    text += step.name + "(" + to_string(step.type);
    for (const std::string& need : step.needs) text += " " + need;
    text += ") ";
  }
  return text;
}

TEST(AzurePipeline, StepsStandBehindWhatTheyNeedElseInTheOrderOfTheFile) {
  const auto parsed =
      parse(pipeline("{data: '${{parent.jobs.prep.outputs.out}}'}",
                     command("score",
                             "m: '${{parent.jobs.train.outputs.model}}', "
                             "d: {path: '${{ parent.jobs.prep.outputs.out }}/a.csv'}") +
                         command("prep", "") + command("other", "")));
  EXPECT_EQ(said(parsed), "");
  EXPECT_EQ(order_of(parsed),
            "prep(command) train(sweep prep) score(command train prep) other(command) ");
  EXPECT_EQ(parsed.pipeline_name, "p");
  ASSERT_TRUE(parsed.spec) << "the only sweep, for ask-tell";
  EXPECT_EQ(parsed.spec->step, "train");
}

TEST(AzurePipeline, ACommandStepIsASweepOfOneTrialThatIsNotMeasured) {
  const auto parsed = parse("type: pipeline\nname: p\ncompute: azureml:gpu\njobs:\n" +
                            command("a", "n: 3") + "    limits: {timeout: 30}\n");
  ASSERT_EQ(parsed.steps.size(), 1U) << said(parsed);
  const SweepSpec& spec = parsed.steps[0].spec;
  EXPECT_EQ(said(parsed), "");
  EXPECT_EQ(spec.name, "p_a");
  EXPECT_EQ(spec.trial.command, "c ${{outputs.out}}");
  EXPECT_EQ(spec.trial.environment.name, "e");
  EXPECT_EQ(spec.compute, "azureml:gpu");
  EXPECT_TRUE(spec.objectives.empty());
  EXPECT_TRUE(spec.space.parameters.empty());
  EXPECT_EQ(spec.limits.max_total_trials, 1U);
  EXPECT_EQ(spec.limits.trial_timeout, std::chrono::seconds(30));
  EXPECT_EQ(spec.inputs.at(0).literal, Value(3));
  const auto again = spec_from_value(to_value(spec));
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_EQ(to_json(to_value(*again)), to_json(to_value(spec)));
}

TEST(AzurePipeline, WhatOtherStepsMakeIsFilledInLater) {
  auto parsed = parse("type: pipeline\njobs:\n" + command("a", "") +
                      command("b",
                              "x: '${{parent.jobs.a.outputs.out}}', y: {type: uri_file, path: "
                              "'${{ parent.jobs.a.outputs.out }}/../f'}, z: data"));
  ASSERT_EQ(parsed.steps.size(), 2U) << said(parsed);
  SweepSpec& spec = parsed.steps[1].spec;
  EXPECT_TRUE(spec.inputs.at(0).is_data);
  EXPECT_EQ(spec.inputs.at(0).path, "${{parent.jobs.a.outputs.out}}");
  EXPECT_EQ(spec.inputs.at(0).resolved_path, "");
  const auto filled = fill_step_outputs(spec, [](const StepOutput& output) -> Result<std::string> {
    return "/made/" + output.step + "/" + output.output;
  });
  ASSERT_TRUE(filled);
  EXPECT_EQ(spec.inputs.at(0).resolved_path, "/made/a/out");
  EXPECT_EQ(spec.inputs.at(1).path, "/made/a/f");
  EXPECT_EQ(spec.inputs.at(2).literal, Value("data"));
}

TEST(AzurePipeline, WrongBindingsAreErrorsWithTheirPlaceAndTheNearestWord) {
  const auto of = [](const std::string& inputs, const std::string& more = "") {
    return said(parse_manifest(
                    "type: pipeline\njobs:\n" + command("prep", "") + command("b", inputs) + more,
                    "job.yml"),
                true);
  };
  EXPECT_EQ(of("x: '${{parent.jobs.perp.outputs.out}}'"),
            "job.yml:13:17: error: jobs.b.inputs.x: the pipeline has no step 'perp'; did you mean "
            "'prep'?\n");
  EXPECT_EQ(of("x: '${{parent.jobs.prep.outputs.uot}}'"),
            "job.yml:13:17: error: jobs.b.inputs.x: step 'prep' declares no output 'uot'; did you "
            "mean 'out'?\n");
  EXPECT_EQ(of("x: '${{parent.jobs.prep.outputs.model_file}}'"),
            "job.yml:13:17: error: jobs.b.inputs.x: step 'prep' declares no output 'model_file'; "
            "its outputs: out\n");
  EXPECT_EQ(of("x: {path: '${{parent.jobs.prep.out}}'}"),
            "job.yml:13:24: error: jobs.b.inputs.x.path: 'parent.jobs.prep.out' names no output of "
            "a step; expected ${{parent.jobs.STEP.outputs.NAME}}\n");
  EXPECT_THAT(of("x: '${{parent.jobs.prep.outputs.out}}/f'"),
              HasSubstr("write {path: ${{parent.jobs.STEP.outputs.NAME}}/FILE}"));
  EXPECT_THAT(of("", "    compute: '${{parent.jobs.prep.outputs.out}}'\n"),
              HasSubstr("error: jobs.b.compute: what another step makes can only be an input"));
}

TEST(AzurePipeline, StepsThatWaitForEachOtherAreOneErrorThatNamesThem) {
  const std::string text =
      "type: pipeline\njobs:\n" + command("z", "x: '${{parent.jobs.a.outputs.out}}'") +
      command("a", "x: '${{parent.jobs.b.outputs.out}}'") +
      command("b", "x: '${{parent.jobs.a.outputs.out}}'") + command("free", "");
  EXPECT_EQ(
      said(parse_manifest(text, "job.yml"), true),
      "job.yml:13:17: error: jobs.a.inputs.x: the steps wait for each other's outputs: a -> b "
      "-> a\n");
  EXPECT_THAT(said("type: pipeline\njobs:\n" + command("a", "x: '${{parent.jobs.a.outputs.out}}'")),
              HasSubstr("wait for each other's outputs: a -> a"));
}

TEST(AzurePipeline, StepsOfOneSweepNameAreRefused) {
  const auto parsed = parse("type: pipeline\njobs:\n" + command("a b", "") + command("a_b", ""));
  EXPECT_EQ(said(parsed),
            "error: jobs.a_b: steps 'a b' and 'a_b' would both be the sweep NAME_a_b\n");
}

TEST(AzurePipeline, AComponentOfAnotherTypeIsNoStep) {
  EXPECT_THAT(said("type: pipeline\njobs:\n  a:\n    component: {type: parallel, command: c}\n"),
              HasSubstr("error: jobs.a.component.type: type 'parallel' is not supported; what "
                        "'jobs.a.component' names is of type 'command'"));
}

TEST(AzurePipeline, TheParentsInputsAreFilledIn) {
  const auto parsed =
      parse(pipeline("{data: '${{parent.inputs.folder}}', n: '${{ parent.inputs.k }}'}\n    "
                     "early_termination: {type: "
                     "bandit, slack_amount: '${{parent.inputs.total}}'}"));
  ASSERT_TRUE(parsed.spec) << said(parsed);
  EXPECT_EQ(parsed.spec->inputs[0].path, "azureml:f:2");
  EXPECT_EQ(parsed.spec->inputs[1].literal, Value(7));
  EXPECT_EQ(parsed.spec->early_termination->policy.find("slack_amount")->value, Value(9));
  const auto path = parse(pipeline("{data: {path: '${{parent.inputs.folder}}', mode: download}}"));
  EXPECT_EQ(path.spec->inputs[0].path, "azureml:f:2");
  EXPECT_EQ(path.spec->inputs[0].mode, "download");
  EXPECT_THAT(said(parse(pipeline("{data: '${{parent.inputs.foldr}}'}"))),
              HasSubstr("the pipeline's inputs do not contain 'foldr'; did you mean 'folder'?"));
}

TEST(AzurePipeline, TheParentsInputsInBoundsAndLimits) {
  std::string text = pipeline();
  text.replace(text.find("max_total_trials: 3"), 19,
               "max_total_trials: '${{parent.inputs.total}}'");
  text.replace(text.find("max_value: 1"), 12, "max_value: '${{parent.inputs.k}}'");
  const auto parsed = parse(text, {.strict = true, .schema_only = true});
  ASSERT_TRUE(parsed.spec) << said(parsed);
  EXPECT_EQ(parsed.spec->limits.max_total_trials, 9U);
  EXPECT_EQ(parsed.spec->space.parameters[0].max, 7);
}

TEST(AzurePipeline, WhatAnotherStepMakesMustBeGiven) {
  const std::string text = pipeline("{data: '${{parent.jobs.prep.outputs.out}}'}");
  const auto alone = [&](bool schema_only) {
    return parse(text, {.schema_only = schema_only, .step = "train"});
  };
  EXPECT_THAT(
      said(alone(false)),
      HasSubstr("error: jobs.train.inputs.data: 'prep.outputs.out' is made by another step, which "
                "is not run here; give the data: --set jobs.train.inputs.data=FOLDER"));
  EXPECT_FALSE(alone(true).findings.has_errors()) << "the text alone is right";
  ParseOptions options;
  options.overrides = {{"jobs.train.inputs.data", "azureml:d:3"}};
  const auto given = parse_manifest(text, "job.yml", options);
  ASSERT_TRUE(given.spec) << said(given);
  EXPECT_EQ(given.spec->inputs[0].path, "azureml:d:3");
}

TEST(AzurePipeline, UnknownKeysOfAStepOnlyWarnAsInAzure) {
  const auto parsed =
      parse(pipeline("{data: x}\n    colour: red"), {.strict = true, .schema_only = true});
  EXPECT_THAT(said(parsed), HasSubstr("warning: jobs.train.colour: unknown key"));
  EXPECT_TRUE(parsed.spec);
}

TEST(AzurePipeline, AStepIsNotChosenInAJobOfItsOwn) {
  EXPECT_THAT(said(parse(azure_test::job(), {.schema_only = true, .step = "x"})),
              HasSubstr("--step is for pipelines"));
}

}  // namespace
}  // namespace sweepjob
