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

ParsedManifest with(const std::string& key, const std::string& value) {
  return parse(job({{key, key + ": " + value + "\n"}}));
}

TEST(AzureSampling, AWordOrAnObjectWhoseKeysAreKeptWithTheirPlaces) {
  EXPECT_EQ(with("sampling_algorithm", "Random").spec->sampling.type, "random");
  const auto parsed = with("sampling_algorithm",
                           "\n  type: random\n  rule: sobol\n  seed: 123\n  logbase: e\n  odd: 1");
  EXPECT_EQ(said(parsed), "") << "the sampler's own file checks its keys";
  const Options& sampling = parsed.spec->sampling;
  EXPECT_EQ(sampling.type, "random");
  EXPECT_EQ(sampling.path, "sampling_algorithm");
  ASSERT_EQ(sampling.options.size(), 4U);
  EXPECT_EQ(sampling.find("rule")->value, Value("sobol"));
  EXPECT_EQ(sampling.find("seed")->value, Value(123));
  EXPECT_EQ(sampling.find("seed")->where.line, 11);
}

TEST(AzureSampling, RefusesOtherShapes) {
  EXPECT_THAT(said(with("sampling_algorithm", "[random]")),
              HasSubstr("expected a name or a mapping"));
  EXPECT_THAT(said(with("sampling_algorithm", "{seed: 1}")),
              HasSubstr("sampling_algorithm.type: missing"));
}

TEST(AzureSampling, TheSamplersSeedWinsOverOurs) {
  EXPECT_THAT(said(job({{"sampling_algorithm", "sampling_algorithm: {type: random, seed: 1}\n"},
                        {"properties", "properties: {sweepjob: {seed: 2}}\n"}})),
              HasSubstr("note: sampling_algorithm.seed: the sampler takes this seed"));
}

TEST(AzureObjective, GoalAndMetric) {
  const auto parsed = with("objective", "{goal: Minimize, primary_metric: test-multi_logloss}");
  ASSERT_EQ(parsed.spec->objectives.size(), 1U);
  EXPECT_EQ(parsed.spec->objectives[0].goal, Goal::Minimize);
  EXPECT_EQ(parsed.spec->objectives[0].primary_metric, "test-multi_logloss");
  EXPECT_EQ(parsed.spec->goal_where, (SourceLocation{"job.yml", 14, 19}));
}

TEST(AzureObjective, AListIsAnExtension) {
  const std::string text = job({{"objective",
                                 "objective:\n- {goal: maximize, primary_metric: a}\n- {goal: "
                                 "minimize, primary_metric: b}\n"}});
  EXPECT_EQ(parse(text).spec->objectives.size(), 2U);
  EXPECT_EQ(parse(text).spec->goal_where, (SourceLocation{"job.yml", 15, 10}));
  EXPECT_FALSE(parse_strict(text).spec);
  EXPECT_THAT(said(with("objective", "[]")), HasSubstr("the list is empty"));
  EXPECT_THAT(said(job({{"objective",
                         "objective:\n- {goal: maximize, primary_metric: a}\n- {goal: minimize, "
                         "primary_metric: a}\n"}})),
              HasSubstr("this metric is an objective already"));
}

TEST(AzureObjective, RefusesWhatIsIncomplete) {
  EXPECT_THAT(said(with("objective", "{primary_metric: a}")), HasSubstr("objective.goal: missing"));
  EXPECT_THAT(said(with("objective", "{goal: maximize}")),
              HasSubstr("objective.primary_metric: missing"));
  EXPECT_THAT(said(with("objective", "{goal: maximise, primary_metric: a}")),
              HasSubstr("did you mean 'maximize'?"));
  EXPECT_THAT(said(with("objective", "{goal: maximize, primary_metric: ''}")),
              HasSubstr("expected a metric's name"));
  EXPECT_THAT(said(with("objective", "accuracy")), HasSubstr("error: objective"));
}

