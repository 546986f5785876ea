// Metrics: which values count, as which interval, and the verdict on each (azure-sweep section 9).
#include <algorithm>
#include <cmath>
#include <string>

#include <fmt/format.h>

#include "runner/core/decide_internal.h"

namespace sweepjob::internal {
namespace {

constexpr std::size_t kMaxMetricNames = 1000;

void note_name(const Sweep& sweep, const std::string& name, Timestamp time,
               std::vector<Event>& out) {
  if (sweep.metric_names.size() >= kMaxMetricNames || sweep.metric_names.contains(name)) return;
  emit(out, time, MetricNameSeen{name});
}

// How many of the earlier values stand when a later attempt goes on at `first_step`: those before
// the first one with a step that is not smaller.
std::uint32_t kept_before(const Trial& trial, double first_step) {
  for (std::size_t i = 0; i < trial.values.size(); ++i) {
    if (i >= trial.steps.size() || !(trial.steps[i] < first_step)) {
      return static_cast<std::uint32_t>(i);
    }
  }
  return static_cast<std::uint32_t>(trial.values.size());
}

bool has_steps(const Trial& trial) {
  return trial.steps.size() == trial.values.size() &&
         std::none_of(trial.steps.begin(), trial.steps.end(),
                      [](double step) { return std::isnan(step); });
}

// The first report of an attempt that found a checkpoint: does the curve go on?
void join_curve(const Rules& rules, const Sweep& sweep, const AttemptId& id,
                const MetricPoint& point, Timestamp time, std::vector<Event>& out) {
  const Trial& trial = trial_of(sweep, id.trial);
  const Attempt& attempt = *find_attempt(sweep, id);
  if (id.number == 1 || attempt.reported || trial.values.empty() || trial.left_out) return;
  const bool steps = point.step && std::isfinite(*point.step) && has_steps(trial);
  if (steps) {
    const std::uint32_t kept = kept_before(trial, *point.step);
    if (kept < trial.values.size()) emit(out, time, CurveTruncated{id.trial, kept});
    return;
  }
  if (rules.spec.extensions.on_retry == "continue") return;
  emit(out, time, TrialLeftOut{id.trial});
  warn_once(sweep, time, "resumed_without_steps", id.trial,
            fmt::format("trial {} went on from a checkpoint but its reports carry no step: it is "
                        "neither judged nor compared with (set on_retry: restart or continue)",
                        index_of(id.trial)),
            out);
}

bool counts(const Rules& rules, const Sweep& sweep, const AttemptId& id, const MetricPoint& point,
            Timestamp time, std::vector<Event>& out) {
  const Attempt& attempt = *find_attempt(sweep, id);
  const std::string& wished = rules.spec.extensions.metric_channel;
  if (!wished.empty() && wished != to_string(point.channel)) return false;
  if (!attempt.channel) {
    emit(out, time, ChannelChosen{id, point.channel});
    return true;
  }
  if (*attempt.channel != point.channel) {
    warn_once(sweep, time, "second_channel", std::nullopt,
              fmt::format("trial {} reports '{}' by {} as well as by {}: only {} counts (set "
                          "metrics.channel to choose)",
                          index_of(id.trial), point.name, to_string(point.channel),
                          to_string(*attempt.channel), to_string(*attempt.channel)),
              out);
    return false;
  }
  return point.position >= attempt.position;
}

}  // namespace

void decide_metric(const Rules& rules, const Sweep& sweep, const MetricArrived& arrived,
                   Timestamp time, std::vector<Event>& out) {
  const AttemptId& id = arrived.attempt;
  const MetricPoint& point = arrived.point;
  const Attempt* attempt = find_attempt(sweep, id);
  if (attempt == nullptr) return;
  note_name(sweep, point.name, time, out);
  if (rules.spec.objectives.empty()) return;
  const std::vector<Objective>& objectives = rules.spec.objectives;
  const auto measured =
      std::find_if(objectives.begin(), objectives.end(),
                   [&](const Objective& one) { return one.primary_metric == point.name; });
  const Trial& trial = trial_of(sweep, id.trial);
  if (measured == objectives.end() || id.number != trial.attempts.size() ||
      is_terminal(trial.status) || trial.retry_at || trial.stop) {
    return;
  }
  if (!counts(rules, sweep, id, point, time, out)) return;
  if (measured != objectives.begin()) {
    const auto index = static_cast<std::uint32_t>(measured - objectives.begin());
    emit(out, time, ObjectiveReported{id, index, point.value, point.position});
    return;
  }
  const Objective& objective = *measured;
  join_curve(rules, sweep, id, point, time, out);
  if (std::isinf(point.value) && (point.value > 0) == (objective.goal == Goal::Maximize)) {
    warn_once(
        sweep, time, "infinite_metric", std::nullopt,
        fmt::format("trial {} reported an infinite '{}': it counts as worse than every number",
                    index_of(id.trial), point.name),
        out);
  }
  emit(out, time, MetricReported{id, point.value, point.step, point.position});
}

void judge_report(const Rules& rules, const Sweep& sweep, const MetricReported& reported,
                  Timestamp time, std::vector<Event>& out) {
  if (!sweep.policy || !rules.spec.early_termination) return;
  const Trial& trial = trial_of(sweep, reported.attempt.trial);
  const auto interval = static_cast<std::uint32_t>(trial.values.size());
  if (!is_judged_at(*rules.spec.early_termination, interval)) return;
  // A backlog never cuts an attempt that already has an exit record.
  const Attempt* attempt = find_attempt(sweep, reported.attempt);
  if (attempt->state == AttemptState::Ended || trial.stop || trial.left_out) return;
  if (trial.withheld) return;  // to the policy it has ended
  Verdict verdict =
      sweep.policy->judge(Report{reported.attempt.trial, interval, reported.value, reported.step});
  if (!verdict.stop) return;
  if (in_control_arm(rules, sweep, reported.attempt.trial)) {
    emit(out, time, CutWithheld{reported.attempt.trial, interval, std::move(verdict.reason)});
    return;
  }
  emit(out, time,
       StopRequested{reported.attempt.trial, StopCause::EarlyTermination, interval,
                     std::move(verdict.reason)});
}

// Once a sweep: what one script writes badly, all its trials do.
void decide_reading_warned(const Sweep& sweep, const ReadingWarned& reading, Timestamp time,
                           std::vector<Event>& out) {
  if (find_attempt(sweep, reading.attempt) == nullptr) return;
  warn_once(sweep, time, reading.warning.kind, std::nullopt,
            fmt::format("trial {}: {} (of other trials the log alone tells)",
                        index_of(reading.attempt.trial), reading.warning.text),
            out);
}

}  // namespace sweepjob::internal
