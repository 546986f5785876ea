#include "runner/app/views/sweep_document.h"

#include <cmath>
#include <string>
#include <unordered_set>
#include <utility>

#include "runner/app/cli/verb.h"
#include "runner/app/views/control_arm.h"
#include "runner/app/views/front.h"

namespace sweepjob {
namespace {

Value time_or_null(const std::optional<Timestamp>& time) {
  return time ? Value(to_iso8601(*time)) : Value();
}

std::string sweep_reason(const Sweep& sweep) {
  if (sweep.finished) return sweep.finished->reason;
  if (sweep.stopping) return sweep.stopping->reason;
  return {};
}

Value counts_document(const Sweep& sweep) {
  const SweepCounts& counts = sweep.counts;
  const std::uint32_t queued = counts.live > counts.running ? counts.live - counts.running : 0;
  return Value(Value::Map{{"completed", static_cast<std::int64_t>(counts.completed)},
                          {"failed", static_cast<std::int64_t>(counts.failed)},
                          {"canceled", static_cast<std::int64_t>(counts.canceled)},
                          {"running", static_cast<std::int64_t>(counts.running)},
                          {"queued", static_cast<std::int64_t>(queued)}});
}

Value::Map head(const Rules& rules, const Sweep& sweep) {
  Value::Map members{{"name", sweep.created.name},
                     {"uid", sweep.created.uid.hex()},
                     {"status", to_string(status_of(sweep))},
                     {"reason", sweep_reason(sweep)}};
  if (!rules.spec.objectives.empty()) {
    const Objective& objective = rules.spec.objectives.front();
    members.emplace_back("objective", Value(Value::Map{{"primary_metric", objective.primary_metric},
                                                       {"goal", to_string(objective.goal)}}));
  }
  members.emplace_back("best", best_document(sweep));
  if (rules.spec.objectives.size() > 1) {
    members.emplace_back("front", front_document(rules, sweep));
  }
  members.emplace_back("counts", counts_document(sweep));
  members.emplace_back("max_total_trials",
                       static_cast<std::int64_t>(sweep.limits.max_total_trials));
  members.emplace_back("backend", sweep.created.backend);
  members.emplace_back("created", to_iso8601(sweep.created_at));
  members.emplace_back("ended", time_or_null(sweep.finished_at));
  Value::List warnings;
  for (const Warned& warned : sweep.warnings) warnings.emplace_back(warned.text);
  members.emplace_back("warnings", Value(std::move(warnings)));
  return members;
}

}  // namespace

Value document(Value::Map members) {
  members.emplace(members.begin(), "schema_version", Value(kSchemaVersion));
  return Value(std::move(members));
}

Value number_or_text(double value) {
  if (std::isfinite(value)) return Value(value);
  if (std::isnan(value)) return Value("NaN");
  return Value(value > 0 ? "Infinity" : "-Infinity");
}

std::uint32_t count_duplicates(const Sweep& sweep) {
  std::unordered_set<std::string> seen;
  std::uint32_t repeated = 0;
  for (const Trial& trial : sweep.trials) {
    // A clone or promotion takes its parent's parameters on purpose.
    if (trial.proposal.parent) continue;
    if (!seen.insert(params_hash(trial.proposal.params)).second) ++repeated;
  }
  return repeated;
}

Value best_document(const Sweep& sweep) {
  const auto best = best_trial(sweep);
  if (!best) return Value();
  const Trial& trial = trial_of(sweep, *best);
  return Value(Value::Map{{"trial", static_cast<std::int64_t>(index_of(*best))},
                          {"value", trial.best},
                          {"params", Value(trial.proposal.params)}});
}

Value trial_document(const Sweep& sweep, TrialId id) {
  const Trial& trial = trial_of(sweep, id);
  return Value(Value::Map{
      {"trial", static_cast<std::int64_t>(index_of(id))},
      {"parent", trial.proposal.parent
                     ? Value(static_cast<std::int64_t>(index_of(*trial.proposal.parent)))
                     : Value()},
      {"budget", trial.proposal.budget ? Value(trial.proposal.budget->amount) : Value()},
      {"note", trial.proposal.note},
      {"status", to_string(trial.status)},
      {"reason", trial.stop && trial.reason.empty() ? to_string(trial.stop->cause) : trial.reason},
      {"message", trial.stop && trial.message.empty() ? trial.stop->reason : trial.message},
      {"params", Value(trial.proposal.params)},
      {"best_value", is_worst(trial.best) ? Value() : Value(trial.best)},
      {"last_value", trial.values.empty() ? Value() : number_or_text(trial.values.back())},
      {"intervals", static_cast<std::int64_t>(trial.values.size())},
      {"attempts", static_cast<std::int64_t>(launched_attempts(trial))},
      {"exit_code", trial.exit_code ? Value(static_cast<std::int64_t>(*trial.exit_code)) : Value()},
      {"withheld", withheld_document(trial)},
      {"started", time_or_null(trial.started)},
      {"ended", time_or_null(trial.ended)}});
}

Value status_document(const Rules& rules, const Sweep& sweep) {
  return document(head(rules, sweep));
}

Value show_document(const Rules& rules, const Sweep& sweep) {
  Value::Map members = head(rules, sweep);
  members.emplace_back("duplicates", static_cast<std::int64_t>(count_duplicates(sweep)));
  members.emplace_back("control", control_document(rules, sweep));
  Value::List trials;
  trials.reserve(sweep.trials.size());
  for (std::uint32_t i = 0; i < sweep.trials.size(); ++i) {
    trials.push_back(trial_document(sweep, TrialId{i}));
  }
  members.emplace_back("trials", Value(std::move(trials)));
  return document(std::move(members));
}

int exit_code_of(const Rules& rules, const Sweep& sweep) {
  if (!sweep.finished) return kExitCompleted;
  switch (sweep.finished->status) {
    case Status::Completed:
      if (rules.spec.objectives.empty()) {
        return sweep.counts.canceled > 0 ? kExitCanceled : kExitCompleted;
      }
      return sweep.counts.with_metric > 0 ? kExitCompleted : kExitNoMetric;
    case Status::Canceled: return kExitCanceled;
    default: return kExitFailed;
  }
}

}  // namespace sweepjob
