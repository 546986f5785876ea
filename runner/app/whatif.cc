#include "runner/app/whatif.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <variant>

#include "runner/app/wrong_cut.h"
#include "runner/core/rules.h"

namespace sweepjob {
namespace {

constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

// Hours that the trial's attempts ran from one time to another.
double hours_between(const RecordedTrial& trial, Timestamp from, Timestamp to) {
  Duration total{0};
  for (const auto& [start, end] : trial.spans) {
    total += std::max(Duration{0}, std::min(end, to) - std::max(start, from));
  }
  return std::chrono::duration<double, std::ratio<3600>>(total).count();
}

// One pass over the recording.
class Fold {
 public:
  Fold(const RecordedCurves& curves, const EarlyTermination& termination, TerminationPolicy& policy,
       WhatIf& result)
      : curves_(curves),
        termination_(termination),
        policy_(policy),
        result_(result),
        cut_(curves.trials.size(), kNone) {}

  // By trial: its place in result.cuts, or kNone.
  std::vector<std::size_t> run() {
    std::size_t next = 0;
    for (std::size_t i = 0; i < curves_.reports.size(); ++i) {
      for (; next < curves_.events.size() && curves_.events[next].before <= i; ++next) {
        hear(curves_.events[next]);
      }
      report(i);
    }
    for (; next < curves_.events.size(); ++next) hear(curves_.events[next]);
    for (const std::size_t at : cut_) {
      if (at != kNone) close(result_.cuts[at], Timestamp::max());
    }
    return std::move(cut_);
  }

 private:
  void hear(const RecordedEvent& recorded) {
    std::size_t& at = cut_[index_of(trial_of(recorded.event))];
    if (at != kNone && std::holds_alternative<TrialReopened>(recorded.event)) {
      result_.cuts[at].undone = true;
      close(result_.cuts[at], recorded.time);
      at = kNone;
    }
    // A trial that was cut at the same report at the time ends as it ended then.
    if (at == kNone || result_.cuts[at].as_recorded) policy_.observe(recorded.event);
  }

  void report(std::size_t i) {
    const RecordedReport& recorded = curves_.reports[i];
    std::size_t& at = cut_[index_of(recorded.trial)];
    if (at != kNone) {
      ++result_.cuts[at].reports_saved;
      return;
    }
    if (recorded.left_out == 1) return;
    Report report{recorded.trial, recorded.interval, recorded.value, {}};
    if (i < curves_.steps.size() && !std::isnan(curves_.steps[i])) report.step = curves_.steps[i];
    policy_.observe(TrialReported{report});
    if (recorded.judged == 0 || !is_judged_at(termination_, recorded.interval)) return;
    Verdict verdict = policy_.judge(report);
    if (!verdict.stop) return;
    at = result_.cuts.size();
    WouldBeCut& cut = result_.cuts.emplace_back();
    cut.trial = recorded.trial;
    cut.interval = recorded.interval;
    cut.time = recorded.time;
    cut.reason = std::move(verdict.reason);
    cut.best_then = recorded.best;
    cut.as_recorded = recorded.cut == 1;
    if (cut.as_recorded) return;
    TrialEnded ended{recorded.trial, Status::Canceled, {}, recorded.value};
    if (!is_worst(recorded.best)) ended.best = recorded.best;
    policy_.observe(ended);
  }

  void close(WouldBeCut& cut, Timestamp until) {
    // What it took to end a trial that was cut here at the time is not saved.
    cut.hours_saved =
        cut.as_recorded ? 0 : hours_between(curves_.trials[index_of(cut.trial)], cut.time, until);
    result_.reports_saved += cut.reports_saved;
    result_.hours_saved += cut.hours_saved;
  }

