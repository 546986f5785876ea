#include <filesystem>
#include <fstream>

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

const std::string kTrial = "trial: {command: echo, environment: e}\n";

ParsedManifest with_inputs(const std::string& inputs,
                           ParseOptions options = {.schema_only = true}) {
  return parse(job({{"inputs", "inputs:\n" + inputs}, {"trial", kTrial}}), options);
}

TEST(AzureInputs, LiteralsKeepTheTextThatPythonWouldPrint) {
  const auto parsed = with_inputs(
      "  a: 0.001\n  b: 1.0e-5\n  c: yes\n  d: -1\n  e: 1e-3\n  f: {value: 15}\n  g: text\n");
  EXPECT_EQ(said(parsed), "");
  std::vector<std::string> texts;
  for (const InputSpec& input : parsed.spec->inputs) texts.push_back(python_str(input.literal));
  EXPECT_EQ(texts,
            (std::vector<std::string>{"0.001", "1e-05", "True", "-1", "1e-3", "15", "text"}));
}

TEST(AzureInputs, DataOfEveryKind) {
  const auto parsed = with_inputs(
      "  plain: {path: data/x}\n"
      "  file: {type: uri_file, path: 'file:./x.csv', mode: download}\n"
      "  name: {type: mltable, path: 'azureml:iris@latest', mode: eval_mount}\n"
      "  blob: {type: UriFolder, path: 'wasbs://c@a.blob.core.windows.net/x'}\n"
      "  store: {path: a/b, datastore: azureml:blob}\n"
      "  glob: {path: 'data/**'}\n"
      "  id: {path: /subscriptions/0/x}\n");
  EXPECT_EQ(said(parsed), "");
  const auto& inputs = parsed.spec->inputs;
  const std::string here = std::filesystem::current_path().string();
  EXPECT_EQ(inputs[0].type, "uri_folder");
  EXPECT_EQ(inputs[0].mode, "ro_mount");
  EXPECT_EQ(inputs[0].resolved_path, here + "/data/x");
  EXPECT_EQ(inputs[1].resolved_path, here + "/x.csv");
  EXPECT_EQ(inputs[1].mode, "download");
  EXPECT_EQ(inputs[2].path, "azureml:iris@latest");
  EXPECT_EQ(inputs[2].resolved_path, "");
  EXPECT_EQ(inputs[3].type, "uri_folder");
  EXPECT_EQ(inputs[3].resolved_path, "");
  EXPECT_EQ(inputs[4].path, "azureml://datastores/blob/paths/a/b");
  EXPECT_EQ(inputs[4].resolved_path, "");
  EXPECT_EQ(inputs[5].resolved_path, here + "/data");
  EXPECT_EQ(inputs[6].resolved_path, "");
}

TEST(AzureInputs, LocalPathsAreRelativeToTheFileAndMustExistForARun) {
  const std::filesystem::path folder =
      std::filesystem::path(testing::TempDir()) / "azure_inputs_test";
  std::filesystem::create_directories(folder / "sub");
  std::ofstream(folder / "data.csv") << "x\n";
  const std::string text = job(
      {{"inputs", "inputs: {a: {path: ../data.csv}, b: {path: ../nothing}}\n"}, {"trial", kTrial}});
  const auto parsed = parse_manifest(text, (folder / "sub" / "job.yml").string(), {});
  EXPECT_THAT(said(parsed), HasSubstr("error: inputs.b.path: no such file or folder: ../nothing"));
  EXPECT_EQ(parsed.findings.all().size(), 1U) << said(parsed);
  const auto unchecked =
      parse_manifest(text, (folder / "sub" / "job.yml").string(), {.schema_only = true});
  EXPECT_EQ(said(unchecked), "");
  EXPECT_EQ(unchecked.spec->inputs[0].resolved_path,
            (folder / "data.csv").lexically_normal().string());
  std::filesystem::remove_all(folder);
}

TEST(AzureInputs, RefusesContradictionsAndWrongTypes) {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"  a: {value: 1, path: x}\n", "has both 'value' and 'path'"},
      {"  a: {type: uri_file}\n", "inputs.a.path: missing"},
      {"  a: [1]\n", "inputs.a: expected a literal, {value: ...} or {path: ...}, not a list"},
      {"  a: {value: [1]}\n", "inputs.a.value: expected a literal, not a list"},
      {"  a: {path: x, type: uri_fille}\n", "did you mean 'uri_file'?"},
      {"  a: {path: x, mode: ro_mont}\n", "did you mean 'ro_mount'?"},
      {"  a: {path: ''}\n", "the path is empty"},
      {"  a: {path: '${{parent.inputs.x}}'}\n", "a placeholder has no value here"},
      {"  a b: 1\n", "Key name a b must be composed of letters, numbers and underscore"},
  };
  for (const auto& [inputs, expected] : rows) {
    const auto parsed = with_inputs(inputs);
    EXPECT_FALSE(parsed.spec) << inputs;
    EXPECT_THAT(said(parsed), HasSubstr(expected)) << inputs;
  }
  EXPECT_THAT(said(with_inputs("  " + std::string(300, 'a') + ": 1\n")), HasSubstr("at most 256"));
}

TEST(AzureInputs, AModeThatNoInputHasIsReadAsAMount) {
  const auto parsed = with_inputs("  a: {path: 'azureml:x:1', mode: Mount}\n");
  EXPECT_EQ(parsed.spec->inputs[0].mode, "ro_mount");
  EXPECT_THAT(said(parsed), HasSubstr("warning: inputs.a.mode"));
}

TEST(AzureOutputs, NullEmptyAndFull) {
  const auto parsed =
      parse(job({{"outputs",
                  "outputs:\n  a:\n  b: {}\n  c: {type: uri_file, mode: upload, path: "
                  "'azureml://x/${{name}}/${{ default_datastore }}', name: n}\n  d: {mode: "
                  "mount}\n"}}));
  EXPECT_EQ(said(parsed), "");
  const auto& outputs = parsed.spec->outputs;
  ASSERT_EQ(outputs.size(), 4U);
  EXPECT_EQ(outputs[0].type, "uri_folder");
  EXPECT_EQ(outputs[0].mode, "rw_mount");
  EXPECT_EQ(outputs[2].type, "uri_file");
  EXPECT_EQ(outputs[2].mode, "upload");
  EXPECT_EQ(outputs[3].mode, "rw_mount");
}

TEST(AzureOutputs, RefusesOtherPlaceholdersAndShapes) {
  EXPECT_THAT(said(job({{"outputs", "outputs: {a: {path: '${{inputs.n}}'}}\n"}})),
              HasSubstr("unknown placeholder 'inputs.n'"));
  EXPECT_THAT(said(job({{"outputs", "outputs: {a: ./x}\n"}})),
              HasSubstr("outputs.a: expected a mapping, not text"));
  EXPECT_THAT(said(job({{"outputs", "outputs: {a: {type: integer}}\n"}})),
              HasSubstr("outputs.a.type"));
}

}  // namespace
}  // namespace sweepjob
