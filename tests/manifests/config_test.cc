#include "manifests/spec/config.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sweepjob {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> texts(const Findings& findings) {
  std::vector<std::string> all;
  for (const Finding& finding : findings.all()) all.push_back(to_text(finding));
  return all;
}

Config config_of(const std::string& text) {
  Findings findings;
  Config config = parse_config(text, "/etc/sweepjob/config.yaml", findings);
  EXPECT_THAT(texts(findings), IsEmpty());
  return config;
}

SweepSpec spec_with(const std::string& compute, const std::string& environment = {}) {
  SweepSpec spec;
  spec.compute = compute;
  spec.compute_where = {"job.yaml", 2, 10};
  spec.trial.environment.name = environment;
  spec.trial.environment.where = {"job.yaml", 5, 16};
  return spec;
}

InputSpec data(const std::string& path, const std::string& mode = "ro_mount") {
  InputSpec input;
  input.name = "d";
  input.is_data = true;
  input.path = path;
  input.mode = mode;
  input.where = {"job.yaml", 9, 7};
  return input;
}

TEST(Config, ReadsComputesEnvironmentsAndData) {
  setenv("HOME", "/home/u", 1);
  const Config config = config_of(R"(
computes:
  gpu: {backend: slurm, partition: main, gres: 'gpu:1'}
  desk: {backend: local, cpus: 8, gpus: [0, GPU-1f]}
environments:
  sklearn: {activate: ~/venvs/sklearn}
  "lightgbm:2": {image: "ghcr.io/x/y:1"}
  plain: {}
  bare:
data:
  azureml:iris:1: iris.csv
  wasbs://c@a.blob.core.windows.net/: file:///data/c/
)");
  ASSERT_EQ(config.computes.size(), 2U);
  EXPECT_EQ(config.computes[0].backend, "slurm");
  EXPECT_EQ(to_json(config.computes[0].options), R"({"partition":"main","gres":"gpu:1"})");
  EXPECT_EQ(to_json(config.computes[1].options), R"({"cpus":8,"gpus":[0,"GPU-1f"]})");
  ASSERT_EQ(config.environments.size(), 4U);
  EXPECT_EQ(config.environments[0].activate, "/home/u/venvs/sklearn");
  EXPECT_EQ(config.environments[1].image, "ghcr.io/x/y:1");
  ASSERT_EQ(config.data.size(), 2U);
  EXPECT_EQ(config.data[0].path, "/etc/sweepjob/iris.csv");
  EXPECT_EQ(config.data[1].path, "/data/c/");
}

TEST(Config, AcceptsAnEmptyFile) {
  EXPECT_THAT(config_of("").computes, IsEmpty());
  EXPECT_THAT(config_of("# nothing yet\n\n").computes, IsEmpty());
  EXPECT_THAT(config_of("computes:\ndata: {}\n").computes, IsEmpty());
}

TEST(Config, ReportsAllThatIsWrongWithPlaces) {
  Findings findings;
  (void)parse_config(R"(compute:
  a: {}
computes:
  gpu: {partition: x}
  cpu: {backend: local, cpu: 4, gpus: many}
  few: {backend: local, cpus: 0}
  bad: local
environments:
  e: {activate: /v, image: i}
  f: {activat: /v}
data:
  x: [1]
)",
                     "c.yaml", findings);
  EXPECT_THAT(
      texts(findings),
      testing::UnorderedElementsAre(
          HasSubstr("c.yaml:1:1: error: compute: unknown key 'compute'; did you mean 'computes'?"),
          HasSubstr("computes.gpu.backend: missing"),
          HasSubstr("computes.cpu.cpu: unknown key 'cpu'; did you mean 'cpus'?"),
          HasSubstr("computes.cpu.gpus: expected how many"),
          HasSubstr("computes.few.cpus: expected a number above 0"),
          HasSubstr("computes.bad: expected a mapping"), HasSubstr("both 'activate' and 'image'"),
          HasSubstr("environments.f.activat: unknown key 'activat'; did you mean 'activate'?"),
          HasSubstr("data.x: expected text")));
  Findings broken;
  (void)parse_config("computes: [", "c.yaml", broken);
  EXPECT_TRUE(broken.has_errors());
}

