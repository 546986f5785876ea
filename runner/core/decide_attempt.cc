// Attempts: started, ended, lost; and what the end of one means for its trial.
#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "runner/core/decide_internal.h"

namespace sweepjob::internal {
namespace {

constexpr std::chrono::minutes kMaxBackoff{10};

Duration backoff(const Extensions& extensions, std::uint32_t lost_before) {
  Duration wait = extensions.retry_backoff;
  for (std::uint32_t i = 0; i < lost_before && wait < kMaxBackoff; ++i) wait *= 2;
  return std::min<Duration>(wait, kMaxBackoff);
}

// The curve of an earlier attempt ends here when the new one starts without a checkpoint
// (azure-sweep section 9); with one, its first report decides.
void restart_curve(const Rules& rules, const Sweep& sweep, const AttemptId& attempt,
                   const AttemptStart& start, Timestamp time, std::vector<Event>& out) {
  const Trial& trial = trial_of(sweep, attempt.trial);
  const std::string& wish = rules.spec.extensions.on_retry;
  if (attempt.number == 1 || trial.left_out) return;
  if (trial.values.empty()) {
    // It goes on somewhere, but its earlier values are not known (a retry by hand, or an attempt
    // that was lost before its first report): its next value is not its first interval.
    if (!start.had_checkpoint || !wish.empty()) return;
    emit(out, time, TrialLeftOut{attempt.trial});
    warn_once(sweep, time, "resumed_without_values", attempt.trial,
              fmt::format("trial {} goes on from a checkpoint whose values are not known: it is "
                          "neither judged nor compared with (set on_retry: restart or continue)",
                          index_of(attempt.trial)),
              out);
    return;
  }
  if (wish == "restart" || (wish.empty() && !start.had_checkpoint)) {
    emit(out, time, CurveTruncated{attempt.trial, 0});
  }
}

// An attempt that ended by a TERM which was not ours was taken from outside, like a lost one.
bool was_taken(const AttemptEnd& end) {
  return end.outcome == Outcome::Lost || end.outcome == Outcome::Canceled;
}

struct Conclusion {
  Status status = Status::Completed;
  std::string reason;
  std::string message;
  std::optional<std::int32_t> exit_code;
};

Conclusion conclude(const Trial& trial, const AttemptEnd& end) {
  if (trial.stop) {
    Conclusion result{Status::Canceled, to_string(trial.stop->cause), trial.stop->reason, {}};
    if (end.outcome == Outcome::Exited) result.exit_code = end.code;
    return result;
  }
  switch (end.outcome) {
    case Outcome::Exited:
      if (end.code == 0) return {Status::Completed, "", "", 0};
      return {Status::Failed, "exit_code", fmt::format("exit code {}", end.code), end.code};
    case Outcome::Signalled:
      return {Status::Failed, "signal",
              end.message.empty() ? fmt::format("killed by signal {}", end.code) : end.message,
              128 + end.code};
    case Outcome::OutOfMemory:
      return {Status::Failed, "out_of_memory",
              end.message.empty() ? "killed for lack of memory" : end.message, 137};
    case Outcome::MissingProgram:
      return {Status::Failed, "missing_program",
              end.message.empty() ? "the command was not found" : end.message, end.code};
    case Outcome::TimedOut: return {Status::Canceled, "trial_timeout", end.message, {}};
    case Outcome::Rejected: return {Status::Failed, "rejected", end.message, {}};
    case Outcome::Canceled:
    case Outcome::Lost: break;
  }
  return {Status::Failed, "lost", end.message, {}};
}

// The metric was seen, and no value of this trial counts.
std::string where_it_was_seen(const Rules& rules, const Sweep& sweep, const std::string& wanted) {
  const std::string& wished = rules.spec.extensions.metric_channel;
  const bool elsewhere = std::any_of(sweep.trials.begin(), sweep.trials.end(),
                                     [](const Trial& other) { return !other.values.empty(); });
  if (elsewhere || wished.empty()) return "other trials have reported it";
  const char* other = wished == to_string(Channel::File)     ? "stdout"
                      : wished == to_string(Channel::Stdout) ? "the metrics file"
                                                             : "another channel";
  return fmt::format(
      "metrics.channel is fixed to {0}, and '{1}' was seen on {2}: what {2} says does "
      "not count unless metrics.channel allows it",
      wished, wanted, other);
}

// The names that were logged and the nearest one, at the first finished trial without the metric.
void warn_without_metric(const Rules& rules, const Sweep& sweep, TrialId trial, Timestamp time,
                         std::vector<Event>& out) {
  if (sweep.counts.with_metric > 0 || rules.spec.objectives.empty()) return;
  if (sweep.warned.contains("no_primary_metric")) return;
  const std::string& wanted = rules.spec.objectives.front().primary_metric;
  std::vector<std::string> names(sweep.metric_names.begin(), sweep.metric_names.end());
  std::sort(names.begin(), names.end());
  std::string text =
      fmt::format("trial {} ended without the primary metric '{}'; ", index_of(trial), wanted);
  if (sweep.metric_names.contains(wanted)) {
    text += where_it_was_seen(rules, sweep, wanted);
  } else if (names.empty()) {
    text += "no metric was seen at all: the script has to print lines such as '" + wanted +
            "=0.5', or write JSON lines to the file named by SWEEPJOB_METRICS_FILE";
  } else {
    constexpr std::size_t kShown = 20;
    text += "seen were:";
    for (std::size_t i = 0; i < std::min(names.size(), kShown); ++i) text += " '" + names[i] + "'";
    if (names.size() > kShown) text += fmt::format(" and {} more", names.size() - kShown);
    const std::string nearest = nearest_word(wanted, names);
    if (!nearest.empty()) text += "; did you mean '" + nearest + "'?";
  }
  warn_once(sweep, time, "no_primary_metric", std::nullopt, std::move(text), out);
}

// max_failed_trials, by default "the first 3 all failed with no metric" (azure-sweep section 14).
void check_failures(const Rules& rules, const Sweep& sweep, const Trial& failing, Timestamp time,
                    std::vector<Event>& out) {
  if (sweep.stopping) return;
  const std::uint32_t failed = sweep.counts.failed + 1;
  if (const auto limit = rules.spec.extensions.max_failed_trials) {
    if (*limit > 0 && failed >= *limit) {
      emit(out, time,
           SweepStopping{StopCause::SweepFailed,
                         fmt::format("{} trials failed (max_failed_trials: {})", failed, *limit)});
    }
    return;
  }
  constexpr std::uint32_t kFirst = 3;
  const std::uint32_t ended = sweep.counts.completed + sweep.counts.canceled + failed;
  if (ended == kFirst && failed == kFirst && sweep.counts.with_metric == 0 &&
      failing.values.empty()) {
    emit(out, time,
         SweepStopping{StopCause::SweepFailed,
                       "the first 3 trials all failed and none logged the primary metric"});
  }
}

}  // namespace

void stop_trial(const Sweep& sweep, TrialId id, StopCause cause, const std::string& reason,
                Timestamp time, std::vector<Event>& out) {
  const Trial& trial = trial_of(sweep, id);
  if (is_terminal(trial.status) || trial.stop) return;
  if (may_be_alive(trial)) {
    emit(out, time, StopRequested{id, cause, 0, reason});
  } else if (is_draining(trial)) {
    // Its process is gone. An exit record that is journaled first decides; a lost attempt has none,
    // and is not to be followed by another.
    if (was_taken(*latest_attempt(trial)->end)) {
      emit(out, time, StopRequested{id, cause, 0, reason});
    }
  } else {
    emit(out, time, TrialFinished{id, Status::Canceled, to_string(cause), reason, {}});
  }
}

void decide_submit_answered(const Sweep& sweep, const SubmitAnswered& answer, Timestamp time,
                            std::vector<Event>& out) {
  const Attempt* attempt = find_attempt(sweep, answer.attempt);
  if (attempt == nullptr || attempt->state == AttemptState::Ended) return;
  if (answer.result.accepted) {
    if (!answer.result.handle.empty() && attempt->handle != answer.result.handle) {
      emit(out, time, AttemptSubmitted{answer.attempt, answer.result.handle});
    }
    return;
  }
  if (answer.result.retry) return;  // the controller launches it again after a while
  AttemptEnd end;
  end.outcome = Outcome::Rejected;
  end.message = answer.result.message;
  end.ended = time;
  emit(out, time, AttemptEnded{answer.attempt, std::move(end)});
}

void decide_attempt_changed(const Rules& rules, const Sweep& sweep, const AttemptChanged& change,
                            Timestamp time, std::vector<Event>& out) {
  const Attempt* attempt = find_attempt(sweep, change.attempt);
  if (attempt == nullptr || attempt->state == AttemptState::Ended) return;
  const AttemptStatus& status = change.status;
  const bool stopped = trial_of(sweep, change.attempt.trial).stop.has_value();
  if (status.phase == AttemptPhase::Absent && (stopped || attempt->started)) {
    AttemptEnd end;
    end.outcome = attempt->started ? Outcome::Lost : Outcome::Canceled;
    end.message = attempt->started ? "it had started, and nothing of it is left"
                                   : "stopped before it started";
    end.ended = time;
    emit(out, time, AttemptEnded{change.attempt, std::move(end)});
    return;
  }
  if (status.phase == AttemptPhase::Submitted && attempt->state == AttemptState::Requested) {
    // As below, but it has not started yet: it holds a slot, and only the backend can end it.
    emit(out, time, AttemptReleased{change.attempt});
    return;
  }
  const bool runs = status.phase == AttemptPhase::Running;
  const bool ended = status.phase == AttemptPhase::Ended && status.end;
  if (!runs && !ended) return;
  // A crash lost the (undurable) release, but the launch had gone out.
  if (attempt->state == AttemptState::Requested) emit(out, time, AttemptReleased{change.attempt});
  if (!attempt->started && status.start) {
    emit(out, time, AttemptStarted{change.attempt, *status.start});
    restart_curve(rules, sweep, change.attempt, *status.start, time, out);
  }
  if (ended) emit(out, time, AttemptEnded{change.attempt, *status.end});
}

void settle(const Rules& rules, const Sweep& sweep, const AttemptId& id, Timestamp time,
            std::vector<Event>& out) {
  const Attempt* attempt = find_attempt(sweep, id);
  if (attempt == nullptr || attempt->state != AttemptState::Ended) return;
  const Trial& trial = trial_of(sweep, id.trial);
  if (is_terminal(trial.status) || trial.retry_at || id.number != trial.attempts.size()) return;
  const AttemptEnd& end = *attempt->end;
  const bool lost = was_taken(end);
  if (lost && !trial.stop) {
    if (sweep.stopping) {
      emit(out, time,
           TrialFinished{id.trial,
                         Status::Canceled,
                         to_string(sweep.stopping->cause),
                         sweep.stopping->reason,
                         {}});
      return;
    }
    if (was_superseded(end) || trial.lost < rules.spec.extensions.retries) {
      emit(out, time, RetryScheduled{id.trial, time + backoff(rules.spec.extensions, trial.lost)});
      return;
    }
  }
  Conclusion result = conclude(trial, end);
  if (lost && !trial.stop) {
    result.message = fmt::format("{} attempts were lost (retries: {}); the last one: {}",
                                 trial.lost + 1, rules.spec.extensions.retries, end.message);
  }
  const bool failed = result.status == Status::Failed;
  if (trial.values.empty() && result.status != Status::Canceled) {
    warn_without_metric(rules, sweep, id.trial, time, out);
  }
  emit(out, time,
       TrialFinished{id.trial, result.status, std::move(result.reason), std::move(result.message),
                     result.exit_code});
  if (failed) check_failures(rules, sweep, trial, time, out);
}

}  // namespace sweepjob::internal
