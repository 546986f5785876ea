#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/manifests/azure_test_support.h"

namespace sweepjob {
namespace {

using azure_test::job;
using azure_test::parse_strict;
using azure_test::said;
using testing::HasSubstr;
using testing::Not;

TEST(AzureIgnored, RightSectionsAreOneNote) {
  const std::string text =
      job({{"queue_settings", "queue_settings: {job_tier: Spot, priority: medium}\n"},
           {"identity", "identity: {type: UserIdentity}\n"},
           {"services", "services: {ssh: {type: ssh, port: 22, ssh_public_keys: k}}\n"},
           {"resources",
            "resources: {shm_size: 16G, docker_args: [--ipc=host], properties: {a: "
            "1}, max_instance_count: 4}\n"}});
  const auto strict = parse_strict(text);
  ASSERT_EQ(strict.findings.all().size(), 1U) << said(strict);
  EXPECT_THAT(said(strict), HasSubstr("note: "));
}

// What Azure refuses although it means nothing here: a warning, and strictly an error.
TEST(AzureIgnored, MistakesAreWarningsAndStrictlyErrors) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"queue_settings: {job_tier: Spott}\n", "queue_settings.job_tier: unknown value 'Spott'"},
      {"queue_settings: {zz: 1}\n", "queue_settings.zz: unknown key"},
      {"queue_settings: {priority: urgent}\n", "queue_settings.priority: unknown value"},
      {"queue_settings: spot\n", "queue_settings: expected a mapping"},
      {"identity: {type: managedd}\n", "identity.type: unknown value 'managedd'"},
      {"identity: {client_id: a}\n", "identity.type: missing"},
      {"services: [1]\n", "services: expected a mapping"},
      {"services: {a: 1}\n", "services.a: expected a mapping"},
      {"services: {a: {port: x}}\n", "services.a.port: expected an integer"},
      {"resources: {shm_size: 5z}\n", "resources.shm_size: expected a number and one of"},
      {"resources: {shm_size: 5}\n", "resources.shm_size: expected"},
      {"properties: {a: {b: 1}}\n", "properties.a: expected text"}};
  for (const auto& [section, message] : cases) {
    const std::string text = job({{section.substr(0, section.find(':')), section}});
    EXPECT_THAT(said(text), HasSubstr("warning: " + message));
    EXPECT_THAT(said(text), Not(HasSubstr("error: "))) << section;
    EXPECT_THAT(said(parse_strict(text)), HasSubstr("error: " + message));
  }
}

TEST(AzureIgnored, ATrialsOwnQueueSettingsAreCheckedToo) {
  EXPECT_THAT(
      said(job({{"trial",
                 "trial: {command: 'x ${{search_space.lr}} ${{inputs.n}}', environment: e, "
                 "queue_settings: {job_tier: standart}}\n"}})),
      HasSubstr("warning: trial.queue_settings.job_tier: unknown value 'standart'; expected "
                "one of spot, basic, standard, premium, null; did you mean 'standard'?"));
}

TEST(AzureIgnored, WhatAzureTakesOnlyAtTheTopIsADeviationInATrial) {
  const std::string text =
      job({{"trial",
            "trial: {type: command, command: 'x ${{search_space.lr}} ${{inputs.n}}', environment: "
            "e}\n"}});
  EXPECT_THAT(said(text), HasSubstr("warning: trial.type: Azure refuses this key in a trial"));
  EXPECT_TRUE(azure_test::parse(text).spec);
  EXPECT_THAT(said(parse_strict(text)), HasSubstr("error: trial.type"));
}

TEST(AzureIgnored, AMappingOfOurOwnKeysIsRefusedStrictlyOnly) {
  const std::string text = job({{"properties", "properties: {sweepjob: {retries: 1}}\n"}});
  EXPECT_EQ(said(text), "");
  EXPECT_THAT(said(parse_strict(text)),
              HasSubstr("error: properties.sweepjob: Azure's tools refuse a mapping here"));
  EXPECT_EQ(said(parse_strict(job({{"properties", "properties: {sweepjob: 'retries: 1'}\n"}}))),
            "");
}

TEST(AzureIgnored, AHyphenInANameIsADeviation) {
  const std::string text =
      job({{"search_space",
            "search_space: {lr: {type: choice, values: [1]}, learning-rate: {type: "
            "choice, values: [1]}}\n"}});
  EXPECT_THAT(said(text), HasSubstr("warning: search_space.learning-rate: Key name learning-rate "
                                    "must be composed of letters, numbers and underscore; write "
                                    "learning_rate"));
  EXPECT_TRUE(azure_test::parse(text).spec);
  EXPECT_FALSE(parse_strict(text).spec);
  EXPECT_FALSE(azure_test::parse(job({{"inputs", "inputs: {n: 1, a b: 2}\n"}})).spec);
}

TEST(AzureIgnored, TwoParametersOfOneVariableAreNamed) {
  EXPECT_THAT(said(job({{"search_space",
                         "search_space: {lr: {type: choice, values: [1]}, m_C: {type: "
                         "choice, values: [1]}, m: {type: choice, values: [{C: 1}]}}\n"}})),
              HasSubstr("warning: search_space.m: 'm.C' and 'm_C' would both be the variable "
                        "AZUREML_SWEEP_m_C: it holds 'm_C', the other has none"));
}

TEST(AzureIgnored, AWrongTypeWordHasTheNearestOne) {
  EXPECT_THAT(said(job({{"inputs", "inputs: {n: {type: intgr, value: 3}}\n"}})),
              HasSubstr("did you mean 'integer'?"));
}

}  // namespace
}  // namespace sweepjob
