#include "runner/app/read_job.h"

#include <fstream>
#include <set>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policies/catalog.h"
#include "runner/app/views/job_document.h"
#include "runner/app/views/plan.h"
#include "tests/runner/app/sweep_builder.h"

namespace sweepjob {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class ReadJobTest : public testing::Test {
 protected:
  // The text with `from` replaced, read without the user's configuration.
  ReadJob read(const std::string& from = "", const std::string& to = "",
               ReadJobOptions options = {}) {
    std::string text = kBanditJob;
    if (!from.empty()) text.replace(text.find(from), from.size(), to);
    write_file(folder_ / "job.yaml", text);
    write_file(folder_ / "config.yaml", "environments: {env: {}}\n");
    options.config_path = folder_ / "config.yaml";
    return read_job(folder_ / "job.yaml", options);
  }

  static std::string said(const ReadJob& job) {
    std::string text;
    for (const Finding& finding : job.findings.all()) text += to_text(finding) + "\n";
    return text;
  }

  TempFolder folder_;
};

TEST_F(ReadJobTest, AcceptsAnOrdinaryJobWithoutAWord) {
  const ReadJob job = read();
  EXPECT_EQ(said(job), "");
  EXPECT_TRUE(job.has_spec);
  EXPECT_EQ(job.dialect, "azure");
  EXPECT_EQ(job.resolved.backend, "local");
}

TEST_F(ReadJobTest, ChecksTheOptionsOfPolicyAndSampler) {
  EXPECT_THAT(said(read("slack_amount: 0.1", "slack_amount: -1")),
              HasSubstr("job.yaml:12:49: error: early_termination.slack_amount"));
  EXPECT_FALSE(read("{type: random, seed: 7}", "{type: random, rule: solob}").has_spec);
}

TEST_F(ReadJobTest, FindingsInsideNestedOptionsHaveTheirOwnPlaces) {
  const std::string bandit =
      "early_termination: {type: bandit, slack_amount: 0.1, evaluation_interval: 2}";
  const std::string nested = said(read(bandit, R"(early_termination:
  type: bounded
  min_trials: 3
  policy:
    type: patient
    patience: 2
    wrapped:
      type: bandit
      slack_fctor: 0.1
      slack_amount: -3)"));
  const std::string wrapped = "early_termination.policy.wrapped.";
  EXPECT_THAT(nested, HasSubstr("job.yaml:20:20: warning: " + wrapped + "slack_fctor"));
  EXPECT_THAT(nested, HasSubstr("job.yaml:21:21: error: " + wrapped + "slack_amount"));
  EXPECT_THAT(said(read(bandit, R"(early_termination:
  type: any
  policies:
    - median_stopping
    - type: none
    - slack_amount: 1
      type: bandt)")),
              HasSubstr("job.yaml:18:13: error: early_termination.policies[2].type"));
  EXPECT_THAT(said(read(bandit, "early_termination: {type: any, policies: [none, bandt]}")),
              HasSubstr("job.yaml:12:49: error: early_termination.policies[1].type"));
  EXPECT_THAT(said(read("{type: random, seed: 7}", R"(
  type: successive_halving
  max_budget: 9
  sampler:
    type: random
    rule: solob)")),
              HasSubstr("job.yaml:11:11: error: sampling_algorithm.sampler.rule"));
  EXPECT_THAT(said(read("{type: random, seed: 7}", "\n  seed: 7\n  type: randm")),
              HasSubstr("job.yaml:8:9: error: sampling_algorithm.type"));
}

TEST_F(ReadJobTest, OnlyWhoStartsTrialsNeedsAScriptThatNamesItsBudget) {
  const std::string random = "{type: random, seed: 7}";
  const std::string halving = "{type: successive_halving, min_budget: 1, max_budget: 9}";
  const ReadJob refused = read(random, halving);
  EXPECT_FALSE(refused.has_spec);
  EXPECT_THAT(said(refused), HasSubstr("neither the command nor the code names it"));
  const ReadJob decided = read_job_to_decide(folder_ / "job.yaml", {});
  EXPECT_TRUE(decided.has_spec) << said(decided);
}

// Each block of ```yaml in the page, and the section that it stands in.
std::vector<std::pair<std::string, std::string>> examples_of(const std::filesystem::path& page) {
  std::vector<std::pair<std::string, std::string>> examples;
  std::ifstream stream(page);
  std::string section;
  bool inside = false;
  for (std::string line; std::getline(stream, line);) {
    if (line.starts_with("## ")) section = line.substr(3);
    if (line == "```yaml") {
      inside = true;
      examples.push_back({section, ""});
    } else if (line == "```") {
      inside = false;
    } else if (inside && !line.starts_with("objective:")) {  // the job has one
      examples.back().second += line + "\n";
    }
  }
  return examples;
}

TEST_F(ReadJobTest, TakesEveryExampleOfThePoliciesPage) {
  const std::string written =
      "early_termination: {type: bandit, slack_amount: 0.1, evaluation_interval: 2}\n";
  const std::set<std::string> azures = {"", "bandit", "median_stopping", "truncation_selection"};
  std::set<std::string> seen;
  for (const auto& [section, example] : examples_of(SWEEPJOB_SOURCE_DIR "/docs/policies.md")) {
    SCOPED_TRACE(example);
    seen.insert(section);
    const ReadJob job = read(written, example);
    EXPECT_EQ(said(job), "");
    ASSERT_TRUE(job.has_spec);
    EXPECT_EQ(job.spec.early_termination->policy.type, section.empty() ? "bandit" : section);
    PlanOptions plan_options;
    plan_options.state = "/state";
    EXPECT_TRUE(make_plan(job, plan_options));
    ReadJobOptions strict;
    strict.strict = true;
    const ReadJob refused = read(written, example, strict);
    std::size_t refusals = 0;
    for (const Finding& finding : refused.findings.all()) {
      if (finding.path == "early_termination.type") ++refusals;
    }
    EXPECT_EQ(refusals, azures.contains(section) ? 0U : 1U) << said(read(written, example, strict));
  }
  for (const std::string& name : policy_names()) EXPECT_TRUE(seen.contains(name)) << name;
}

TEST_F(ReadJobTest, ChecksTheMetricPatterns) {
  const ReadJob job =
      read("compute: local", "properties: {sweepjob: {metrics: {patterns: [{regex: '(a'}]}}}");
  EXPECT_FALSE(job.has_spec) << said(job);
}

TEST_F(ReadJobTest, ABayesianSweepCanBeRun) {
  const ReadJob job = read("{type: random, seed: 7}", "bayesian");
  EXPECT_TRUE(job.has_spec) << said(job);
}

TEST_F(ReadJobTest, TellsTheRangeOfEveryLogParameterOnce) {
  const ReadJob plain = read("{type: uniform, min_value: 0.1, max_value: 0.5}",
                             "{type: loguniform, min_value: -6, max_value: -1}");
  EXPECT_THAT(said(plain), HasSubstr("note: search_space.lr: loguniform: values from 0.00247875 to "
                                     "0.367879"));
  const ReadJob suspicious = read("uniform", "loguniform");
  EXPECT_THAT(said(suspicious), HasSubstr("warning"));
  EXPECT_THAT(said(suspicious), Not(HasSubstr("note: ")));
}

TEST_F(ReadJobTest, RefusesWhatNoBackendHereCanRun) {
  ReadJobOptions elsewhere;
  elsewhere.backend = "locla";
  EXPECT_THAT(said(read("", "", elsewhere)), HasSubstr("did you mean 'local'?"));
  EXPECT_THAT(said(read("compute: local", "compute: local\nresources: {instance_count: 2}")),
              HasSubstr("instance_count"));
}

TEST_F(ReadJobTest, ReportsAFileThatCannotBeReadAndBadOverrides) {
  EXPECT_THAT(said(read_job(folder_ / "none.yaml")), HasSubstr("cannot read this file"));
  ReadJobOptions options;
  options.overrides = {"limits.max_total_trials"};
  EXPECT_THAT(said(read("", "", options)), HasSubstr("is not KEY=VALUE"));
  options.overrides = {"limits.max_total_trials=7"};
  EXPECT_EQ(read("", "", options).spec.limits.max_total_trials, 7u);
}

TEST_F(ReadJobTest, ItsSeedIsTheSamplersBeforeTheExtensions) {
  EXPECT_EQ(given_seed(read().spec), 7u);
  EXPECT_EQ(given_seed(read(", seed: 7", "").spec), std::nullopt);
}

TEST_F(ReadJobTest, UnknownDataIsOneErrorAndNoneOfTheTextAlone) {
  const std::string data =
      "inputs: {iris: {type: uri_file, path: 'azureml:iris:1'}}\ncompute: local";
  const std::string command = "python train.py ${{inputs.iris}} --lr";
  std::string text = kBanditJob;
  text.replace(text.find("python train.py --lr"), 20, command);
  text.replace(text.find("compute: local"), 14, data);
  write_file(folder_ / "data.yaml", text);
  write_file(folder_ / "config.yaml", "environments: {env: {}}\n");
  ReadJobOptions options;
  options.config_path = folder_ / "config.yaml";
  EXPECT_EQ(read_job(folder_ / "data.yaml", options).findings.error_count(), 1u);
  options.schema_only = true;
  EXPECT_TRUE(read_job(folder_ / "data.yaml", options).has_spec);
}

TEST_F(ReadJobTest, WhatTheManifestAcceptsIsValidText) {
  const std::filesystem::path files = SWEEPJOB_SOURCE_DIR "/tests/data/azure";
  std::size_t accepted = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(files)) {
    if (entry.path().extension() != ".yml") continue;
    const std::string path = entry.path().string();
    const auto manifest = parse_manifest(read_file(path), path, {.schema_only = true});
    if (!manifest.spec) continue;
    ReadJobOptions text_alone;
    text_alone.schema_only = true;
    const ReadJob job = read_job(path, text_alone);
    EXPECT_TRUE(job.has_spec) << said(job);
    ++accepted;
  }
  EXPECT_GT(accepted, 10u);
}

TEST_F(ReadJobTest, EveryStepOfAPipelineIsCheckedAndWhatOthersMakeIsNotLookedFor) {
  const auto pipeline = [&](const std::string& sampling, const std::string& data) {
    write_file(folder_ / "config.yaml", "environments: {env: {}}\n");
    write_file(folder_ / "p.yaml",
               "type: pipeline\nname: p\njobs:\n  b:\n    type: sweep\n"
               "    sampling_algorithm: " +
                   sampling + R"(
    search_space: {x: {type: uniform, min_value: 0, max_value: 1}}
    objective: {goal: maximize, primary_metric: acc}
    limits: {max_total_trials: 2}
    inputs: {data: "${{parent.jobs.a.outputs.out}}"}
    trial: {command: "t ${{inputs.data}} ${{search_space.x}}", environment: env}
  a:
    command: c ${{inputs.data}} ${{outputs.out}}
    environment: env
    inputs: {data: {type: uri_folder, path: ")" +
                   data + R"("}}
    outputs: {out: {type: uri_folder}}
)");
    ReadJobOptions options;
    options.config_path = folder_ / "config.yaml";
    return read_job(folder_ / "p.yaml", options);
  };
  const ReadJob good = pipeline("random", ".");
  EXPECT_EQ(said(good), "");
  ASSERT_EQ(good.steps.size(), 2u);
  EXPECT_EQ(good.steps[0].step.name, "a");
  EXPECT_EQ(good.steps[1].step.spec.inputs.at(0).resolved_path, "");
  EXPECT_EQ(good.pipeline_name, "p");
  const ReadJob bad = pipeline("{type: random, rule: solob}", "azureml:iris:1");
  EXPECT_EQ(bad.findings.error_count(), 2u) << said(bad);
  EXPECT_TRUE(bad.steps.empty());
  EXPECT_FALSE(bad.has_spec);
}

TEST_F(ReadJobTest, ValidationHasTheDocumentedKeys) {
  const ReadJob job = read("max_concurrent_trials", "max_concurent_trials");
  const Value document = validation_document("job.yaml", job);
  std::vector<std::string> keys;
  for (const auto& [key, member] : *document.get<Value::Map>()) keys.push_back(key);
  EXPECT_THAT(keys, ElementsAre("schema_version", "file", "valid", "dialect", "findings", "sweep",
                                "steps"));
  const auto& findings = *document.find("findings")->get<Value::List>();
  ASSERT_FALSE(findings.empty());
  for (const char* key : {"severity", "line", "column", "path", "message", "hint"}) {
    EXPECT_NE(findings[0].find(key), nullptr) << key;
  }
}

TEST_F(ReadJobTest, ValidationOfAGoodJobHoldsItNormalised) {
  const Value document = validation_document("job.yaml", read());
  EXPECT_EQ(*document.find("valid"), Value(true));
  EXPECT_EQ(*document.find("sweep")->find("limits")->find("max_total_trials"), Value(4));
}

PlanOptions plan_options() {
  PlanOptions options;
  options.seed = 7;
  options.state = "/state";
  return options;
}

TEST_F(ReadJobTest, PlanShowsTheCommandsThatWillRun) {
  const ReadJob job = read();
  const auto plan = make_plan(job, plan_options());
  ASSERT_TRUE(plan.has_value());
  ASSERT_EQ(plan->first.size(), 3u);
  EXPECT_EQ(plan->concurrent, 2u);
  SweepBuilder builder;  // the same job and seed
  const Params& params = builder.sweep().trials[0].proposal.params;
  EXPECT_EQ(plan->first[0].params, params);
  std::ostringstream out;
  print_plan(out, job, *plan);
  const std::string lr = python_str(*Value(params).find("lr"));
  EXPECT_THAT(out.str(), HasSubstr("\npython train.py --lr " + lr + "\n"));
  EXPECT_THAT(out.str(), HasSubstr("  AZUREML_SWEEP_lr=" + lr + "\n"));
  EXPECT_THAT(out.str(), HasSubstr("policy: bandit (slack_amount 0.1), judged every 2 intervals"));
}

// Generations train to 2, 4 and 6: 4 * (2 + 4 + 6) from scratch, 4 * (2 + 2 + 2) continued.
TEST_F(ReadJobTest, PlanAddsUpTheBudgetsOfGenerationsThatGrow) {
  write_file(folder_ / "pbt.yaml",
             "type: sweep\ntrial: {command: 'echo ${{search_space.a}} $SWEEPJOB_BUDGET', "
             "environment: azureml:e:1}\n"
             "sampling_algorithm: {type: pbt, population_size: 4, interval: 2, generations: 3}\n"
             "search_space: {a: {type: uniform, min_value: 0, max_value: 1}}\n"
             "objective: {goal: minimize, primary_metric: loss}\n");
  const ReadJob job = read_job(folder_ / "pbt.yaml");
  ASSERT_TRUE(job.has_spec) << said(job);
  const auto plan = make_plan(job, plan_options());
  ASSERT_TRUE(plan.has_value());
  EXPECT_EQ(plan->trials, 12u);
  const Value document = plan_document(job, *plan);
  const Value& total = *document.find("budgets")->find("total");
  EXPECT_EQ(*total.find("evaluations"), Value(12));
  EXPECT_EQ(*total.find("budget_from_scratch"), Value(48.0));
  EXPECT_EQ(*total.find("budget_continued"), Value(24.0));
  std::ostringstream out;
  print_plan(out, job, *plan);
  EXPECT_THAT(out.str(), HasSubstr("budgets: 3 rounds, each goes on from the one before: 4 "
                                   "configurations, 12 evaluations, total budget 48 from scratch, "
                                   "24 continued from checkpoints\n  generation: 4 trials to "
                                   "budget 2 in round 1, 4 in round 2, 6 in round 3\n"));
}

// Limits that end within a generation: 4 * 2 + 4 * 4 + 2 * 6 from scratch.
TEST_F(ReadJobTest, PlanOfEndlessGenerationsGoesAsFarAsTheLimits) {
  write_file(folder_ / "pbt.yaml",
             "type: sweep\ntrial: {command: 'echo ${{search_space.a}} $SWEEPJOB_BUDGET', "
             "environment: azureml:e:1}\nlimits: {max_total_trials: 10}\n"
             "sampling_algorithm: {type: pbt, population_size: 4, interval: 2}\n"
             "search_space: {a: {type: uniform, min_value: 0, max_value: 1}}\n"
             "objective: {goal: minimize, primary_metric: loss}\n");
  const ReadJob job = read_job(folder_ / "pbt.yaml");
  ASSERT_TRUE(job.has_spec) << said(job);
  const auto plan = make_plan(job, plan_options());
  ASSERT_TRUE(plan.has_value());
  const Value document = plan_document(job, *plan);
  const Value& total = *document.find("budgets")->find("total");
  EXPECT_EQ(*total.find("budget_from_scratch"), Value(36.0));
  EXPECT_EQ(*total.find("budget_continued"), Value(20.0));
}

TEST_F(ReadJobTest, PlanCountsTheGrid) {
  const ReadJob job = read_job([&] {
    write_file(
        folder_ / "grid.yaml",
        "type: sweep\ntrial: {command: 'echo ${{search_space.a}}', environment: azureml:e:1}\n"
        "sampling_algorithm: grid\n"
        "search_space: {a: {type: choice, values: [1, 2]}, b: {type: choice, values: [1, 2, "
        "3]}}\nobjective: {goal: minimize, primary_metric: loss}\n");
    return folder_ / "grid.yaml";
  }());
  ASSERT_TRUE(job.has_spec) << said(job);
  const auto plan = make_plan(job, plan_options());
  ASSERT_TRUE(plan.has_value());
  EXPECT_EQ(plan->grid_points, 6u);
  EXPECT_EQ(plan->trials, 6u);
  EXPECT_EQ(*plan_document(job, *plan).find("trials"), Value(6));
}

}  // namespace
}  // namespace sweepjob
