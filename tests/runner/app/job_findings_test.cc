// What a job file's findings promise: all of them at once, each with its place, none that only
// follows from another.
#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runner/app/read_job.h"
#include "tests/support/temp_folder.h"

namespace sweepjob {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::UnorderedElementsAre;

class JobFindingsTest : public testing::Test {
 protected:
  // A good job whose sections a test replaces, adds to or (with an empty text) leaves out.
  static std::string job(std::map<std::string, std::string> changes = {}) {
    std::map<std::string, std::string> sections{
        {"trial", "{command: 'echo acc=${{search_space.x}}', environment: env}"},
        {"search_space", "{x: {type: uniform, min_value: 0, max_value: 1}}"},
        {"sampling_algorithm", "random"},
        {"objective", "{goal: maximize, primary_metric: acc}"},
        {"limits", "{max_total_trials: 4, max_concurrent_trials: 2}"}};
    for (auto& [key, value] : changes) sections[key] = std::move(value);
    std::string text = changes.count("type") == 0 ? "type: sweep\n" : "";
    for (const auto& [key, value] : sections) {
      if (!value.empty()) text += key + ": " + value + "\n";
    }
    return text;
  }

  ReadJob read(const std::string& text, ReadJobOptions options = {},
               const std::string& config = "environments: {env: {}}\n") {
    write_file(folder_ / "job.yaml", text);
    write_file(folder_ / "config.yaml", config);
    options.config_path = folder_ / "config.yaml";
    return read_job(folder_ / "job.yaml", options);
  }

  // "error: path: message; hint" lines without the places.
  static std::string said(const ReadJob& job) {
    std::string text;
    for (Finding finding : job.findings.all()) {
      finding.where = {};
      text += to_text(finding) + "\n";
    }
    return text;
  }

  static std::vector<std::string> errors_at(const ReadJob& job) {
    std::vector<std::string> paths;
    for (const Finding& finding : job.findings.all()) {
      if (finding.severity == Severity::Error) paths.push_back(finding.path);
    }
    return paths;
  }

