#include "runner/app/retention.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include <spdlog/spdlog.h>

#include "runner/app/trial_files.h"
#include "runner/io/state_folder.h"

namespace sweepjob {

RetentionReporter::RetentionReporter(const Rules& rules, std::string sweep_folder)
    : rules_(rules), sweep_folder_(std::move(sweep_folder)) {}

namespace {

// Failed trials are never the best; among equals the earlier one is.
bool ranks_before(const Sweep& sweep, TrialId a, TrialId b) {
  const Trial& first = trial_of(sweep, a);
  const Trial& second = trial_of(sweep, b);
  const bool first_failed = first.status == Status::Failed;
  const bool second_failed = second.status == Status::Failed;
  if (first_failed != second_failed) return second_failed;
  if (better(sweep.goal, first.best, second.best)) return true;
  if (better(sweep.goal, second.best, first.best)) return false;
  return a < b;
}

bool is_parent(const Sweep& sweep, TrialId trial) {
  return std::any_of(sweep.trials.begin(), sweep.trials.end(),
                     [&](const Trial& other) { return other.proposal.parent == trial; });
}

}  // namespace

void RetentionReporter::on_event(const Event& event, const Sweep& sweep) noexcept {
  try {
    if (!rules_.spec.extensions.keep_best) return;
    if (const auto* retried = std::get_if<TrialRetried>(&event.body)) {
      std::erase(kept_, retried->trial);  // it runs again, and needs its checkpoint
    }
    const auto* finished = std::get_if<TrialFinished>(&event.body);
    // The end of the sweep too: an earlier controller may have been killed before it removed what
    // the last trial's end made superfluous.
    const bool over = std::holds_alternative<SweepFinished>(event.body);
    if (finished == nullptr && !over) return;
    // Any trial may be continued as long as the sampler may say so.
    if (!over && sweep.sampler != nullptr && sweep.sampler->budget_plan()) return;
    if (!started_) start(sweep);
    if (finished != nullptr &&
        std::find(kept_.begin(), kept_.end(), finished->trial) == kept_.end()) {
      kept_.push_back(finished->trial);
    }
    while (kept_.size() > *rules_.spec.extensions.keep_best) drop_worst(sweep);
  } catch (const std::exception& error) {
    spdlog::warn("keep: {}", error.what());
  }
}

// What an earlier controller had ended: what it removed is gone already, which is no harm.
void RetentionReporter::start(const Sweep& sweep) {
  started_ = true;
  for (std::uint32_t i = 0; i < sweep.trials.size(); ++i) {
    if (is_terminal(sweep.trials[i].status)) kept_.push_back(TrialId{i});
  }
}

void RetentionReporter::drop_worst(const Sweep& sweep) {
  const auto worst = std::max_element(
      kept_.begin(), kept_.end(), [&](TrialId a, TrialId b) { return ranks_before(sweep, a, b); });
  if (!is_parent(sweep, *worst)) remove_outputs(sweep, *worst);
  kept_.erase(worst);
}

void RetentionReporter::remove_outputs(const Sweep& sweep, TrialId trial) {
  const std::string folder = sweep_folder_ + "/trials/" + std::to_string(index_of(trial));
  std::vector<std::string> doomed{folder + "/checkpoint"};
  for (const Attempt& attempt : trial_of(sweep, trial).attempts) {
    doomed.push_back(attempt_outputs_of(sweep_folder_, {trial, attempt.number}));
  }
  for (const std::string& path : doomed) {
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored)) continue;
    auto removed = remove_tree(path);
    if (removed.has_error()) spdlog::warn("keep: {}", removed.error().text());
  }
}

}  // namespace sweepjob
