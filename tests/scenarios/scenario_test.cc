// Runs every tests/scenarios/*.txt and compares; SWEEPJOB_REWRITE=1 writes what happened instead.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "tests/support/core_script.h"

namespace sweepjob::testing {
namespace {

namespace fs = std::filesystem;

std::string contents(const fs::path& file) {
  std::ifstream stream(file);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

// The same file with the answers as they are: what stands between `----` and the next empty line.
std::string played(const std::string& text) {
  std::istringstream lines(text);
  std::string out;
  std::vector<std::string> commands;
  std::unique_ptr<CoreScript> script;
  bool in_answer = false;
  for (std::string line; std::getline(lines, line);) {
    if (in_answer) {
      in_answer = !line.empty();
      if (!in_answer) out += "\n";
      continue;
    }
    out += line + "\n";
    if (line == "----") {
      for (const std::string& command : commands) {
        if (command.starts_with("sweep ")) {
          script = std::make_unique<CoreScript>(command.substr(6));
        } else if (script) {
          out += script->run(command);
        } else {
          out += "error: the first command is `sweep`\n";
        }
      }
      commands.clear();
      in_answer = true;
    } else if (!line.empty() && line.front() != '#') {
      commands.push_back(line);
    }
  }
  return out;
}

std::vector<fs::path> scenario_files() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(SWEEPJOB_SOURCE_DIR "/tests/scenarios")) {
    if (entry.path().extension() == ".txt") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

class Scenario : public ::testing::TestWithParam<fs::path> {};

TEST_P(Scenario, HappensAsWritten) {
  const std::string expected = contents(GetParam());
  const std::string actual = played(expected);
  EXPECT_EQ(actual.find("error:"), std::string::npos) << actual;
  if (std::getenv("SWEEPJOB_REWRITE") != nullptr) {
    std::ofstream(GetParam()) << actual;
    return;
  }
  EXPECT_EQ(actual, expected);
}

INSTANTIATE_TEST_SUITE_P(Files, Scenario, ::testing::ValuesIn(scenario_files()),
                         [](const auto& file) { return file.param.stem().string(); });

TEST(Scenarios, AreThere) { EXPECT_GE(scenario_files().size(), 12u); }

}  // namespace
}  // namespace sweepjob::testing
