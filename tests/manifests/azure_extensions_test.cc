#include <fstream>
#include <sstream>

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

std::string with_block(const std::string& lines) {
  return job({{"early_termination", "early_termination: {type: median_stopping}\n"},
              {"properties", "properties:\n  mine: x\n  sweepjob: |\n" + lines}});
}

const char* const kAll =
    "    retries: 1\n"
    "    retry_backoff: 20\n"
    "    max_failed_trials: 2\n"
    "    stall_timeout: 600\n"
    "    grace: 5\n"
    "    gpus_per_trial: 0.5\n"
    "    cpus_per_trial: 2\n"
    "    keep: best 3\n"
    "    seed: 11\n"
    "    metrics:\n"
    "      channel: stdout\n"
    "      patterns:\n"
    "      - '(?P<name>loss)=(?P<value>\\S+)'\n"
    "      - {regex: 'acc (\\S+)', metric: acc}\n"
    "    on_retry: continue\n"
    "    quote_parameters: yes\n"
    "    allow_duplicates: no\n"
    "    require_metric: true\n"
    "    min_trials: 3\n"
    "    control_fraction: 0.05\n";

TEST(AzureExtensions, ABlockOfTextHoldsThemAll) {
  const auto parsed = parse_strict(with_block(kAll));
  ASSERT_TRUE(parsed.spec) << said(parsed);
  EXPECT_EQ(said(parsed), "");
  const Extensions& extensions = parsed.spec->extensions;
  EXPECT_EQ(extensions.retries, 1U);
  EXPECT_EQ(extensions.retry_backoff.count(), 20);
  EXPECT_EQ(extensions.max_failed_trials, 2U);
  EXPECT_EQ(extensions.stall_timeout.count(), 600);
  EXPECT_EQ(extensions.grace.count(), 5);
  EXPECT_EQ(extensions.gpus_per_trial, 0.5);
  EXPECT_EQ(extensions.cpus_per_trial, 2);
  EXPECT_EQ(extensions.keep_best, 3U);
  EXPECT_EQ(extensions.seed, 11U);
  EXPECT_EQ(extensions.metric_channel, "stdout");
  ASSERT_EQ(extensions.metric_patterns.size(), 2U);
  EXPECT_EQ(extensions.metric_patterns[0].regex, "(?P<name>loss)=(?P<value>\\S+)");
  EXPECT_EQ(extensions.metric_patterns[1].metric, "acc");
  EXPECT_EQ(extensions.on_retry, "continue");
  EXPECT_TRUE(extensions.quote_parameters);
  EXPECT_FALSE(extensions.allow_duplicates);
  EXPECT_TRUE(extensions.require_metric);
  EXPECT_EQ(extensions.min_trials, 3U);
  EXPECT_EQ(extensions.control_fraction, 0.05);
}

TEST(AzureExtensions, AMappingIsTakenToo) {
  const auto parsed =
      parse(job({{"properties", "properties: {sweepjob: {retries: 0, keep: all}}\n"}}));
  EXPECT_EQ(parsed.spec->extensions.retries, 0U);
  EXPECT_FALSE(parsed.spec->extensions.keep_best);
}

TEST(AzureExtensions, FindingsInTheBlockPointAtTheLineOfTheFile) {
  const std::string text = with_block("    retries: 1\n    grcae: 5\n    keep: worst\n");
  const auto parsed = parse(text);
  const auto line_of = [&](const std::string& word) {
    return 1 + std::count(text.begin(), text.begin() + static_cast<long>(text.find(word)), '\n');
  };
  EXPECT_THAT(
      said(parsed, true),
      HasSubstr("job.yml:" + std::to_string(line_of("grcae")) +
                ":5: error: properties.sweepjob.grcae: unknown key; did you mean 'grace'?"));
  EXPECT_THAT(said(parsed, true),
              HasSubstr("job.yml:" + std::to_string(line_of("worst")) +
                        ":11: error: properties.sweepjob.keep: expected all, or best N"));
  const std::string broken = with_block("    retries: [1\n    grace: 5\n");
  EXPECT_THAT(said(parse(broken)), HasSubstr("error: properties.sweepjob: YAML syntax"));
}

