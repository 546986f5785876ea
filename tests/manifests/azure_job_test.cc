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

TEST(AzureJob, ReadsAJobWithEverySection) {
  const auto parsed = parse(job({{"display_name", "display_name: D\n"},
                                 {"experiment_name", "experiment_name: E\n"},
                                 {"name", "name: my-job_1\n"},
                                 {"description", "description: text\n"},
                                 {"tags", "tags: {version: 1.0, none: , on: yes}\n"},
                                 {"outputs", "outputs:\n  model: {}\n  logs:\n"}}));
  EXPECT_EQ(said(parsed), "");
  ASSERT_TRUE(parsed.spec);
  EXPECT_EQ(parsed.dialect, "azure");
  EXPECT_EQ(parsed.spec->name, "my-job_1");
  EXPECT_EQ(parsed.spec->display_name, "D");
  EXPECT_EQ(parsed.spec->experiment_name, "E");
  EXPECT_EQ(parsed.spec->compute, "azureml:cpu");
  EXPECT_EQ(to_json(Value(parsed.spec->tags)), R"({"version":"1.0","none":null,"on":"True"})");
  EXPECT_EQ(parsed.spec->source_file, "job.yml");
  EXPECT_EQ(parsed.spec->outputs.size(), 2U);
  EXPECT_EQ(parsed.spec->trial.command, "echo ${{search_space.lr}} ${{inputs.n}}");
}

TEST(AzureJob, ExperimentNameIsTheFoldersName) {
  const auto parsed = parse_manifest(job(), "/some/where/job.yml", {.schema_only = true});
  EXPECT_EQ(parsed.spec->experiment_name, "where");
}

TEST(AzureJob, ReportsAllFindingsAtOnceInTheOrderOfTheLines) {
  const auto parsed = parse(
      "type: sweep\n"
      "trail: {}\n"
      "search_space:\n"
      "  lr: {type: unifrom, min_value: 1, max_value: 2}\n"
      "  b: {type: choice, values: []}\n"
      "objective: {goal: up, primary_metric: acc}\n"
      "limits: {max_total_trials: none}\n"
      "sampling_algorithm: random\n");
  EXPECT_EQ(said(parsed, true),
            "job.yml:1:1: error: trial: missing; expected {command: ..., environment: ...}\n"
            "job.yml:2:1: warning: trail: unknown key; did you mean 'trial'?\n"
            "job.yml:4:14: error: search_space.lr.type: unknown type 'unifrom'; did you mean "
            "'uniform'?\n"
            "job.yml:5:29: error: search_space.b.values: the list is empty; expected at least one "
            "value\n"
            "job.yml:6:19: error: objective.goal: unknown value 'up'; expected one of minimize, "
            "maximize\n"
            "job.yml:7:28: error: limits.max_total_trials: expected an integer from 1 to "
            "100000000, not 'none'\n");
  EXPECT_FALSE(parsed.spec);
}

TEST(AzureJob, RequiredKeysAreErrorsAlsoWithoutStrict) {
  for (const char* key : {"trial", "search_space", "objective"}) {
    EXPECT_THAT(said(job({{key, ""}})), HasSubstr(std::string("error: ") + key + ": missing"))
        << key;
  }
  EXPECT_THAT(said(job({{"trial", "trial: {command: echo}\n"}})),
              HasSubstr("error: trial.environment: missing"));
  EXPECT_THAT(said(job({{"trial", "trial: {environment: azureml:e:1}\n"}})),
              HasSubstr("error: trial.command: missing"));
  EXPECT_THAT(said(job({{"type", ""}})), HasSubstr("error: type: missing"));
}

TEST(AzureJob, WhatAzureRequiresAndWeCanDefaultIsAWarningUnlessStrict) {
  for (const char* key : {"limits", "sampling_algorithm"}) {
    const std::string text = job({{key, ""}});
    EXPECT_THAT(said(text), HasSubstr(std::string("warning: ") + key + ": missing")) << key;
    EXPECT_TRUE(parse(text).spec) << key;
    EXPECT_THAT(said(parse_strict(text)), HasSubstr(std::string("error: ") + key)) << key;
  }
  EXPECT_EQ(said(parse_strict(job({{"compute", ""}}))), "") << "serverless in Azure";
}

TEST(AzureJob, UnknownKeysWarnWithTheNearestWordAndAreErrorsUnderStrict) {
  const std::string text =
      job({{"limits", "limits: {max_total_trails: 5, max_total_trials: 5}\n"}});
  EXPECT_EQ(said(text),
            "warning: limits.max_total_trails: unknown key; did you mean 'max_total_trials'?\n");
  EXPECT_TRUE(parse(text).spec);
  EXPECT_THAT(said(parse_strict(text)), HasSubstr("error: limits.max_total_trails: unknown key"));
}