  const RecordedCurves& curves_;
  const EarlyTermination& termination_;
  TerminationPolicy& policy_;
  WhatIf& result_;
  std::vector<std::size_t> cut_;
};

bool counts_for_best(const RecordedTrial& trial) {
  return trial.end != CurveEnd::Failed && !is_worst(trial.best);
}

void find_winners(const RecordedCurves& curves, const std::vector<std::size_t>& cut,
                  WhatIf& result) {
  const Goal goal = curves.objective.goal;
  for (std::uint32_t i = 0; i < curves.trials.size(); ++i) {
    const RecordedTrial& trial = curves.trials[i];
    if (trial.end == CurveEnd::Failed) continue;
    if (better(goal, trial.best, result.best_without)) {
      result.winner = TrialId{i};
      result.best_without = trial.best;
    }
    const double with = cut[i] == kNone ? trial.best : result.cuts[cut[i]].best_then;
    if (better(goal, with, result.best_with)) {
      result.winner_with = TrialId{i};
      result.best_with = with;
    }
  }
  result.winner_cut = result.winner && cut[index_of(*result.winner)] != kNone;
  if (is_worst(result.best_with)) return;
  result.regret = goal == Goal::Minimize ? result.best_with - result.best_without
                                         : result.best_without - result.best_with;
}

void count_wrong(const RecordedCurves& curves, const std::vector<std::size_t>& cut,
                 std::uint32_t top_k, WhatIf& result) {
  const Goal goal = curves.objective.goal;
  WrongCuts wrong(goal);
  std::vector<double> kept;
  for (std::size_t i = 0; i < curves.trials.size(); ++i) {
    const RecordedTrial& trial = curves.trials[i];
    if (cut[i] != kNone) continue;
    wrong.keep(trial.best, trial.end == CurveEnd::Failed);
    if (counts_for_best(trial)) kept.push_back(trial.best);
  }
  const std::size_t shown = std::min<std::size_t>(std::max(1U, top_k), kept.size());
  std::partial_sort(kept.begin(), kept.begin() + static_cast<std::ptrdiff_t>(shown), kept.end(),
                    [&](double a, double b) { return better(goal, a, b); });
  const double last_of_top = kept.size() < top_k ? kWorst : kept[shown - 1];
  for (std::size_t i = 0; i < curves.trials.size(); ++i) {
    const RecordedTrial& trial = curves.trials[i];
    if (cut[i] == kNone || (trial.end != CurveEnd::Whole && trial.end != CurveEnd::Failed))
      continue;
    ++result.cut_known;
    if (wrong.is_wrong(trial.best, trial.end == CurveEnd::Failed)) ++result.wrong;
    if (!counts_for_best(trial)) continue;
    if (better(goal, trial.best, last_of_top)) ++result.wrong_top;
  }
}

void count_trials(const RecordedCurves& curves, const std::vector<std::size_t>& cut,
                  WhatIf& result) {
  for (std::size_t i = 0; i < curves.trials.size(); ++i) {
    const RecordedTrial& trial = curves.trials[i];
    result.hours += hours_between(trial, Timestamp::min(), Timestamp::max());
    if (trial.reports == 0) continue;
    ++result.trials;
    result.cut += cut[i] != kNone;
    result.censored_cut += trial.end == CurveEnd::Cut;
    result.censored_kept += trial.end == CurveEnd::Cut && cut[i] == kNone;
    result.censored_stopped += trial.end == CurveEnd::Stopped;
    result.censored_running += trial.end == CurveEnd::Running;
  }
  for (const WouldBeCut& one : result.cuts) result.as_recorded += one.as_recorded;
}

}  // namespace

WhatIf re_decide(const RecordedCurves& curves, const EarlyTermination& termination,
                 TerminationPolicy& policy, std::uint32_t top_k) {
  WhatIf result;
  result.reports = curves.reports.size();
  const std::vector<std::size_t> cut = Fold(curves, termination, policy, result).run();
  count_trials(curves, cut, result);
  find_winners(curves, cut, result);
  count_wrong(curves, cut, top_k, result);
  return result;
}

std::vector<std::uint32_t> ranks_of(const RecordedCurves& curves) {
  const Goal goal = curves.objective.goal;
  std::vector<std::uint32_t> order;
  for (std::uint32_t i = 0; i < curves.trials.size(); ++i) {
    if (counts_for_best(curves.trials[i])) order.push_back(i);
  }
  const auto best = [&](std::uint32_t i) { return curves.trials[i].best; };
  std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return better(goal, best(a), best(b));
  });
  std::vector<std::uint32_t> ranks(curves.trials.size());
  for (std::uint32_t place = 0; place < order.size(); ++place) {
    const bool equal = place > 0 && best(order[place]) == best(order[place - 1]);
    ranks[order[place]] = equal ? ranks[order[place - 1]] : place + 1;
  }
  return ranks;
}

}  // namespace sweepjob