TEST(Config, IsFoundInTheXdgPlaceAndMayBeAbsentOnlyThere) {
  const fs::path folder = fs::path(testing::TempDir()) / ("config_" + std::to_string(getpid()));
  fs::create_directories(folder / "sweepjob");
  unsetenv("SWEEPJOB_CONFIG");
  setenv("XDG_CONFIG_HOME", folder.c_str(), 1);
  Findings findings;
  EXPECT_EQ(load_config("", findings).file, (folder / "sweepjob/config.yaml").string());
  EXPECT_THAT(texts(findings), IsEmpty());
  std::ofstream(folder / "sweepjob/config.yaml") << "computes: {a: {backend: local}}\n";
  EXPECT_EQ(load_config("", findings).computes.size(), 1U);
  EXPECT_THAT(texts(findings), IsEmpty());
  (void)load_config((folder / "missing.yaml").string(), findings);
  EXPECT_THAT(texts(findings), ElementsAre(HasSubstr("cannot read")));
  setenv("SWEEPJOB_CONFIG", (folder / "missing.yaml").c_str(), 1);
  Findings named;
  (void)load_config("", named);
  EXPECT_THAT(texts(named), ElementsAre(HasSubstr("cannot read")));
  unsetenv("SWEEPJOB_CONFIG");
  setenv("XDG_CONFIG_HOME", "relative", 1);
  setenv("HOME", "/home/u", 1);
  EXPECT_EQ(default_config_path(), "/home/u/.config/sweepjob/config.yaml");
  unsetenv("XDG_CONFIG_HOME");
  fs::remove_all(folder);
}

TEST(Resolve, FindsAComputeByEveryFormOfItsName) {
  const Config config = config_of("computes: {gpu: {backend: slurm, partition: main}}");
  for (const char* written :
       {"azureml:gpu", "gpu",
        "azureml:/subscriptions/s/resourceGroups/r/providers/p/workspaces/w/computes/gpu"}) {
    Findings findings;
    SweepSpec spec = spec_with(written);
    const Resolved resolved = resolve(spec, config, true, findings);
    EXPECT_THAT(texts(findings), IsEmpty()) << written;
    EXPECT_EQ(resolved.backend, "slurm") << written;
    EXPECT_EQ(to_json(resolved.backend_options), R"({"partition":"main"})") << written;
  }
}

TEST(Resolve, RunsHereWithoutAWordWhenTheFileNamesNoCompute) {
  const Config config = config_of("computes: {local: {backend: local, cpus: 3}}");
  for (const char* written : {"", "local", "azureml:local", "serverless"}) {
    Findings findings;
    SweepSpec spec = spec_with(written);
    const Resolved resolved = resolve(spec, config, true, findings);
    EXPECT_THAT(texts(findings), IsEmpty()) << written;
    EXPECT_EQ(resolved.backend, "local");
    EXPECT_EQ(to_json(resolved.backend_options), R"({"cpus":3})");
  }
}

TEST(Resolve, FallsBackWithOneWarningThatStrictMakesAnError) {
  for (const bool strict : {false, true}) {
    Findings findings;
    SweepSpec spec = spec_with("azureml:gpu-clster", "azureml:AzureML-sklearn-1.0@latest");
    const Config config = config_of("computes: {gpu-cluster: {backend: slurm}}");
    const Resolved resolved = resolve(spec, config, strict, findings);
    EXPECT_EQ(resolved.backend, "local");
    ASSERT_EQ(findings.all().size(), 1U);
    const Finding& finding = findings.all()[0];
    EXPECT_EQ(finding.severity, strict ? Severity::Error : Severity::Warning);
    EXPECT_EQ(finding.where.line, 2);
    EXPECT_THAT(finding.hint, HasSubstr("did you mean 'gpu-cluster'?"));
    EXPECT_THAT(finding.hint, HasSubstr("add to /etc/sweepjob/config.yaml:\n"));
  }
}

