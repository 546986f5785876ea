#include <filesystem>
#include <fstream>

#include <unistd.h>

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

std::string with_trial(const std::string& lines) {
  return job({{"trial", "trial:\n  command: echo ${{search_space.lr}}\n" + lines}});
}

class AzureTrialFiles : public testing::Test {
 protected:
  AzureTrialFiles()
      : folder_(std::filesystem::path(testing::TempDir()) /
                ("azure_trial_test." + std::to_string(getpid()))) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_ / "parts" / "src");
  }
  ~AzureTrialFiles() override { std::filesystem::remove_all(folder_); }

  void write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
  }
  [[nodiscard]] ParsedManifest parse_here(const std::string& text,
                                          ParseOptions options = {}) const {
    return parse_manifest(text, (folder_ / "job.yml").string(), options);
  }

  std::filesystem::path folder_;
};

TEST(AzureTrial, ReadsEveryKey) {
  const auto parsed =
      parse(with_trial("  code: ../src/\n"
                       "  environment: {image: 'python:3.8', conda_file: env.yml, os_type: linux}\n"
                       "  distribution: {type: PyTorch, process_count_per_instance: 4}\n"
                       "  resources: {instance_count: 2, instance_type: gpu, shm_size: 64g}\n"
                       "  queue_settings: {job_tier: spot}\n"));
  ASSERT_TRUE(parsed.spec) << said(parsed);
  const TrialSpec& trial = parsed.spec->trial;
  EXPECT_EQ(trial.code, "../src/");
  EXPECT_EQ(trial.code_path, (std::filesystem::current_path().parent_path() / "src").string());
  EXPECT_EQ(trial.environment.image, "python:3.8");
  EXPECT_EQ(trial.distribution, "pytorch");
  EXPECT_EQ(trial.process_count_per_instance, 4U);
  EXPECT_EQ(trial.instance_count, 2U);
  EXPECT_EQ(trial.instance_type, "gpu");
}

TEST(AzureTrial, EveryDistributionHasItsOwnKeys) {
  const auto with = [](const std::string& distribution) {
    return parse(with_trial("  environment: e\n  distribution: " + distribution + "\n"));
  };
  EXPECT_EQ(with("{type: mpi, process_count_per_instance: 2}").spec->trial.distribution, "mpi");
  EXPECT_EQ(with("{type: tensorflow, worker_count: 3}").spec->trial.process_count_per_instance, 3U);
  EXPECT_EQ(said(with("{type: ray, port: 1}")), "");
  EXPECT_THAT(said(with("{type: mpi}")), HasSubstr("warning: trial.distribution.process_count"));
  EXPECT_THAT(said(with("{type: horovod}")), HasSubstr("error: trial.distribution.type"));
  EXPECT_THAT(said(with("{type: pytorch, worker_count: 1}")), HasSubstr("unknown key"));
  EXPECT_THAT(said(with("{type: pytorch, process_count_per_instance: 0}")), HasSubstr("error"));
}

TEST(AzureTrial, CodeFromElsewhere) {
  EXPECT_EQ(parse(with_trial("  environment: e\n  code: azureml:c:1\n")).spec->trial.code_path, "");
  for (const char* code : {"https://github.com/a/b", "git://x/y", "wasbs://x"}) {
    const std::string text = with_trial(std::string("  environment: e\n  code: ") + code + "\n");
    EXPECT_THAT(said(parse_manifest(text, "job.yml")), HasSubstr("is not supported")) << code;
  }
}

TEST(AzureTrial, EnvironmentsOfEveryForm) {
  for (const char* environment :
       {"azureml:E:1", "azureml:E@latest", "azureml://registries/R/environments/E/versions/1",
        "{image: x}", "{build: {path: .}}", "{image: x, conda_file: {dependencies: [pip]}}"}) {
    EXPECT_EQ(said(parse_strict(with_trial(std::string("  environment: ") + environment + "\n"))),
              "")
        << environment;
  }
  EXPECT_THAT(said(with_trial("  environment: {imgae: x}\n")), HasSubstr("did you mean 'image'?"));
}

TEST(AzureTrial, RefusesNamesThatAreNoVariables) {
  EXPECT_THAT(said(with_trial("  environment: e\n  environment_variables: {'A=B': 1}\n")),
              HasSubstr("no name of an environment variable"));
  EXPECT_THAT(said(with_trial("  environment: e\n  environment_variables: {A: [1]}\n")),
              HasSubstr("expected text, not a list"));
}

TEST_F(AzureTrialFiles, AMissingCodeFolderIsAnErrorOnlyForARun) {
  const std::string text = with_trial("  environment: e\n  code: nothing\n");
  EXPECT_THAT(said(parse_here(text)),
              HasSubstr("error: trial.code: no such file or folder: nothing"));
  EXPECT_EQ(said(parse_here(text, {.schema_only = true})), "");
  EXPECT_EQ(said(parse_here(with_trial("  environment: e\n  code: parts/src\n"))), "");
}

