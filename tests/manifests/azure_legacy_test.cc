#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/manifests/azure_test_support.h"

namespace sweepjob {
namespace {

using azure_test::job;
using azure_test::parse;
using azure_test::parse_strict;
using azure_test::said;
using testing::HasSubstr;

// One old form in an else modern job: what it says, and that strict refuses it.
SweepSpec translated(const std::string& text, const std::string& warning) {
  const auto parsed = parse(text);
  EXPECT_THAT(said(parsed), HasSubstr("warning: " + warning)) << text;
  EXPECT_THAT(said(parse_strict(text)), HasSubstr("error: " + warning)) << text;
  EXPECT_TRUE(parsed.spec) << said(parsed);
  return parsed.spec.value_or(SweepSpec());
}

std::string with_trial(const std::string& lines) {
  return job({{"trial", "trial:\n  command: echo\n" + lines}});
}

TEST(AzureLegacy, TypesOfThePreviews) {
  translated(job({{"type", "type: sweep_job\n"}}), "type: an old form; write type: sweep");
  translated(job({{"type", "job_type: Sweep\n"}}), "job_type: an old form; write type: sweep");
}

TEST(AzureLegacy, Algorithm) {
  const auto spec =
      translated(job({{"sampling_algorithm", "algorithm: grid\n"},
                      {"search_space", "search_space: {lr: {type: choice, values: [1]}}\n"}}),
                 "algorithm: an old form; write sampling_algorithm");
  EXPECT_EQ(spec.sampling.type, "grid");
}

TEST(AzureLegacy, LimitsAtTheTopAndUnderTheirOldNames) {
  auto spec =
      translated(job({{"limits", "max_total_trials: 7\nmax_concurrent_trials: 2\ntimeout: 900\n"}}),
                 "max_total_trials: an old form; write limits.max_total_trials");
  EXPECT_EQ(spec.limits.max_total_trials, 7U);
  EXPECT_EQ(spec.limits.max_concurrent_trials, 2U);
  EXPECT_EQ(spec.limits.timeout.count(), 900);
  spec = translated(job({{"limits", "max_total_trials: 7\ntimeout_minutes: 120\n"}}),
                    "timeout_minutes: an old form; write limits.timeout");
  EXPECT_EQ(spec.limits.timeout.count(), 7200);
  spec = translated(
      job({{"limits",
            "limits: {max_total_runs: 9, max_concurrent_runs: 3, max_duration_minutes: 2}\n"}}),
      "limits.max_duration_minutes: an old form; write limits.timeout");
  EXPECT_EQ(spec.limits.max_total_trials, 9U);
  EXPECT_EQ(spec.limits.max_concurrent_trials, 3U);
  EXPECT_EQ(spec.limits.timeout.count(), 120);
}

TEST(AzureLegacy, OldAndNewTogetherAreAContradiction) {
  EXPECT_THAT(said(job({{"limits", "limits: {max_total_runs: 9, max_total_trials: 8}\n"}})),
              HasSubstr("error: limits.max_total_runs: stands beside 'limits.max_total_trials'"));
  EXPECT_THAT(said(job({{"algorithm", "algorithm: grid\n"}})),
              HasSubstr("error: algorithm: stands beside 'sampling_algorithm'"));
}

TEST(AzureLegacy, WhatStoodInTheTrial) {
  auto spec = translated(job({{"trial",
                               "trial: {command: 'echo ${{inputs.m}}', environment: e, inputs: {m: "
                               "4}, outputs: {o: }}\n"}}),
                         "trial.inputs: an old form; write inputs at the top of the file");
  EXPECT_EQ(spec.inputs.size(), 2U);
  EXPECT_EQ(spec.outputs.size(), 1U);
  for (const char* compute :
       {"compute: {target: 'azureml:c'}", "on_compute: {target: 'azureml:c'}"}) {
    spec = translated(
        job({{"trial", std::string("trial: {command: echo, environment: e, ") + compute + "}\n"},
             {"compute", ""}}),
        std::string("trial.") + (compute[0] == 'c' ? "compute" : "on_compute"));
    EXPECT_EQ(spec.compute, "azureml:c");
  }
  spec = translated(with_trial("  environment: e\n  limits: {timeout: 300}\n"), "trial.limits");
  EXPECT_EQ(spec.limits.trial_timeout.count(), 300);
}

TEST(AzureLegacy, ACommandAtTheTop) {
  const auto spec =
      translated(job({{"trial", "command: echo\nenvironment: e\ncode: {local_path: src}\n"}}),
                 "command: an old form");
  EXPECT_EQ(spec.trial.command, "echo");
  EXPECT_EQ(spec.trial.code, "src");
}

TEST(AzureLegacy, InputsOfEveryOldForm) {
  const std::vector<std::tuple<std::string, std::string, std::string>> rows = {
      {"{data: {path: 'https://x/y.csv'}, mode: mount}", "inputs.n.data", "https://x/y.csv"},
      {"{data: 'azureml:d:1', mode: Mount}", "inputs.n.data", "azureml:d:1"},
      {"{name: 'azureml:d:1'}", "inputs.n.name", "azureml:d:1"},
      {"{file: 'https://x'}", "inputs.n.file", "https://x"},
      {"{folder: 'https://x'}", "inputs.n.folder", "https://x"},
      {"{type: uri_folder, default: 'azureml:d@latest'}", "inputs.n.default", "azureml:d@latest"},
  };
  for (const auto& [input, warning, path] : rows) {
    const auto spec = translated(job({{"inputs", "inputs: {n: " + input + "}\n"},
                                      {"trial", "trial: {command: echo, environment: e}\n"}}),
                                 warning);
    ASSERT_EQ(spec.inputs.size(), 1U);
    EXPECT_TRUE(spec.inputs[0].is_data);
    EXPECT_EQ(spec.inputs[0].path, path);
    EXPECT_EQ(spec.inputs[0].mode, "ro_mount");
  }
  const auto spec = translated(job({{"inputs", "inputs: {n: {type: integer, default: 5}}\n"}}),
                               "inputs.n.default");
  EXPECT_EQ(spec.inputs[0].literal, Value(5));
}

TEST(AzureLegacy, CodeAndEnvironment) {
  for (const char* key : {"local_path", "directory", "file"}) {
    const auto spec =
        translated(with_trial(std::string("  environment: e\n  code: {") + key + ": src}\n"),
                   std::string("trial.code.") + key);
    EXPECT_EQ(spec.trial.code, "src");
  }
  auto spec =
      translated(with_trial("  environment: {docker: {image: i}, conda_file: 'file:e.yml'}\n"),
                 "trial.environment.docker");
  EXPECT_EQ(spec.trial.environment.image, "i");
  spec =
      translated(with_trial("  environment: {name: /subscriptions/x}\n"), "trial.environment.name");
  EXPECT_EQ(spec.trial.environment.name, "/subscriptions/x");
}

TEST(AzureLegacy, SpecForTypeAlsoInNestedChoices) {
  const auto spec = translated(job({{"search_space",
                                     "search_space:\n  lr: {spec: choice, values: [{a: {spec: "
                                     "randint, upper: 3}, b: {spec: x}}]}\n"},
                                    {"trial", "trial: {command: echo, environment: e}\n"}}),
                               "search_space.lr.spec: an old form; write search_space.lr.type");
  const auto& members = spec.space.parameters.at(0).choices.at(0).members;
  EXPECT_EQ(std::get<Parameter>(members.at(0).content).upper, 3);
  EXPECT_EQ(to_json(std::get<Value>(members.at(1).content)), R"({"spec":"x"})")
      << "no distribution";
}

TEST(AzureLegacy, EarlyTermination) {
  for (const char* policy : {"{spec: truncation, truncation_percentage: 40}",
                             "{policy_type: truncation, truncation_percentage: 40}"}) {
    const auto spec =
        translated(job({{"early_termination", std::string("early_termination: ") + policy + "\n"}}),
                   "early_termination.type: an old form; write truncation_selection");
    EXPECT_EQ(spec.early_termination->policy.type, "truncation_selection");
  }
}

}  // namespace
}  // namespace sweepjob
