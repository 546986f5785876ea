// What the policies refuse at load: contradictions and values out of range, each said once, at its
// place.
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/policy_harness.h"

namespace sweepjob::testing {
namespace {

struct Wrong {
  PolicySetup setup;
  std::string path;  // below early_termination
  std::string says;
};

using OptionList = std::vector<std::pair<std::string, Value>>;

Wrong wrong(const char* type, OptionList options, const char* path, const char* says) {
  return {{.type = type, .options = std::move(options)}, path, says};
}

void expect_refused(const Wrong& row) {
  Findings findings;
  EXPECT_EQ(make(row.setup, findings), nullptr);
  ASSERT_EQ(findings.error_count(), 1U)
      << (findings.all().empty() ? "" : to_text(findings.all().back()));
  for (const Finding& finding : findings.all()) {
    EXPECT_GT(finding.where.line, 0);
    if (finding.severity != Severity::Error) continue;
    EXPECT_EQ(finding.path, "early_termination" + row.path);
    EXPECT_THAT(finding.message, ::testing::HasSubstr(row.says));
  }
}

TEST(PolicyOptions, WhatIsOutOfRangeOrContradictoryIsOneErrorAtItsPlace) {
  const Value bad_inner(Value::Map{{"type", "percentile"}, {"percentile", 101}});
  const Value good_inner("median_stopping");
  const std::vector<Wrong> rows = {
      wrong("threshold", {}, "", "needs lower or upper"),
      wrong("threshold", {{"lower", 2}, {"upper", 1}}, ".lower", "lower 2.0 is above upper 1.0"),
      wrong("threshold", {{"upper", HUGE_VAL}}, ".upper", "expected a finite number"),
      wrong("threshold", {{"upper", 1}, {"interval_steps", 0}}, ".interval_steps", "from 1"),
      wrong("threshold", {{"upper", 1}, {"n_warmup_steps", -1}}, ".n_warmup_steps", "from 0"),
      wrong("percentile", {}, ".percentile", "missing"),
      wrong("percentile", {{"percentile", 100.5}}, ".percentile", "from 0 to 100, found 100.5"),
      wrong("percentile", {{"percentile", -1}}, ".percentile", "from 0 to 100"),
      wrong("percentile", {{"percentile", "many"}}, ".percentile", "expected a number"),
      wrong("percentile", {{"percentile", 5}, {"n_startup_trials", -1}}, ".n_startup_trials",
            "from 0"),
      wrong("optuna_median", {{"n_min_trials", 0}}, ".n_min_trials", "from 1"),
      wrong("patient", {}, ".patience", "missing"),
      wrong("patient", {{"patience", -1}}, ".patience", "from 0"),
      wrong("patient", {{"patience", 1}, {"min_delta", -0.5}}, ".min_delta", "from 0.0"),
      wrong("patient", {{"patience", 1}, {"wrapped", 7}}, ".wrapped", "a mapping with a type"),
      wrong("patient", {{"patience", 1}, {"wrapped", "bandti"}}, ".wrapped.type",
            "unknown policy 'bandti'"),
      wrong("patient", {{"patience", 1}, {"wrapped", bad_inner}}, ".wrapped.percentile",
            "found 101.0"),
      wrong("asha", {{"reduction_factor", 1}}, ".reduction_factor", "from 2"),
      wrong("asha", {{"reduction_factor", 2.5}}, ".reduction_factor", "expected an integer"),
      wrong("asha", {{"grace_period", 0}}, ".grace_period", "from 1"),
      wrong("asha", {{"grace_period", 9}, {"max_resource", 9}}, ".max_resource",
            "must be above grace_period 9"),
      wrong("asha", {{"brackets", 2}}, ".brackets", "need max_resource"),
      wrong("asha", {{"brackets", 4}, {"max_resource", 27}}, ".brackets", "expected 1 to 3"),
      wrong("optuna_sha", {{"min_resource", 0}}, ".min_resource", "from 1"),
      wrong("optuna_sha", {{"min_resource", "some"}}, ".min_resource", "auto or an integer"),
      wrong("optuna_sha", {{"reduction_factor", 1}}, ".reduction_factor", "from 2"),
      wrong("optuna_sha", {{"min_early_stopping_rate", 99}}, ".min_early_stopping_rate",
            "beyond any trial's end"),
      wrong("optuna_sha", {{"bootstrap_count", 1}}, ".bootstrap_count", "min_resource"),
      wrong("optuna_hyperband", {{"min_resource", 9}, {"max_resource", 3}}, ".max_resource",
            "max_resource 3 is below min_resource 9"),
      wrong("optuna_hyperband", {{"max_resource", "much"}}, ".max_resource", "auto or an integer"),
      wrong("optuna_hyperband", {{"reduction_factor", 1}}, ".reduction_factor", "from 2"),
      wrong("optuna_hyperband", {{"bootstrap_count", 1}}, ".bootstrap_count", "max_resource"),
      wrong("any", {}, ".policies", "expected a list"),
      wrong("any", {{"policies", Value::List{}}}, ".policies", "expected a list"),
      wrong("all", {{"policies", Value::List{good_inner, bad_inner}}}, ".policies[1].percentile",
            "found 101.0"),
      wrong("bounded", {}, ".policy", "missing"),
      wrong("bounded", {{"policy", bad_inner}}, ".policy.percentile", "found 101.0"),
      wrong("bounded", {{"policy", good_inner}, {"min_trials", -1}}, ".min_trials", "from 0"),
      wrong("bounded", {{"policy", good_inner}, {"protect_best", false}}, ".protect_best",
            "bounded has no bound"),
  };
  for (const Wrong& row : rows) {
    SCOPED_TRACE(row.setup.type + row.path + ": " + row.says);
    expect_refused(row);
  }
}

TEST(PolicyOptions, WhatTheScheduleNeverMeetsIsSaid) {
  Wrong steps = wrong("threshold", {{"upper", 1}, {"n_warmup_steps", 1}, {"interval_steps", 2}},
                      ".interval_steps", "no report would ever be looked at");
  steps.setup.evaluation_interval = 4;
  expect_refused(steps);
  Wrong rungs = wrong("asha", {{"reduction_factor", 3}}, "", "no rung is ever judged");
  rungs.setup.evaluation_interval = 2;
  expect_refused(rungs);

  Findings findings;
  const PolicySetup late{.type = "asha", .options = {{"max_resource", 27}}, .delay_evaluation = 2};
  EXPECT_NE(make(late, findings), nullptr);
  ASSERT_EQ(findings.all().size(), 1U);
  EXPECT_EQ(findings.all()[0].severity, Severity::Warning);
  EXPECT_THAT(findings.all()[0].message, ::testing::HasSubstr("pass over 1"));
}

TEST(PolicyOptions, UnknownKeysOfInnerPoliciesAreFoundToo) {
  const Value inner(Value::Map{{"type", "bandit"}, {"slack_factor", 1}, {"slak", 2}});
  Findings findings;
  EXPECT_NE(make({.type = "bounded", .options = {{"policy", inner}}}, findings), nullptr);
  ASSERT_EQ(findings.all().size(), 1U);
  EXPECT_EQ(findings.all()[0].path, "early_termination.policy.slak");
}

}  // namespace
}  // namespace sweepjob::testing
