#include "runner/app/views/explanation.h"

#include <algorithm>
#include <ostream>
#include <utility>

#include <fmt/format.h>

#include "runner/app/cli/verb.h"
#include "runner/app/trial_files.h"
#include "runner/app/views/control_arm.h"
#include "runner/app/views/summary.h"
#include "runner/app/views/sweep_document.h"

namespace sweepjob {
namespace {

constexpr std::size_t kLogLines = 10;

std::string no_controller(const Sweep& sweep) {
  return "No controller runs the sweep: `sweepjob resume " + sweep.created.name + "` goes on.";
}

std::string queue_text(const Sweep& sweep, TrialId id) {
  const auto& waiting = sweep.waiting;
  const auto at = std::find_if(waiting.begin(), waiting.end(),
                               [&](const AttemptId& attempt) { return attempt.trial == id; });
  const auto before = at - waiting.begin();
  std::string text =
      fmt::format("It waits for a slot: {} trials are running", sweep.counts.running);
  if (sweep.limits.max_concurrent_trials) {
    text += fmt::format(" (max_concurrent_trials: {})", *sweep.limits.max_concurrent_trials);
  }
  return text + fmt::format(", {} wait before it.", before);
}

std::string pending_why(const Sweep& sweep, TrialId id, const ControllerState& controller) {
  const Trial& trial = trial_of(sweep, id);
  const Attempt* attempt = latest_attempt(trial);
  std::string text;
  if (trial.retry_at) {
    text = fmt::format("Attempt {} was lost ({}); the next one starts at {} at the earliest.",
                       trial.attempts.size(),
                       attempt != nullptr && attempt->end ? attempt->end->message : "no evidence",
                       to_iso8601(*trial.retry_at));
  } else if (attempt != nullptr && attempt->state == AttemptState::Released) {
    text = "It has a slot; its start has not been confirmed yet.";
  } else {
    text = queue_text(sweep, id);
  }
  if (sweep.paused) {
    text += " The sweep is paused: `sweepjob unpause " + sweep.created.name + "` goes on.";
  }
  if (sweep.stopping) text += " The sweep is being stopped: " + sweep.stopping->reason + ".";
  if (!controller.alive) text += " " + no_controller(sweep);
  return text;
}

// Of its reports after an interval, none of which was judged.
std::string not_judged_why(const LoadedSweep& loaded, const Trial& trial, std::uint32_t interval) {
  if (trial.values.size() <= interval) return {};
  const auto count = static_cast<std::uint32_t>(trial.values.size());
  bool scheduled = false;
  for (std::uint32_t k = interval + 1; k <= count && !scheduled; ++k) {
    scheduled = is_judged_at(*loaded.rules->spec.early_termination, k);
  }
  return fmt::format(
      " What it reported after interval {} was not judged: {}.", interval,
      scheduled ? "it was read after the attempt's end" : policy_text(loaded.rules->spec));
}

std::string kept_why(const LoadedSweep& loaded, const Trial& trial,
                     const std::optional<LastVerdict>& last) {
  const auto& termination = loaded.rules->spec.early_termination;
  if (trial.withheld) return {};  // that is told below
  if (!termination) return "No early_termination policy is given: nothing is cut.";
  if (trial.left_out) {
    return "It went on from a checkpoint without steps: it is neither judged nor compared with.";
  }
  if (!last) {
    return fmt::format("It has not been judged: {} ({} reported).", policy_text(loaded.rules->spec),
                       trial.values.size());
  }
  if (!last->verdict.compared) {
    std::string reasons;
    for (const LastVerdict::Spared& spared : last->earlier) reasons += spared.reason + "; ";
    return "None of its reports was compared: " + reasons + last->verdict.reason + "." +
           not_judged_why(loaded, trial, last->report.interval);
  }
  std::string text =
      fmt::format("Last {}: {}.", last->later ? "compared" : "judged", last->verdict.reason);
  if (last->later) text += " Its later reports were not: " + last->later->reason + ".";
  const std::uint32_t until = last->later ? last->later->interval : last->report.interval;
  return text + not_judged_why(loaded, trial, until);
}

bool was_withheld(const Trial& trial) { return trial.withheld.has_value(); }

// The journaled reason; where the policy explains it further (which trials decided), that.
std::string cut_reason(const Trial& trial, const std::optional<LastVerdict>& last) {
  const std::string& journaled = trial.stop->reason;
  const bool goes_on = last && last->verdict.stop && last->verdict.reason.starts_with(journaled);
  return goes_on ? last->verdict.reason : journaled;
}

std::string stopped_why(const Trial& trial, const std::optional<LastVerdict>& last) {
  if (trial.stop && trial.stop->cause == StopCause::EarlyTermination) {
    return "Cut by the policy: " + cut_reason(trial, last) + ".";
  }
  const std::string& words =
      trial.message.empty() && trial.stop ? trial.stop->reason : trial.message;
  std::string text = "Stopped: " + trial.reason;
  if (trial.reason.empty() && trial.stop) text += to_string(trial.stop->cause);
  if (!words.empty()) text += " (" + words + ")";
  return text + ".";
}

std::string state_why(const LoadedSweep& loaded, TrialId id, const std::optional<LastVerdict>& last,
                      const ControllerState& controller) {
  const Sweep& sweep = *loaded.sweep;
  const Trial& trial = trial_of(sweep, id);
  switch (trial.status) {
    case Status::Queued:
    case Status::Preparing:
    case Status::NotStarted: return pending_why(sweep, id, controller);
    case Status::Canceled: return stopped_why(trial, last);
    case Status::CancelRequested:
      return stopped_why(trial, last) + " Its process has not ended yet." +
             (controller.alive ? "" : " " + no_controller(sweep));
    case Status::Failed:
      return "It failed: " + (trial.message.empty() ? trial.reason : trial.message) + ".";
    case Status::Completed: return "It ran to its end. " + kept_why(loaded, trial, last);
    case Status::Finalizing:
      return "Its command has ended; what it wrote is being read to the end. " +
             kept_why(loaded, trial, last);
    default: return "It runs. " + kept_why(loaded, trial, last);
  }
}

std::string why_of(const LoadedSweep& loaded, TrialId id, const std::optional<LastVerdict>& last,
                   const ControllerState& controller) {
  std::string text = state_why(loaded, id, last, controller);
  const std::string withheld = withheld_why(*loaded.sweep, id);
  if (!withheld.empty() && !text.ends_with(' ')) text += ' ';
  return text + withheld;
}

Value later_value(const LastVerdict& last) {
  if (!last.later) return {};
  return Value(Value::Map{{"interval", static_cast<std::int64_t>(last.later->interval)},
                          {"text", last.later->reason}});
}

Value verdict_value(const LastVerdict& last) {
  return Value(Value::Map{{"stop", last.verdict.stop},
                          {"interval", static_cast<std::int64_t>(last.report.interval)},
                          {"value", number_or_text(last.report.value)},
                          {"step", last.report.step ? number_or_text(*last.report.step) : Value()},
                          {"text", last.verdict.reason},
                          {"compared", last.verdict.compared},
                          {"sequence", static_cast<std::int64_t>(last.sequence)},
                          {"time", to_iso8601(last.time)},
                          {"later", later_value(last)}});
}

Value compared_value(const Sweep& sweep, const LastVerdict& last) {
  Value::List trials;
  for (const Compared& compared : most_telling(sweep.goal, last.verdict)) {
    trials.emplace_back(Value::Map{{"trial", static_cast<std::int64_t>(index_of(compared.trial))},
                                   {"value", number_or_text(compared.value)},
                                   {"decides", compared.decides}});
  }
  return Value(std::move(trials));
}

std::string compared_text(const Sweep& sweep, const Verdict& verdict) {
  if (!verdict.compared) return "compared with nothing";
  if (verdict.others.empty()) return "compared with no other trial";
  const std::size_t count = verdict.others.size();
  std::string text = fmt::format("compared with {} other trial{}", count, count == 1 ? "" : "s");
  const std::vector<Compared> shown = most_telling(sweep.goal, verdict);
  for (const Compared& compared : shown) {
    text += fmt::format("{} trial {} {}{}", &compared == shown.data() ? ":" : ",",
                        index_of(compared.trial), metric_text(compared.value),
                        compared.decides ? " (decides)" : "");
  }
  if (shown.size() < count) text += fmt::format(" and {} more", count - shown.size());
  return text;
}

std::vector<TrialId> trials_that(const Sweep& sweep, bool (*wanted)(const Trial&)) {
  std::vector<TrialId> ids;
  for (std::uint32_t i = 0; i < sweep.trials.size(); ++i) {
    if (wanted(sweep.trials[i])) ids.push_back(TrialId{i});
  }
  return ids;
}

bool was_cut(const Trial& trial) {
  return trial.stop && trial.stop->cause == StopCause::EarlyTermination;
}
bool has_failed(const Trial& trial) { return trial.status == Status::Failed; }

}  // namespace

Result<TrialExplanation> explain_trial(const LoadedSweep& loaded, TrialId trial,
                                       const ControllerState& controller) {
  auto last = find_last_verdict(loaded, trial);
  if (last.has_error()) return last.error();
  TrialExplanation explanation;
  explanation.trial = trial;
  explanation.why = why_of(loaded, trial, *last, controller);
  explanation.verdict = *std::move(last);
  const Trial& state = trial_of(*loaded.sweep, trial);
  if (state.status == Status::Failed) {
    const AttemptId attempt{trial, static_cast<std::uint32_t>(state.attempts.size())};
    explanation.log = last_lines(attempt_log_of(loaded.folder, attempt), kLogLines);
  }
  return explanation;
}

Value explanation_document(const Sweep& sweep, const TrialExplanation& explanation) {
  const Trial& trial = trial_of(sweep, explanation.trial);
  const auto& last = explanation.verdict;
  Value::List log;
  for (const std::string& line : explanation.log) log.emplace_back(line);
  return document(
      {{"name", sweep.created.name},
       {"trial", static_cast<std::int64_t>(index_of(explanation.trial))},
       {"status", to_string(trial.status)},
       {"reason", trial.stop && trial.reason.empty() ? to_string(trial.stop->cause) : trial.reason},
       {"why", explanation.why},
       {"parent", trial.proposal.parent
                      ? Value(static_cast<std::int64_t>(index_of(*trial.proposal.parent)))
                      : Value()},
       {"budget", trial.proposal.budget ? Value(trial.proposal.budget->amount) : Value()},
       {"note", trial.proposal.note},
       {"exit_code",
        trial.exit_code ? Value(static_cast<std::int64_t>(*trial.exit_code)) : Value()},
       {"withheld", withheld_document(trial)},
       {"verdict", last ? verdict_value(*last) : Value()},
       {"compared_count", last ? static_cast<std::int64_t>(last->verdict.others.size()) : 0},
       {"compared", last ? compared_value(sweep, *last) : Value(Value::List{})},
       {"log", Value(std::move(log))}});
}

void print_explanation(std::ostream& out, const Sweep& sweep, const TrialExplanation& explanation) {
  const Trial& trial = trial_of(sweep, explanation.trial);
  out << fmt::format("trial {}: {}\n", index_of(explanation.trial), to_string(trial.status));
  out << printable(explanation.why, 16 * 1024) << '\n';
  const Proposal& proposal = trial.proposal;
  if (proposal.budget) out << "budget: " << to_string(*proposal.budget) << '\n';
  if (proposal.parent) {
    out << fmt::format("continues trial {}\n", index_of(*proposal.parent));
  }
  if (!proposal.note.empty()) out << "sampler: " << printable(proposal.note, 1000) << '\n';
  if (const auto& last = explanation.verdict) {
    out << fmt::format("report: interval {}, value {}, accepted at {} (journal {})\n",
                       last->report.interval, metric_text(last->report.value),
                       to_iso8601(last->time), last->sequence);
    out << compared_text(sweep, last->verdict) << '\n';
  }
  if (!explanation.log.empty()) out << "its last lines:\n";
  for (const std::string& line : explanation.log) out << "  " << line << '\n';
}

std::string sweep_why(const Sweep& sweep, const ControllerState& controller) {
  if (sweep.finished) {
    if (!sweep.finished->reason.empty()) return sweep.finished->reason;
    return sweep.exhausted ? "the sampler had nothing more to propose"
                           : fmt::format("all {} trials have ended", sweep.trials.size());
  }
  std::string text;
  if (sweep.stopping) {
    text = "its trials are being ended: " + sweep.stopping->reason;
  } else if (sweep.paused) {
    text = "paused; `sweepjob unpause " + sweep.created.name + "` goes on";
  } else {
    text = fmt::format("{} trials are running, {} wait", sweep.counts.running,
                       sweep.counts.live - std::min(sweep.counts.live, sweep.counts.running));
  }
  return controller.alive ? text : text + ". " + no_controller(sweep);
}

Value sweep_explanation_document(const LoadedSweep& loaded, const ControllerState& controller) {
  const Sweep& sweep = *loaded.sweep;
  Value::List cut, withheld, failed;
  for (const TrialId id : trials_that(sweep, was_cut)) {
    const StopRequested& stop = *trial_of(sweep, id).stop;
    cut.emplace_back(Value::Map{{"trial", static_cast<std::int64_t>(index_of(id))},
                                {"interval", static_cast<std::int64_t>(stop.interval)},
                                {"reason", stop.reason}});
  }
  for (const TrialId id : trials_that(sweep, was_withheld)) {
    const CutWithheld& would_be = *trial_of(sweep, id).withheld;
    withheld.emplace_back(Value::Map{{"trial", static_cast<std::int64_t>(index_of(id))},
                                     {"interval", static_cast<std::int64_t>(would_be.interval)},
                                     {"reason", would_be.reason}});
  }
  for (const TrialId id : trials_that(sweep, has_failed)) {
    const Trial& trial = trial_of(sweep, id);
    failed.emplace_back(Value::Map{{"trial", static_cast<std::int64_t>(index_of(id))},
                                   {"reason", trial.reason},
                                   {"message", trial.message}});
  }
  return document({{"name", sweep.created.name},
                   {"status", to_string(status_of(sweep))},
                   {"why", sweep_why(sweep, controller)},
                   {"sampler", sampler_text(loaded.rules->spec)},
                   {"policy", policy_text(loaded.rules->spec)},
                   {"cut", Value(std::move(cut))},
                   {"withheld", Value(std::move(withheld))},
                   {"failed", Value(std::move(failed))}});
}

void print_sweep_explanation(std::ostream& out, const LoadedSweep& loaded,
                             const ControllerState& controller) {
  const Sweep& sweep = *loaded.sweep;
  out << sweep.created.name << ": " << to_string(status_of(sweep)) << ": "
      << printable(sweep_why(sweep, controller)) << '\n';
  out << "policy: " << policy_text(loaded.rules->spec) << '\n';
  const auto cut = trials_that(sweep, was_cut);
  const auto failed = trials_that(sweep, has_failed);
  const auto withheld = trials_that(sweep, was_withheld);
  out << fmt::format("{} trials were cut, {} failed\n", cut.size(), failed.size());
  for (const TrialId id : cut) {
    out << fmt::format("trial {} cut: {}\n", index_of(id),
                       printable(trial_of(sweep, id).stop->reason, 2000));
  }
  print_control(out, *loaded.rules, sweep);
  for (const TrialId id : withheld) {
    const CutWithheld& would_be = *trial_of(sweep, id).withheld;
    out << fmt::format("trial {} was to be cut at interval {}: {}\n", index_of(id),
                       would_be.interval, printable(would_be.reason, 2000));
  }
  for (const TrialId id : failed) {
    out << fmt::format("trial {} failed: {}\n", index_of(id),
                       printable(trial_of(sweep, id).message, 2000));
  }
}

}  // namespace sweepjob
