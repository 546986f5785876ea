#include "tests/support/sweep_dump.h"

#include <set>
#include <sstream>

#include <fmt/format.h>

#include "model/value.h"

namespace sweepjob {
namespace {

std::string text_of(const std::optional<Timestamp>& time) {
  return time ? to_iso8601(*time) : std::string("-");
}

std::string text_of(const Proposal& proposal) {
  return fmt::format("{} budget={} parent={} note={}", to_json(Value(proposal.params), true),
                     proposal.budget ? fmt::format("{}", proposal.budget->amount) : "-",
                     proposal.parent ? fmt::format("{}", index_of(*proposal.parent)) : "-",
                     proposal.note);
}

std::string text_of(const Attempt& attempt) {
  std::string text = fmt::format(
      "  attempt {} state={} started={} reported={} collected={} channel={} position={} batch={} "
      "requested={} backend={} handle={} start=({} {} {} {})",
      attempt.number, static_cast<int>(attempt.state), attempt.started, attempt.reported,
      attempt.collected, attempt.channel ? to_string(*attempt.channel) : "-", attempt.position,
      attempt.batch, attempt.requested_sequence, attempt.backend, attempt.handle,
      attempt.start.host, attempt.start.handle, attempt.start.had_checkpoint,
      to_iso8601(attempt.start.started));
  if (attempt.end) {
    const AttemptEnd& end = *attempt.end;
    text += fmt::format(" end=({} {} {} {} {} {})", to_string(end.outcome), end.code, end.message,
                        end.sizes.stdout_bytes, end.sizes.metrics_bytes, to_iso8601(end.ended));
  }
  return text + "\n";
}

std::string text_of(TrialId id, const Trial& trial, const TerminationPolicy* policy) {
  std::string text = fmt::format(
      "trial {} {} status={} best={} left_out={} lost={} retry_at={} reason={} message={} "
      "exit_code={} started={} ended={}\n",
      index_of(id), text_of(trial.proposal), to_string(trial.status), trial.best, trial.left_out,
      trial.lost, text_of(trial.retry_at), trial.reason, trial.message,
      trial.exit_code ? fmt::format("{}", *trial.exit_code) : "-", text_of(trial.started),
      text_of(trial.ended));
  if (trial.stop) {
    text += fmt::format("  stop {} {} at {}\n", to_string(trial.stop->cause), trial.stop->reason,
                        trial.stop->interval);
  }
  if (trial.withheld) {
    text += fmt::format("  withheld {} at {}\n", trial.withheld->reason, trial.withheld->interval);
  }
  text += "  values";
  for (const double value : trial.values) text += fmt::format(" {}", value);
  text += "\n  steps";
  for (const double step : trial.steps) text += fmt::format(" {}", step);
  text += "\n";
  for (const Attempt& attempt : trial.attempts) text += text_of(attempt);
  if (policy != nullptr && !trial.values.empty() && !trial.left_out) {
    const Report last{id, static_cast<std::uint32_t>(trial.values.size()), trial.values.back(), {}};
    const Verdict verdict = policy->explain(last);
    text += fmt::format("  verdict stop={} {}\n", verdict.stop, verdict.reason);
  }
  return text;
}

std::string next_proposal(const Sweep& sweep) {
  if (!sweep.sampler) return "none";
  const std::vector<TrialId> ids{TrialId{static_cast<std::uint32_t>(sweep.trials.size())}};
  const Proposals answer = sweep.sampler->propose(ids, Rng(sweep.created.seed));
  if (const auto* proposals = std::get_if<std::vector<Proposal>>(&answer)) {
    return text_of(proposals->front());
  }
  return std::holds_alternative<Exhausted>(answer) ? "exhausted" : "wait";
}

}  // namespace

std::string dump(const Sweep& sweep) {
  const SweepCounts& counts = sweep.counts;
  std::string text = fmt::format(
      "sweep {} {} seed={} created={} controller={}@{} sequence={} room={}\n"
      "limits {} {} {} {}\ncounts {} {} {} {} {} {} {}\n",
      sweep.created.name, sweep.created.uid.hex(), sweep.created.seed, to_iso8601(sweep.created_at),
      sweep.controller.epoch, sweep.controller.host, sweep.sequence, sweep.room_made,
      sweep.limits.max_total_trials,
      sweep.limits.max_concurrent_trials ? fmt::format("{}", *sweep.limits.max_concurrent_trials)
                                         : "-",
      sweep.limits.timeout.count(), sweep.limits.trial_timeout.count(), counts.completed,
      counts.failed, counts.canceled, counts.running, counts.live, counts.uncollected,
      counts.with_metric);
  text += fmt::format(
      "requests {} open={} heard={} waits={} batch={} exhausted={} paused={} stopping={} end={} "
      "{}\n",
      sweep.last_request, sweep.open_request ? sweep.open_request->request : 0, sweep.heard,
      sweep.waits_since ? fmt::format("{}", *sweep.waits_since) : "-", sweep.last_batch,
      sweep.exhausted, sweep.paused, sweep.stopping ? sweep.stopping->reason : "-",
      sweep.finished ? to_string(sweep.finished->status) : "-", text_of(sweep.finished_at));
  text += "waiting";
  for (const AttemptId& id : sweep.waiting)
    text += fmt::format(" {}.{}", index_of(id.trial), id.number);
  text += "\nretries";
  for (const auto& [when, trial] : sweep.retries) {
    text += fmt::format(" {}@{}", index_of(trial), to_iso8601(when));
  }
  text += "\nnames";
  for (const std::string& name :
       std::set<std::string>(sweep.metric_names.begin(), sweep.metric_names.end())) {
    text += " " + name;
  }
  text += "\n";
  std::set<std::string> handled;
  for (const auto& [id, answer] : sweep.handled) {
    handled.insert(fmt::format("handled {} {} {}\n", id, answer.accepted, answer.message));
  }
  for (const std::string& line : handled) text += line;
  for (const Warned& warning : sweep.warnings) {
    text += fmt::format("warning {} {} {}\n", warning.kind,
                        warning.trial ? fmt::format("{}", index_of(*warning.trial)) : "-",
                        warning.text);
  }
  for (std::uint32_t i = 0; i < sweep.trials.size(); ++i) {
    text += text_of(TrialId{i}, sweep.trials[i], sweep.policy.get());
  }
  return text + "next " + next_proposal(sweep) + "\n";
}

std::string first_difference(const std::string& a, const std::string& b) {
  std::istringstream left(a);
  std::istringstream right(b);
  for (;;) {
    std::string x;
    std::string y;
    const bool more_x = static_cast<bool>(std::getline(left, x));
    const bool more_y = static_cast<bool>(std::getline(right, y));
    if (!more_x && !more_y) return {};
    if (x != y || more_x != more_y) return "'" + x + "' against '" + y + "'";
  }
}

}  // namespace sweepjob