TEST_F(AzureTrialFiles, AComponentsPathsAreRelativeToItsOwnFile) {
  write("parts/train.yml",
        "type: command\n"
        "inputs:\n"
        "  lr: {type: number, default: 0.1}\n"
        "  tol: {type: number, default: 1e-3}\n"
        "  note: {type: string, optional: true}\n"
        "outputs:\n"
        "  model: {type: mlflow_model}\n"
        "code: ./src\n"
        "environment: e\n"
        "command: t --lr ${{inputs.lr}} --tol ${{inputs.tol}} $[[--note ${{inputs.note}}]] "
        "--out ${{outputs.model}}\n");
  const std::string text = job({{"trial", "trial: file:./parts/train.yml\n"}, {"inputs", ""}});
  const auto parsed = parse_here(text);
  ASSERT_TRUE(parsed.spec) << said(parsed);
  EXPECT_EQ(parsed.spec->trial.code_path, (folder_ / "parts" / "src").lexically_normal().string());
  EXPECT_EQ(parsed.spec->trial.command,
            "t --lr ${{search_space.lr}} --tol ${{inputs.tol}} $[[--note ${{inputs.note}}]] --out "
            "${{outputs.model}}");
  ASSERT_EQ(parsed.spec->inputs.size(), 2U) << "a sampled input needs no value";
  EXPECT_EQ(python_str(parsed.spec->inputs[0].literal), "0.001") << "a number, as declared";
  EXPECT_TRUE(parsed.spec->inputs[1].optional);
  EXPECT_EQ(parsed.spec->outputs.at(0).type, "mlflow_model");
  EXPECT_FALSE(parse_here(text, {.strict = true}).spec)
      << "Azure takes a reference in pipelines only";
}

TEST_F(AzureTrialFiles, AComponentsDeclarationsAreChecked) {
  write("train.yml",
        "type: command\n"
        "inputs:\n"
        "  lr: {type: number}\n"
        "  n: {type: integer, min: 1, max: 9}\n"
        "  kind: {type: string, enum: [a, b]}\n"
        "  flag: {type: boolean}\n"
        "  data: {type: uri_file}\n"
        "environment: e\n"
        "command: t\n");
  const auto with = [&](const std::string& inputs) {
    return said(parse_here(
        job({{"trial", "trial: ./train.yml\n"}, {"inputs", "inputs: {" + inputs + "}\n"}}),
        {.schema_only = true}));
  };
  const std::string rest = "kind: a, flag: true, data: azureml:d:1";
  EXPECT_THAT(with("n: 10, " + rest), HasSubstr("'10' is outside the component's min and max"));
  EXPECT_THAT(with("n: x, " + rest), HasSubstr("error: inputs.n: expected an integer"));
  EXPECT_THAT(with("n: 2, flag: true, kind: c, data: x"),
              HasSubstr("is not in the component's enum"));
  EXPECT_THAT(with("n: 2, flag: 7, kind: a, data: x"), HasSubstr("expected true or false"));
  EXPECT_THAT(with("n: 2, flag: no, kind: a, data: x, dta: 1"),
              HasSubstr("the component has no such input; did you mean 'data'?"));
  const auto missing =
      parse_here(job({{"trial", "trial: ./train.yml\n"}, {"inputs", "inputs: {n: 2}\n"}}));
  EXPECT_THAT(said(missing),
              HasSubstr("error: inputs.data: missing; the component needs this input"));
}

TEST_F(AzureTrialFiles, AFindingInAComponentNamesItsFile) {
  write("train.yml", "type: command\nenvironment: e\ncommand: t ${{inputs.x}}\n");
  const auto parsed = parse_here(job({{"trial", "trial: ./train.yml\n"}, {"inputs", ""}}));
  EXPECT_THAT(said(parsed, true),
              HasSubstr((folder_ / "train.yml").string() + ":3:10: error: command"));
}

TEST_F(AzureTrialFiles, AComponentThatCannotBeReadIsOneError) {
  const auto error_of = [&](const std::string& trial) {
    const auto parsed = parse_here(job({{"trial", "trial: " + trial + "\n"}, {"inputs", ""}}));
    std::string text;
    for (const Finding& finding : parsed.findings.all()) {
      if (finding.severity == Severity::Error) text += to_text(finding) + "\n";
    }
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1) << text;
    return text;
  };
  write("broken.yml", "a: [1\n");
  write("list.yml", "- a\n");
  write("spark.yml", "type: spark\n");
  EXPECT_THAT(error_of("./none.yml"), HasSubstr("no such component file"));
  EXPECT_THAT(error_of("./parts"), HasSubstr("no such component file")) << "a folder";
  EXPECT_THAT(error_of("./broken.yml"), HasSubstr("YAML syntax"));
  EXPECT_THAT(error_of("./list.yml"), HasSubstr("expected a command component"));
  EXPECT_THAT(error_of("./spark.yml"), HasSubstr("type 'spark' is not supported"));
  EXPECT_THAT(error_of("azureml:comp:1"), HasSubstr("lies in a workspace"));
}

TEST_F(AzureTrialFiles, AComponentsFileByItselfIsCheckedButHasNothingToRun) {
  const std::string text =
      "type: command\ninputs: {x: {type: uri_folder}}\nenvironment: e\ncommand: t ${{inputs.x}}\n";
  const auto checked = parse_here(text, {.schema_only = true});
  EXPECT_EQ(checked.dialect, "azure-component");
  EXPECT_FALSE(checked.findings.has_errors()) << said(checked);
  EXPECT_FALSE(checked.spec);
  EXPECT_THAT(said(parse_here(text)), HasSubstr("error: type: a command component is no sweep"));
  EXPECT_THAT(said(parse_here("type: command\nenvironment: e\ncommand: t ${{inputs.y}}\n",
                              {.schema_only = true})),
              HasSubstr("Inputs to job does not contain 'y'"));
}

}  // namespace
}  // namespace sweepjob
