#include "runner/app/views/last_verdict.h"

#include <algorithm>
#include <string>
#include <utility>

#include <fmt/format.h>

namespace sweepjob {
namespace {

constexpr std::size_t kShown = 5;
constexpr std::size_t kReasons = 4;

// Where three of a trial's reports stand in the journal; 0: there is none.
struct Found {
  std::uint64_t first = 0;     // the first that was judged
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

// "asha: the trial has no rung: kept": the same for all intervals.
std::string without_interval(const LastVerdict::Spared& spared) {
  const std::string words = fmt::format("at interval {} ", spared.interval);
  std::string reason = spared.reason;
  for (std::size_t at = 0; (at = reason.find(words)) != std::string::npos;) {
    reason.erase(at, words.size());
  }
  return reason;
}

// One report for each reason, the last one; of the latest few reasons.
void keep(std::vector<LastVerdict::Spared>& all, LastVerdict::Spared spared) {
  std::erase_if(all, [reason = without_interval(spared)](const LastVerdict::Spared& known) {
    return without_interval(known) == reason;
  });
  if (all.size() >= kReasons) all.erase(all.begin());
  all.push_back(std::move(spared));
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
    if (found.first == 0) found.first = sequence;
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
  std::vector<LastVerdict::Spared> spared;
  LoadOptions options;
  options.with_policy = true;
  options.observer = [&](std::uint64_t sequence, const Event& event, const Sweep& sweep) {
    const auto* given = std::get_if<MetricReported>(&event.body);
    const bool is_own = given != nullptr && given->attempt.trial == trial;
    if (!is_own || sequence < found->first || sequence > found->judged) return;
    const Report report = report_of(sweep, *given);
    if (sequence != found->judged && sequence != found->compared) {
      // Nothing compared is quickly explained.
      if (found->compared == 0 && is_judged(*loaded.rules->spec.early_termination, sweep, *given)) {
        keep(spared, {report.interval, sweep.policy->explain(report).reason});
      }
      return;
    }
    Verdict verdict = sweep.policy->explain(report);
    if (last) {
      last->later = {report.interval, std::move(verdict.reason)};
    } else {
      keep(spared, {report.interval, verdict.reason});
      spared.pop_back();
      last = LastVerdict{sequence, event.time, report, std::move(verdict), {}, std::move(spared)};
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
