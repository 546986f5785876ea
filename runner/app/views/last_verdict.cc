#include "runner/app/views/last_verdict.h"

#include <algorithm>
#include <utility>

namespace sweepjob {
namespace {

constexpr std::size_t kShown = 5;

// Where two of a trial's reports stand in the journal; 0: there is none.
struct Found {
  std::uint64_t judged = 0;    // the last that was judged
  std::uint64_t compared = 0;  // the last of these that was compared
};

// As the core: what was read after the attempt's end is recorded, not judged.
bool is_judged(const EarlyTermination& termination, const Sweep& sweep,
               const MetricReported& reported) {
  const Trial& trial = trial_of(sweep, reported.attempt.trial);
  if (trial.left_out || trial.stop || trial.withheld) return false;
  if (find_attempt(sweep, reported.attempt)->state == AttemptState::Ended) return false;
  return is_judged_at(termination, static_cast<std::uint32_t>(trial.values.size()));
}

Report report_of(const Sweep& sweep, const MetricReported& reported) {
  const TrialId trial = reported.attempt.trial;
  const auto interval = static_cast<std::uint32_t>(trial_of(sweep, trial).values.size());
  return {trial, interval, reported.value, reported.step};
}

Result<Found> find_reports(const LoadedSweep& loaded, TrialId trial) {
  const EarlyTermination& termination = *loaded.rules->spec.early_termination;
  Found found;
  LoadOptions options;
  options.with_policy = true;
  options.observer = [&](std::uint64_t sequence, const Event& event, const Sweep& sweep) {
    if (const auto* retried = std::get_if<TrialRetried>(&event.body)) {
      if (retried->trial == trial) found = {};
    }
    const auto* reported = std::get_if<MetricReported>(&event.body);
    if (reported == nullptr || reported->attempt.trial != trial) return;
    if (!is_judged(termination, sweep, *reported)) return;
    found.judged = sequence;
    if (sweep.policy->judge(report_of(sweep, *reported)).compared) found.compared = sequence;
  };
  auto replayed = load_sweep(loaded.folder, std::move(options));
  if (replayed.has_error()) return replayed.error();
  return found;
}

}  // namespace

Result<std::optional<LastVerdict>> find_last_verdict(const LoadedSweep& loaded, TrialId trial) {
  if (!loaded.rules->spec.early_termination) return std::optional<LastVerdict>();
  auto found = find_reports(loaded, trial);
  if (found.has_error()) return found.error();
  std::optional<LastVerdict> last;
  if (found->judged == 0) return last;
  LoadOptions options;
  options.with_policy = true;
  options.observer = [&](std::uint64_t sequence, const Event& event, const Sweep& sweep) {
    if (sequence != found->judged && sequence != found->compared) return;
    const auto& reported = std::get<MetricReported>(event.body);
    const Report report = report_of(sweep, reported);
    Verdict verdict = sweep.policy->explain(report);
    if (last) {
      last->later = {report.interval, std::move(verdict.reason)};
    } else {
      last = LastVerdict{sequence, event.time, report, std::move(verdict), {}};
    }
  };
  auto replayed = load_sweep(loaded.folder, std::move(options));
  if (replayed.has_error()) return replayed.error();
  return last;
}

std::vector<Compared> most_telling(Goal goal, const Verdict& verdict) {
  std::vector<Compared> others = verdict.others;
  const auto first = [&](const Compared& a, const Compared& b) {
    if (a.decides != b.decides) return a.decides;
    if (better(goal, a.value, b.value)) return true;
    return !better(goal, b.value, a.value) && a.trial < b.trial;
  };
  const std::size_t shown = std::min(kShown, others.size());
  std::partial_sort(others.begin(), others.begin() + static_cast<std::ptrdiff_t>(shown),
                    others.end(), first);
  others.resize(shown);
  return others;
}

}  // namespace sweepjob