TEST(AzureJob, KeysWithoutMeaningHereGetOneNote) {
  const auto parsed = parse_strict(
      job({{"identity", "identity: {type: managed}\n"},
           {"services", "services: {x: {type: ssh}}\n"},
           {"queue_settings", "queue_settings: {job_tier: spot}\n"},
           {"resources", "resources: {instance_type: big, docker_args: --gpus, shm_size: 2g}\n"}}));
  ASSERT_EQ(parsed.findings.all().size(), 1U) << said(parsed);
  EXPECT_EQ(parsed.findings.all()[0].severity, Severity::Note);
  for (const char* key : {"identity", "services", "queue_settings", "resources.docker_args"}) {
    EXPECT_THAT(parsed.findings.all()[0].message, HasSubstr(key));
  }
  EXPECT_EQ(parsed.spec->trial.instance_type, "big");
}

TEST(AzureJob, ReadOnlyKeysOfAShownJobAreDropped) {
  EXPECT_EQ(said(parse_strict(job({{"id", "id: azureml:/subscriptions/x\n"},
                                   {"status", "status: Completed\n"},
                                   {"log_files", "log_files: {a: b}\n"},
                                   {"parent_job_name", "parent_job_name: p\n"},
                                   {"creation_context", "creation_context: {created_by: me}\n"},
                                   {"$schema", "$schema: https://x\n"}}))),
            "");
}

TEST(AzureJob, NamesCannotLeaveAFolder) {
  for (const char* name : {"../up", "a/b", ".hidden", "-rf", "'a b'", "\"a\\nb\""}) {
    EXPECT_THAT(said(job({{"name", std::string("name: ") + name + "\n"}})),
                HasSubstr("error: name: "))
        << name;
  }
  EXPECT_THAT(said(job({{"name", "name: " + std::string(256, 'a') + "\n"}})),
              HasSubstr("error: name"));
}

TEST(AzureJob, RefusesOtherTypesByName) {
  EXPECT_EQ(said("type: automl\n"),
            "error: type: type 'automl' is not supported; expected sweep or pipeline\n");
  EXPECT_EQ(said("type: swep\n"),
            "error: type: type 'swep' is not supported; did you mean 'sweep'?\n");
  EXPECT_THAT(said("type: command\ncommand: echo\ncompute: local\n"),
              HasSubstr("type 'command' is not supported"));
  EXPECT_THAT(said("- a\n- b\n"),
              HasSubstr("expected a sweep job (a mapping of keys), not a list"));
}

TEST(AzureJob, OverridesAreAppliedBeforeReading) {
  ParseOptions options{.schema_only = true};
  options.overrides = {{"limits.max_total_trials", "7"},
                       {"search_space.lr.max_value", "0.9"},
                       {"inputs.n", "hello"},
                       {"early_termination", "bandit"},
                       {"properties.sweepjob.retries", "5"}};
  const auto parsed =
      parse(job({{"properties", "properties:\n  sweepjob: |\n    grace: 3\n"}}), options);
  ASSERT_TRUE(parsed.spec) << said(parsed);
  EXPECT_EQ(parsed.spec->limits.max_total_trials, 7U);
  EXPECT_EQ(parsed.spec->space.parameters[0].max, 0.9);
  EXPECT_EQ(python_str(parsed.spec->inputs[0].literal), "hello");
  EXPECT_EQ(parsed.spec->early_termination->policy.type, "bandit");
  EXPECT_EQ(parsed.spec->extensions.retries, 5U);
  EXPECT_EQ(parsed.spec->extensions.grace.count(), 3);
}

TEST(AzureJob, AWrongOverrideIsAFinding) {
  ParseOptions options{.schema_only = true};
  options.overrides = {{"limits.max_total_trials", "many"}};
  EXPECT_THAT(said(parse(job(), options), true),
              HasSubstr("--set:1:1: error: limits.max_total_trials"));
}

TEST(AzureJob, WritingASpecAndReadingItBackKeepsIt) {
  const auto parsed = parse(job());
  const auto again = spec_from_value(to_value(*parsed.spec));
  ASSERT_TRUE(again);
  EXPECT_EQ(to_json(to_value(*again)), to_json(to_value(*parsed.spec)));
}

}  // namespace
}  // namespace sweepjob
