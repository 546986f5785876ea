#include "runner/app/budget_use.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace sweepjob {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxFiles = 20'000;
constexpr std::size_t kMaxFileBytes = std::size_t{4} << 20;  // scripts are smaller
constexpr std::size_t kMaxBytes = std::size_t{64} << 20;

enum class Found { Yes, No, TooMuch };

bool mentions(const std::string& text, const std::vector<std::string>& words) {
  return std::any_of(words.begin(), words.end(),
                     [&](const std::string& word) { return text.find(word) != std::string::npos; });
}

class CodeSearch {
 public:
  explicit CodeSearch(const std::vector<std::string>& words) : words_(words) {}

  [[nodiscard]] Found in(const fs::path& path) {
    std::error_code error;
    if (fs::is_regular_file(path, error)) return in_file(path);
    fs::recursive_directory_iterator at(path, fs::directory_options::skip_permission_denied, error);
    for (; !error && at != fs::recursive_directory_iterator(); at.increment(error)) {
      if (at->path().filename() == ".git") at.disable_recursion_pending();
      std::error_code ignored;
      if (!at->is_regular_file(ignored)) continue;
      const Found found = in_file(at->path());
      if (found != Found::No) return found;
    }
    return Found::No;
  }

 private:
  Found in_file(const fs::path& file) {
    std::error_code error;
    const auto size = fs::file_size(file, error);
    if (error || size > kMaxFileBytes) return Found::No;
    bytes_ += size;
    if (++files_ > kMaxFiles || bytes_ > kMaxBytes) return Found::TooMuch;
    std::ifstream in(file, std::ios::binary);
    std::string text(size, '\0');
    in.read(text.data(), static_cast<std::streamsize>(size));
    text.resize(static_cast<std::size_t>(in.gcount()));
    return mentions(text, words_) ? Found::Yes : Found::No;
  }

  const std::vector<std::string>& words_;
  std::size_t files_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace

void check_budget_use(const SweepSpec& spec, const BudgetPlan& plan, Findings& findings) {
  if (plan.use_is_assumed) return;
  const bool has_budgets =
      std::any_of(plan.rungs.begin(), plan.rungs.end(),
                  [](const BudgetPlan::Rung& rung) { return rung.budget.has_value(); });
  const std::vector<std::string> words =
      has_budgets ? std::vector<std::string>{"SWEEPJOB_BUDGET", "TRIAL_BUDGET", "sweepjob.budget"}
                  : std::vector<std::string>{"SWEEPJOB_RESUME_DIR", "sweepjob.resume_dir"};
  const TrialSpec& trial = spec.trial;
  if (mentions(trial.command, words)) return;
  for (const auto& [name, value] : trial.environment_variables) {
    if (mentions(value, words)) return;
  }
  if (!trial.code_path.empty() && CodeSearch(words).in(trial.code_path) != Found::No) return;
  const std::string what = has_budgets ? "its budget" : "the checkpoint it goes on from";
  findings.error(
      trial.command_where, "trial.command",
      spec.sampling.type + " tells every trial " + what +
          ", but neither the command nor the code names it: all trials would do the same",
      has_budgets ? "train to $SWEEPJOB_BUDGET (or ${{sweepjob.budget}}) epochs; where "
                    "the script does so out of sight, sampling_algorithm."
                    "assume_budget_used: true"
                  : "go on from $SWEEPJOB_RESUME_DIR (or ${{sweepjob.resume_dir}}); where "
                    "the script does so out of sight, sampling_algorithm."
                    "assume_budget_used: true");
}

}  // namespace sweepjob