TEST(AzureExtensions, RefusesWrongValues) {
  for (const char* line : {"retries: -1",
                           "retry_backoff: soon",
                           "gpus_per_trial: -1",
                           "cpus_per_trial: 0",
                           "keep: best 0",
                           "keep: best",
                           "keep: [1]",
                           "seed: -1",
                           "metrics: stdout",
                           "metrics: {chanel: stdout}",
                           "metrics: {channel: stderr}",
                           "metrics: {patterns: x}",
                           "metrics: {patterns: ['']}",
                           "metrics: {patterns: [{metric: a}]}",
                           "on_retry: maybe",
                           "quote_parameters: perhaps",
                           "control_fraction: -0.1",
                           "control_fraction: 1.1",
                           "control_fraction: .nan",
                           "control_fraction: 5%",
                           "control_fraction: [0.1]"}) {
    EXPECT_TRUE(parse(with_block(std::string("    ") + line + "\n")).findings.has_errors()) << line;
  }
  EXPECT_THAT(said(job({{"properties", "properties: {sweepjob: [1]}\n"}})),
              HasSubstr("error: properties.sweepjob: expected a mapping"));
}

TEST(AzureExtensions, AChannelThatDoesNotExistIsAnErrorThatNamesTheOnesThatDo) {
  for (const std::string channel : {"http", "event_files", "scrape"}) {
    const std::string text = with_block("    metrics: {channel: " + channel + "}\n");
    const auto line =
        1 + std::count(text.begin(), text.begin() + static_cast<long>(text.find("metrics:")), '\n');
    EXPECT_THAT(said(parse(text), true),
                HasSubstr("job.yml:" + std::to_string(line) +
                          ":24: error: properties.sweepjob.metrics.channel: unknown value '" +
                          channel + "'; expected one of file, stdout"));
  }
}

TEST(AzureExtensions, AControlFractionOutsideItsRangeIsAnErrorWithPlaceAndHint) {
  const std::string text = with_block("    control_fraction: 5\n");
  const auto line =
      1 + std::count(text.begin(), text.begin() + static_cast<long>(text.find("control_fraction")),
                     '\n');
  EXPECT_THAT(
      said(parse(text), true),
      HasSubstr("job.yml:" + std::to_string(line) +
                ":23: error: properties.sweepjob.control_fraction: expected a number from 0 "
                "to 1; 0.05 lets one of twenty would-be cuts run on"));
}

TEST(AzureExtensions, AControlArmWithoutAPolicyIsWarnedOf) {
  const std::string block = "properties: {sweepjob: {control_fraction: 0.5}}\n";
  EXPECT_THAT(said(job({{"properties", block}})),
              HasSubstr("warning: properties.sweepjob.control_fraction: nothing is cut"));
  EXPECT_EQ(said(job({{"properties", "properties: {sweepjob: {control_fraction: 0}}\n"}})), "");
}

TEST(AzureExtensions, EveryKeyStandsInTheTable) {
  std::ifstream stream(std::string(SWEEPJOB_SOURCE_DIR) + "/docs/extensions.md");
  std::stringstream table;
  table << stream.rdbuf();
  for (const char* key : {"retries", "retry_backoff", "max_failed_trials", "stall_timeout", "grace",
                          "gpus_per_trial", "cpus_per_trial", "keep", "seed", "metrics.channel",
                          "metrics.patterns", "on_retry", "quote_parameters", "allow_duplicates",
                          "require_metric", "min_trials", "control_fraction"}) {
    EXPECT_THAT(table.str(), HasSubstr("| `" + std::string(key) + "` |")) << key;
  }
}

}  // namespace
}  // namespace sweepjob
