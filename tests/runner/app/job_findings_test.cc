// What a job file's findings promise: all of them at once, each with its place, none that only
// follows from another.
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runner/app/read_job.h"
#include "tests/support/temp_folder.h"

namespace sweepjob {
namespace {

using testing::HasSubstr;
using testing::Not;

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
    std::string text = "type: sweep\n";
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

}  // namespace
}  // namespace sweepjob
