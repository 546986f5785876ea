#include "runner/app/views/last_verdict.h"

#include <algorithm>
#include <utility>

namespace sweepjob {
namespace {

constexpr std::size_t kShown = 5;

// The report that was judged last: where it stands in the journal.
Result<std::uint64_t> find_last_judged(const LoadedSweep& loaded, TrialId trial) {
  const EarlyTermination& termination = *loaded.rules->spec.early_termination;
  std::uint64_t found = 0;
  LoadOptions options;
  options.observer = [&](std::uint64_t sequence, const Event& event, const Sweep& sweep) {
    if (const auto* retried = std::get_if<TrialRetried>(&event.body)) {
      if (retried->trial == trial) found = 0;
    }
    const auto* reported = std::get_if<MetricReported>(&event.body);
    if (reported == nullptr || reported->attempt.trial != trial) return;
    const Trial& state = trial_of(sweep, trial);
    // As the core: what was read after the attempt's end is recorded, not judged.
    const bool judged = !state.left_out && !state.stop && !state.withheld &&
                        find_attempt(sweep, reported->attempt)->state != AttemptState::Ended;
    const auto interval = static_cast<std::uint32_t>(state.values.size());
    if (judged && is_judged_at(termination, interval)) found = sequence;
  };
  auto replayed = load_sweep(loaded.folder, std::move(options));
  if (replayed.has_error()) return replayed.error();
  return found;
}

// Best value of each other trial up to the interval; the best few of them first.
void compare(const Sweep& sweep, LastVerdict& last) {
  const std::uint32_t interval = last.report.interval;
  for (std::uint32_t i = 0; i < sweep.trials.size(); ++i) {
    const Trial& trial = sweep.trials[i];
    // To the policy a control trial ended at its withheld cut.
    const std::size_t seen =
        trial.withheld ? std::min<std::size_t>(trial.withheld->interval, trial.values.size())
                       : trial.values.size();
    if (TrialId{i} == last.report.trial || trial.left_out || seen < interval) continue;
    double best = kWorst;
    for (std::uint32_t k = 0; k < interval; ++k) best = best_of(sweep.goal, best, trial.values[k]);
    last.compared.push_back({TrialId{i}, best});
  }
  last.compared_count = last.compared.size();
  const auto first = [&](const LastVerdict::Compared& a, const LastVerdict::Compared& b) {
    if (better(sweep.goal, a.best, b.best)) return true;
    return !better(sweep.goal, b.best, a.best) && a.trial < b.trial;
  };
  const std::size_t shown = std::min(kShown, last.compared.size());
  std::partial_sort(last.compared.begin(), last.compared.begin() + static_cast<long>(shown),
                    last.compared.end(), first);
  last.compared.resize(shown);
}

}  // namespace

Result<std::optional<LastVerdict>> find_last_verdict(const LoadedSweep& loaded, TrialId trial) {
  if (!loaded.rules->spec.early_termination) return std::optional<LastVerdict>();
  auto judged = find_last_judged(loaded, trial);
  if (judged.has_error()) return judged.error();
  std::optional<LastVerdict> last;
  if (*judged == 0) return last;
  LoadOptions options;
  options.with_policy = true;
  options.observer = [&](std::uint64_t sequence, const Event& event, const Sweep& sweep) {
    if (sequence != *judged) return;
    const auto& reported = std::get<MetricReported>(event.body);
    const auto interval = static_cast<std::uint32_t>(trial_of(sweep, trial).values.size());
    last.emplace();
    last->sequence = sequence;
    last->time = event.time;
    last->report = {trial, interval, reported.value, reported.step};
    last->verdict = sweep.policy->explain(last->report);
    compare(sweep, *last);
  };
  auto replayed = load_sweep(loaded.folder, std::move(options));
  if (replayed.has_error()) return replayed.error();
  return last;
}

}  // namespace sweepjob
