// The Bash completion, asked as Bash asks it: the function runs with COMP_WORDS and COMP_CWORD set.

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/shell.h"

namespace sweepjob {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

const std::string kScript = SWEEPJOB_SOURCE_DIR "/runner/app/completions/sweepjob.bash";
const std::string kProgram = SWEEPJOB_BINARY_DIR "/sweepjob";

// What is offered after these words, the last of which is being typed.
std::vector<std::string> offers(const std::vector<std::string>& words,
                                const std::string& before = "") {
  std::string script = before + "source " + shell_quoted(kScript) + "\nCOMP_WORDS=(";
  for (const std::string& word : words) script += shell_quoted(word) + " ";
  script += ")\nCOMP_CWORD=" + std::to_string(words.size() - 1) +
            "\n_sweepjob\nprintf '%s\\n' \"${COMPREPLY[@]}\"";
  std::vector<std::string> lines = run_bash(script).lines();
  if (lines.size() == 1 && lines[0].empty()) lines.clear();
  return lines;
}

class Completions : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "completions-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    state_ = pattern;
    fs::create_directories(state_ / "names");
    add_sweep("digits-1", 2);
    add_sweep("digits-2", 11);
    add_sweep("iris", 0);
  }

  void TearDown() override { fs::remove_all(state_); }

  void add_sweep(const std::string& name, int trials) {
    const fs::path sweep = state_ / "sweeps" / name;
    fs::create_directories(sweep);
    for (int trial = 0; trial < trials; ++trial) {
      fs::create_directories(sweep / "trials" / std::to_string(trial));
    }
    fs::create_directory_symlink("../sweeps/" + name, state_ / "names" / name);
  }

  fs::path state_;
};

TEST_F(Completions, OfferVerbsFirst) {
  EXPECT_THAT(offers({"sweepjob", "su"}), ElementsAre("submit"));
  EXPECT_THAT(offers({"sweepjob", ""}), Contains("ask-tell"));
}

TEST_F(Completions, OfferTheSweepsOfTheStateFolderInUse) {
  const std::string state = state_.string();
  EXPECT_THAT(offers({"sweepjob", "show", "--state", state, "dig"}),
              ElementsAre("digits-1", "digits-2"));
  EXPECT_THAT(offers({"sweepjob", "best", ""}, "SWEEPJOB_STATE=" + shell_quoted(state) + "\n"),
              ElementsAre("digits-1", "digits-2", "iris"));
}

TEST_F(Completions, OfferTheTrialsOfTheSweepThatWasNamed) {
  const std::string state = state_.string();
  EXPECT_THAT(offers({"sweepjob", "logs", "-f", "--state", state, "digits-1", ""}),
              ElementsAre("0", "1"));
  EXPECT_THAT(offers({"sweepjob", "explain", "--state", state, "digits-2", "1"}),
              ElementsAre("1", "10"));
  EXPECT_THAT(offers({"sweepjob", "best", "--state", state, "digits-2", ""}), IsEmpty());
}

TEST_F(Completions, OfferTheValuesOfOptions) {
  EXPECT_THAT(offers({"sweepjob", "export", "iris", "--format", ""}), ElementsAre("csv", "jsonl"));
  EXPECT_THAT(offers({"sweepjob", "list", "-o", ""}), ElementsAre("json", "text"));
  EXPECT_THAT(offers({"sweepjob", "validate", "--sch"}), ElementsAre("--schema-only"));
}

TEST_F(Completions, NeverExpandANameOfAFolder) {
  const std::string name = "x$(touch " + (state_ / "harm").string() + ")";
  fs::create_directory(state_ / "names" / "x$(touch harm)`touch harm`");
  EXPECT_THAT(offers({"sweepjob", "show", "--state", state_.string(), "x"},
                     "cd " + shell_quoted(state_.string()) + "\n"),
              ElementsAre("x$(touch harm)`touch harm`"));
  EXPECT_THAT(offers({"sweepjob", "show", "--state", state_.string(), name}), IsEmpty());
  EXPECT_FALSE(fs::exists(state_ / "harm"));
}

TEST_F(Completions, OfferNothingThatTheProgramDoesNotKnow) {
  ASSERT_TRUE(fs::exists(kProgram)) << kProgram << " was not built";
  for (const std::string& verb : offers({"sweepjob", ""})) {
    const ShellOutput help = run_bash(kProgram + " " + verb + " --help");
    EXPECT_EQ(help.status, 0) << verb;
    for (const std::string& option : offers({"sweepjob", verb, "-"})) {
      EXPECT_THAT(help.text, testing::HasSubstr(option)) << verb;
    }
  }
}

}  // namespace
}  // namespace sweepjob