// The text of a hint from its first "    " line on: what a user would paste.
std::string lines_of(const Finding& finding) {
  std::string lines;
  std::istringstream in(finding.hint);
  for (std::string line; std::getline(in, line);) {
    if (line.rfind("    ", 0) == 0) lines += line.substr(4) + "\n";
  }
  return lines;
}

TEST(Resolve, ShowsLinesThatSettleTheMatterWhenAdded) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"azureml:gpu-cluster", "azureml:AzureML-lightgbm-3.2-ubuntu18.04-py37-cpu@latest"},
      {"virtual cluster #1", "azureml://registries/azureml/environments/sk/versions/3"},
      {"local", "azureml:name:7"},
      {"yes", ""},
      {"123", "x y"}};
  for (const auto& [compute, environment] : cases) {
    Findings before;
    SweepSpec spec = spec_with(compute, environment);
    spec.inputs = {data("azureml:iris@latest"), data("https://x.org/a b/*.csv"),
                   data("azureml://datastores/ws/paths/dogs/**")};
    (void)resolve(spec, config_of(""), false, before);
    ASSERT_EQ(before.all().size(), 4U);
    std::string text = lines_of(before.all()[0]) + "data:\n";
    for (std::size_t i = 1; i < 4; ++i) {
      std::string lines = lines_of(before.all()[i]);
      ASSERT_EQ(lines.rfind("data:\n", 0), 0U);
      lines.erase(0, 6);
      lines.replace(lines.find("/path/to/it"), 11, "/usr");
      text += lines;
    }
    Findings after;
    (void)resolve(spec, config_of(text), true, after);
    EXPECT_THAT(texts(after), IsEmpty()) << text;
  }
}

TEST(Resolve, FindsEnvironmentsMostExactNameFirst) {
  const Config config = config_of(R"(
environments:
  sk: {image: any}
  "sk:3": {image: three}
  azureml:sk@latest: {image: latest}
  "docker.io/x/y:1": {}
)");
  const std::vector<std::pair<std::string, std::string>> cases{
      {"azureml:sk:3", "three"},
      {"azureml:sk:4", "any"},
      {"azureml:sk@latest", "latest"},
      {"azureml://registries/r/environments/sk/versions/3", "three"},
      {"azureml://registries/r/environments/sk/labels/latest", "latest"},
      {"azureml://registries/r/environments/sk/versions/9", "any"},
      {"azureml:/subscriptions/s/workspaces/w/environments/sk/versions/3", "three"}};
  for (const auto& [written, image] : cases) {
    Findings findings;
    SweepSpec spec = spec_with("", written);
    EXPECT_EQ(resolve(spec, config, true, findings).image, image) << written;
    EXPECT_THAT(texts(findings), IsEmpty()) << written;
  }
  // An inline image is looked up by its own name; {} means the current environment.
  Findings findings;
  SweepSpec spec = spec_with("");
  spec.trial.environment.image = "docker.io/x/y:1";
  EXPECT_EQ(resolve(spec, config, true, findings).image, "");
  EXPECT_THAT(texts(findings), IsEmpty());
}

TEST(Resolve, HandsAnInlineImageToABackendThatIsNotThisMachine) {
  Findings findings;
  SweepSpec spec = spec_with("k8s");
  spec.trial.environment.image = "docker.io/x/y:1";
  const Config config = config_of("computes: {k8s: {backend: kubernetes}}");
  EXPECT_EQ(resolve(spec, config, true, findings).image, "docker.io/x/y:1");
  EXPECT_THAT(texts(findings), IsEmpty());
}

TEST(Resolve, ReportsAnEnvironmentWhoseFolderIsMissing) {
  Findings findings;
  SweepSpec spec = spec_with("", "azureml:sk:1");
  (void)resolve(spec, config_of("environments: {sk: {activate: /no/such/venv}}"), false, findings);
  EXPECT_THAT(texts(findings), ElementsAre(HasSubstr("config.yaml:1:16: error: "
                                                     "environments.sk.activate: no such folder")));
}