TEST(AzureEarlyTermination, AWordOrAnObject) {
  EXPECT_FALSE(parse(job()).spec->early_termination);
  const auto word = with("early_termination", "MedianStopping");
  EXPECT_EQ(word.spec->early_termination->policy.type, "median_stopping");
  EXPECT_EQ(word.spec->early_termination->evaluation_interval, 1U);
  const auto full =
      with("early_termination",
           "{type: bandit, slack_factor: 0.1, evaluation_interval: 2, delay_evaluation: 5}");
  const EarlyTermination& policy = *full.spec->early_termination;
  EXPECT_EQ(policy.policy.type, "bandit");
  EXPECT_EQ(policy.evaluation_interval, 2U);
  EXPECT_EQ(policy.delay_evaluation, 5U);
  ASSERT_EQ(policy.policy.options.size(), 1U) << "interval and delay are the core's";
  EXPECT_EQ(policy.policy.options[0].name, "slack_factor");
}

TEST(AzureEarlyTermination, AnIntervalOfZeroIsOneAndANegativeOneAnError) {
  EXPECT_EQ(with("early_termination", "{type: bandit, evaluation_interval: 0}")
                .spec->early_termination->evaluation_interval,
            1U);
  EXPECT_THAT(said(with("early_termination", "{type: bandit, evaluation_interval: -1}")),
              HasSubstr("early_termination.evaluation_interval: expected an integer from 0"));
  EXPECT_THAT(said(with("early_termination", "{type: bandit, delay_evaluation: -1}")),
              HasSubstr("early_termination.delay_evaluation: expected an integer from 0"));
}

TEST(AzureEarlyTermination, WithBayesianItIsAWarning) {
  EXPECT_THAT(said(job({{"sampling_algorithm", "sampling_algorithm: bayesian\n"},
                        {"early_termination", "early_termination: bandit\n"}})),
              HasSubstr("warning: early_termination"));
}

TEST(AzureLimits, AllFour) {
  const auto parsed =
      with("limits",
           "{max_total_trials: '20', max_concurrent_trials: 4, timeout: 7200, trial_timeout: 600}");
  const Limits& limits = parsed.spec->limits;
  EXPECT_EQ(limits.max_total_trials, 20U);
  EXPECT_EQ(limits.max_concurrent_trials, 4U);
  EXPECT_EQ(limits.timeout.count(), 7200);
  EXPECT_EQ(limits.trial_timeout.count(), 600);
}

TEST(AzureLimits, ShortTimesAreRaisedAndZeroMeansNone) {
  const auto parsed = with("limits", "{max_total_trials: 1, timeout: 5, trial_timeout: 0}");
  EXPECT_EQ(parsed.spec->limits.timeout.count(), 60);
  EXPECT_EQ(parsed.spec->limits.trial_timeout.count(), 0);
  EXPECT_EQ(said(parsed),
            "warning: limits.timeout: 5 seconds are raised to 60, as Azure's tools do\n");
}

TEST(AzureLimits, MoreConcurrentThanTotalIsClampedWithANote) {
  const auto parsed = with("limits", "{max_total_trials: 2, max_concurrent_trials: 10}");
  EXPECT_EQ(parsed.spec->limits.max_concurrent_trials, 2U);
  EXPECT_EQ(said(parsed),
            "note: limits.max_concurrent_trials: more than max_total_trials; 2 is used\n");
}

TEST(AzureLimits, MoreThanAzureTakesIsAWarningUnderStrictOnly) {
  const std::string text = job({{"limits", "limits: {max_total_trials: 5000}\n"}});
  EXPECT_EQ(said(text), "");
  EXPECT_THAT(said(parse_strict(text)), HasSubstr("warning: limits.max_total_trials"));
}

TEST(AzureLimits, RefusesWhatIsNoCount) {
  for (const char* value : {"0", "-1", "1.5", "many", "[1]", "99999999999999999999"}) {
    EXPECT_THAT(said(with("limits", std::string("{max_total_trials: ") + value + "}")),
                HasSubstr("error: limits.max_total_trials: expected an integer"))
        << value;
  }
  EXPECT_THAT(said(with("limits", "{max_total_trials: 1, timeout: -5}")),
              HasSubstr("error: limits.timeout"));
  EXPECT_THAT(said(with("limits", "5")), HasSubstr("limits: expected a mapping, not an integer"));
}

}  // namespace
}  // namespace sweepjob