  TempFolder folder_;
};

TEST_F(JobFindingsTest, AnOptionalBlockMayNameAnInputThatIsNotThere) {
  const std::string text =
      job({{"trial",
            "{command: 'echo acc=1 $[[--init ${{inputs.init}}]] ${{search_space.x}}', "
            "environment: env}"}});
  EXPECT_EQ(said(read(text)), "");
  ReadJobOptions text_alone;
  text_alone.schema_only = true;
  EXPECT_EQ(said(read(text, text_alone)), "");
  EXPECT_TRUE(read_job_to_decide(folder_ / "job.yaml", {}).has_spec);
}

// One mistake a section, each found by another stage of the reading.
TEST_F(JobFindingsTest, EveryStageSaysWhatItFinds) {
  const ReadJob read_ =
      read(job({{"inputs",
                 "{a: {type: uri_file, path: missing.csv}, b: {type: uri_file, path: "
                 "'azureml:iris:1'}}"},
                {"sampling_algorithm", "randm"},
                {"early_termination", "{type: bandit}"},
                {"compute", "gpu"},
                {"limits", "{max_total_trials: 4, timeout: abc}"},
                {"properties", "{sweepjob: {metrics: {patterns: ['(a', 'b (.*) (.*)', '(c']}}}"}}));
  EXPECT_THAT(errors_at(read_),
              UnorderedElementsAre("inputs.a.path", "inputs.b.path", "sampling_algorithm.type",
                                   "early_termination", "limits.timeout",
                                   "properties.sweepjob.metrics.patterns[0]",
                                   "properties.sweepjob.metrics.patterns[2]"))
      << said(read_);
  EXPECT_THAT(said(read_), HasSubstr("did you mean 'random'?"));
  EXPECT_THAT(said(read_),
              HasSubstr("warning: compute: compute 'gpu' is not in the configuration"));
  EXPECT_FALSE(read_.has_spec);
  int line = 0;
  for (const Finding& finding : read_.findings.all()) {
    EXPECT_GT(finding.where.column, 0) << to_text(finding);
    EXPECT_GE(finding.where.line, line) << "in the order of the lines: " << to_text(finding);
    line = finding.where.line;
  }
}

TEST_F(JobFindingsTest, NothingIsSaidThatOnlyFollowsFromAnotherError) {
  const auto only = [&](std::map<std::string, std::string> changes, const std::string& path) {
    const ReadJob found = read(job(std::move(changes)));
    EXPECT_THAT(errors_at(found), ElementsAre(path)) << said(found);
  };
  only({{"search_space", "{x: {type: intgr}}"}, {"sampling_algorithm", "grid"}},
       "search_space.x.type");
  only({{"search_space", "{x: {type: normal, mu: 0, sigma: -1}}"}}, "search_space.x.sigma");
  only({{"search_space", "{x: {type: choice, values: []}}"}, {"sampling_algorithm", "grid"}},
       "search_space.x.values");
  only({{"search_space", ""}}, "search_space");
  only({{"search_space", "[x]"}}, "search_space");
  only({{"search_space", "{x: {type: uniform, min_value: 0, max_value: 1}}"},
        {"sampling_algorithm", "grid"}},
       "search_space.x");
  only({{"objective", "{primary_metric: acc}"},
        {"early_termination", "{type: curvefitting, epoch_num: 20}"}},
       "objective.goal");
  only({{"objective", ""}, {"early_termination", "{type: bandit, slack_amount: 1}"}}, "objective");
  only({{"trial", ""}}, "trial");
  only({{"trial", "{command: 'x ${{search_space.y}}', environment: env}"}}, "trial.command");
  only({{"inputs", "[a]"}, {"trial", "{command: 'x ${{inputs.a}}', environment: env}"}}, "inputs");
  only({{"early_termination", "[bandit]"}, {"properties", "{sweepjob: {control_fraction: 0.1}}"}},
       "early_termination");
  only({{"type", "sweeep"}}, "type");
  const ReadJob several = read(job({{"type", "sweeep"}, {"sampling_algorithm", "randm"}}));
  EXPECT_THAT(errors_at(several), UnorderedElementsAre("type", "sampling_algorithm.type"));
}

TEST_F(JobFindingsTest, AConfigurationThatCannotBeReadMakesNoNameUnknown) {
  const std::string text = job({{"compute", "gpu"},
                                {"inputs", "{b: {path: 'azureml:iris:1'}}"},
                                {"sampling_algorithm", "randm"}});
  const ReadJob found = read(text, {}, "computes: [gpu\n");
  EXPECT_EQ(found.findings.error_count(), 2U) << said(found);
  EXPECT_THAT(said(found), Not(HasSubstr("not in the configuration")));
}

TEST_F(JobFindingsTest, AnUnusableOverrideDoesNotHideTheFilesOwnMistakes) {
  ReadJobOptions options;
  options.overrides = {"limits.max_total_trials", "type.x=1", "limits.trial_timeout=abc"};
  const ReadJob found = read(job({{"sampling_algorithm", "randm"}}), options);
  EXPECT_THAT(errors_at(found),
              UnorderedElementsAre("", "type.x", "limits.trial_timeout", "sampling_algorithm.type"))
      << said(found);
}

TEST_F(JobFindingsTest, APipelineSaysWhatItsStepsFindAndUnknownNamesOnce) {
  const auto pipeline = [&](const std::string& limits, const std::string& sampling) {
    return read(
        "type: pipeline\njobs:\n"
        "  a:\n    command: echo a\n    environment: one\n    compute: gpu\n"
        "  b:\n    type: sweep\n    compute: gpu\n    sampling_algorithm: " +
        sampling +
        "\n    search_space: {x: {type: uniform, min_value: 0, max_value: 1}}\n"
        "    objective: {goal: maximize, primary_metric: acc}\n    limits: " +
        limits + "\n    trial: {command: 'echo ${{search_space.x}}', environment: two}\n");
  };
  const ReadJob good = pipeline("{max_total_trials: 2}", "random");
  ASSERT_EQ(good.findings.all().size(), 1U) << said(good);
  EXPECT_THAT(said(good), HasSubstr("warning: jobs.a.compute: compute 'gpu' and environments "
                                    "'one', 'two' are not in the configuration"));
  EXPECT_THAT(good.findings.all()[0].hint, HasSubstr("      one: {}"));
  EXPECT_THAT(good.findings.all()[0].hint, HasSubstr("      two: {}"));
  EXPECT_EQ(good.findings.all()[0].where.line, 6);
  const ReadJob bad = pipeline("{max_total_trials: none}", "randm");
  EXPECT_THAT(errors_at(bad), UnorderedElementsAre("jobs.b.limits.max_total_trials",
                                                   "jobs.b.sampling_algorithm.type"))
      << said(bad);
}

TEST_F(JobFindingsTest, TheNumberOfMachinesIsPointedAt) {
  const ReadJob of_job = read(job({{"resources", "{instance_count: 2}"}}));
  EXPECT_THAT(to_text(of_job.findings.all().at(0)),
              HasSubstr("job.yaml:4:29: error: resources.instance_count: the local backend is one "
                        "machine, not 2; --set resources.instance_count=1"));
  const ReadJob of_trial =
      read(job({{"resources", "{instance_count: 2}"},
                {"trial",
                 "{command: 'x ${{search_space.x}}', environment: env, resources: "
                 "{instance_count: 1}}"}}));
  EXPECT_EQ(said(of_trial), "") << "what the trial says wins";
}

TEST_F(JobFindingsTest, WhatEveryTrialWouldFailWithIsRefused) {
  const std::string big(140'000, 'x');
  const auto at = [&](std::map<std::string, std::string> changes) {
    return errors_at(read(job(std::move(changes))));
  };
  EXPECT_THAT(at({{"trial", "{command: 'echo " + big + "', environment: env}"}}),
              ElementsAre("trial.command"));
  EXPECT_THAT(at({{"trial", "{command: 'echo ${{inputs.a}}', environment: env}"},
                  {"inputs", "{a: " + big + "}"}}),
              ElementsAre("trial.command"));
  EXPECT_THAT(at({{"trial", "{command: 'echo', environment: env}"},
                  {"search_space", "{x: {type: choice, values: [1, " + big + ", 2]}}"}}),
              ElementsAre("search_space.x"));
  EXPECT_THAT(at({{"outputs", "{o: {path: '../../x/${{name}}'}}"}}), ElementsAre("outputs.o.path"));
  EXPECT_THAT(at({{"outputs", "{o: {path: 'a/../x/${{name}}'}}"}}), ElementsAre());
  EXPECT_THAT(at({{"inputs", "{a: \"b\\0c\"}"}}), ElementsAre("inputs.a"));
  EXPECT_THAT(at({{"search_space", "{x: {type: choice, values: [1, {\"a\\0b\": 2}]}}"}}),
              testing::Contains(HasSubstr("search_space.x.values[1]")));
  EXPECT_THAT(at({{"trial", "{command: \"echo \\0\", environment: env}"}}),
              ElementsAre("trial.command"));
}

}  // namespace
}  // namespace sweepjob