class ResolveData : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(testing::TempDir()) / ("data_" + std::to_string(getpid()));
    fs::create_directories(folder_ / "blob/deep/train");
    std::ofstream(folder_ / "blob/iris.csv") << "1";
    std::ofstream(folder_ / "iris1.csv") << "1";
  }
  void TearDown() override { fs::remove_all(folder_); }

  // The local path below the test's folder, or the finding.
  std::string resolved(const std::string& path, const std::string& mode = "ro_mount") {
    const std::string base = folder_.string();
    const Config config =
        config_of("data:\n  azureml:iris:1: " + base + "/iris1.csv\n  azureml:iris: " + base +
                  "/blob/iris.csv\n  wasbs://c@a.blob.core.windows.net/: " + base +
                  "/blob/\n  wasbs://c@a.blob.core.windows.net/deep: " + base +
                  "/blob/deep\n  azureml://datastores/ws/paths: " + base +
                  "/blob\n  https://x.org/gone.csv: " + base + "/gone.csv\n");
    Findings findings;
    SweepSpec spec = spec_with("");
    spec.inputs = {data(path, mode)};
    (void)resolve(spec, config, false, findings);
    if (!findings.all().empty()) return to_text(findings.all()[0]);
    const std::string& got = spec.inputs[0].resolved_path;
    return got.rfind(base, 0) == 0 ? got.substr(base.size()) : got;
  }

  fs::path folder_;
};

TEST_F(ResolveData, TakesTheLongestBeginningOfAnAddress) {
  EXPECT_EQ(resolved("azureml:iris:1"), "/iris1.csv");
  EXPECT_EQ(resolved("azureml:iris:2"), "/blob/iris.csv");
  EXPECT_EQ(resolved("azureml:iris@latest"), "/blob/iris.csv");
  EXPECT_EQ(resolved("wasbs://c@a.blob.core.windows.net/iris.csv"), "/blob/iris.csv");
  EXPECT_EQ(resolved("wasbs://c@a.blob.core.windows.net/deep/train"), "/blob/deep/train");
  EXPECT_EQ(resolved("azureml://datastores/ws/paths/iris.csv"), "/blob/iris.csv");
  EXPECT_EQ(resolved("azureml://subscriptions/s/resourcegroups/r/workspaces/w/datastores/ws/paths/"
                     "deep/**"),
            "/blob/deep");
  EXPECT_EQ(resolved("azureml:/subscriptions/s/workspaces/w/data/iris/versions/1"), "/iris1.csv");
}

TEST_F(ResolveData, DoesNotTakeANameThatOnlyBeginsAlike) {
  EXPECT_THAT(resolved("azureml:iris2:1"), HasSubstr("error"));
  EXPECT_THAT(resolved("azureml://datastores/ws/pathsX/a"), HasSubstr("error"));
}

TEST_F(ResolveData, ReportsUnknownDataWithTheLinesToAdd) {
  EXPECT_EQ(
      resolved("azureml:titanic:3"),
      "job.yaml:9:7: error: inputs.d.path: 'azureml:titanic:3' has no path on this machine in "
      "the configuration; to give it one, add to /etc/sweepjob/config.yaml:\n    data:\n      "
      "azureml:titanic:3: /path/to/it");
  EXPECT_THAT(resolved("https://example.com/x.csv"), HasSubstr("https://example.com/x.csv: /path"));
  EXPECT_THAT(resolved("https://x.org/gone.csv"), HasSubstr("no such file or folder"));
}

TEST_F(ResolveData, PassesAnAddressOnWhenItsModeIsDirect) {
  EXPECT_EQ(resolved("https://example.com/x.csv", "direct"), "");
  EXPECT_EQ(resolved("wasbs://c@a.blob.core.windows.net/iris.csv", "direct"), "/blob/iris.csv");
}

TEST_F(ResolveData, LeavesAloneWhatIsLocalAlready) {
  Findings findings;
  SweepSpec spec = spec_with("");
  spec.inputs = {data("./data")};
  spec.inputs[0].resolved_path = "/somewhere/data";
  (void)resolve(spec, config_of(""), true, findings);
  EXPECT_THAT(texts(findings), IsEmpty());
  EXPECT_EQ(spec.inputs[0].resolved_path, "/somewhere/data");
}

}  // namespace
}  // namespace sweepjob
