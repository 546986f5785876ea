// The jobs of manifests/examples: they are what a newcomer copies, so they must be right as they
// stand, and their scripts must do what the comments say.

#include <cstdlib>
#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/shell.h"

namespace sweepjob {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const std::string kExamples = SWEEPJOB_SOURCE_DIR "/manifests/examples";
const std::string kProgram = SWEEPJOB_BINARY_DIR "/sweepjob";

class Examples : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "examples-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }

  void TearDown() override { fs::remove_all(folder_); }

  // Runs the digits script in a folder of its own, as an attempt does.
  ShellOutput train_digits(const std::string& attempt, int epochs, const std::string& checkpoints) {
    fs::create_directories(folder_ / attempt);
    fs::create_directories(folder_ / checkpoints);
    return run_bash(
        "cd " + shell_quoted((folder_ / attempt).string()) +
        " && SWEEPJOB_CHECKPOINT_DIR=" + shell_quoted((folder_ / checkpoints).string()) +
        " python3 " + shell_quoted(kExamples + "/digits/src/train.py") + " --data " +
        shell_quoted(kExamples + "/digits/data/digits.csv.gz") + " --hidden-units 4 --epochs " +
        std::to_string(epochs));
  }

  fs::path folder_;
};

TEST_F(Examples, AreValidWithoutAWarning) {
  ASSERT_TRUE(fs::exists(kProgram)) << kProgram << " was not built";
  for (const auto& entry : fs::directory_iterator(kExamples)) {
    if (!fs::exists(entry.path() / "job.yaml")) continue;
    const ShellOutput output = run_bash(kProgram + " validate -o json --strict --config " +
                                        shell_quoted(kExamples + "/config.yaml") + " " +
                                        shell_quoted((entry.path() / "job.yaml").string()));
    EXPECT_EQ(output.status, 0) << output.text;
    EXPECT_THAT(output.text, HasSubstr(R"("valid":true)")) << entry.path();
    EXPECT_THAT(output.text, Not(HasSubstr(R"("severity":"warning")"))) << entry.path();
  }
}

TEST_F(Examples, DigitsGoesOnFromItsCheckpointAsIfItHadNeverStopped) {
  const ShellOutput whole = train_digits("whole", 3, "checkpoints-1");
  ASSERT_EQ(whole.status, 0) << whole.text;
  const ShellOutput first = train_digits("first", 2, "checkpoints-2");
  ASSERT_EQ(first.status, 0) << first.text;
  const ShellOutput second = train_digits("second", 3, "checkpoints-2");
  ASSERT_EQ(second.status, 0) << second.text;

  ASSERT_EQ(whole.lines().size(), 3U) << whole.text;
  EXPECT_THAT(second.lines(), ElementsAre("going on after epoch 2", whole.lines()[2]));
  EXPECT_THAT(whole.lines()[2], StartsWith("epoch=3 loss="));
  EXPECT_EQ(run_bash("cmp " + shell_quoted((folder_ / "whole/outputs/model.json").string()) + " " +
                     shell_quoted((folder_ / "second/outputs/model.json").string()))
                .status,
            0);
}

TEST_F(Examples, DigitsNeedsNothingOfOurs) {
  const ShellOutput output = run_bash(
      "cd " + shell_quoted(folder_.string()) + " && env -i PATH=\"$PATH\" python3 " +
      shell_quoted(kExamples + "/digits/src/train.py") + " --data " +
      shell_quoted(kExamples + "/digits/data/digits.csv.gz") + " --hidden-units 4 --epochs 1");
  EXPECT_EQ(output.status, 0);
  EXPECT_THAT(output.text, HasSubstr("val_accuracy=0."));
  EXPECT_TRUE(fs::exists(folder_ / "outputs/model.json"));
}

}  // namespace
}  // namespace sweepjob
