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

TEST(AzurePipeline, TheOnlySweepStepIsTaken) {
  const auto parsed =
      parse(pipeline("{data: {path: 'azureml:d:1'}}", "  predict: {component: ./p.yml}\n"));
  EXPECT_EQ(said(parsed), "note: jobs: steps that are not run: predict (command)\n");
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
  EXPECT_THAT(
      said(parse_manifest(text, "job.yml")),
      HasSubstr("error: jobs: has several sweep steps: train, second; name one with --step"));
  EXPECT_THAT(said(parse(text, {.schema_only = true, .step = "secnd"})),
              HasSubstr("did you mean 'second'?"));
  EXPECT_THAT(said(parse(text, {.schema_only = true, .step = "other"})),
              HasSubstr("error: jobs.other: is of type 'spark'; only a sweep step can be run"));
}

TEST(AzurePipeline, AllSweepStepsAreCheckedWhenOnlyTheTextIs) {
  std::string bad = kStep;
  bad.replace(bad.find("maximize"), 8, "upwards!");
  const auto parsed = parse(pipeline("{data: x}", "  second:" + bad));
  EXPECT_THAT(said(parsed), HasSubstr("note: jobs: has several sweep steps"));
  EXPECT_THAT(said(parsed), HasSubstr("error: jobs.second.objective.goal: unknown value"));
  EXPECT_FALSE(parsed.spec);
}

TEST(AzurePipeline, RefusesAPipelineWithoutASweep) {
  EXPECT_THAT(
      said("type: pipeline\njobs: {a: {type: automl}, b: {component: x}}\n"),
      HasSubstr("error: jobs.a: type 'automl' is not supported: the pipeline has no sweep step; "
                "its steps: a (automl), b (command)"));
  for (const char* jobs : {"", "jobs:\n", "jobs: {}\n", "jobs: [a]\n"}) {
    const auto parsed = parse(std::string("type: pipeline\n") + jobs);
    EXPECT_EQ(parsed.findings.all().size(), 1U) << said(parsed);
    EXPECT_TRUE(parsed.findings.has_errors());
  }
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
  EXPECT_THAT(
      said(parse_manifest(text, "job.yml")),
      HasSubstr("error: jobs.train.inputs.data: 'prep.outputs.out' is made by another step, which "
                "is not run here; give the data: --set jobs.train.inputs.data=FOLDER"));
  EXPECT_FALSE(parse(text).findings.has_errors()) << "the text alone is right";
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
