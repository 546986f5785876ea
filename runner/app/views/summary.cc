#include "runner/app/views/summary.h"

#include <algorithm>
#include <csignal>
#include <cstring>
#include <ostream>

#include <fmt/format.h>

#include "model/value.h"
#include "runner/app/cli/verb.h"
#include "runner/app/trial_files.h"
#include "runner/app/views/control_arm.h"
#include "runner/app/views/front.h"
#include "runner/app/views/sweep_document.h"

namespace sweepjob {

std::string metric_text(double value) {
  return is_worst(value) ? std::string("-") : fmt::format("{:.6g}", value);
}

std::string params_text(const Params& params, std::size_t max_bytes) {
  std::string text;
  for (const auto& [name, value] : leaves_of(params)) {
    text += (text.empty() ? "" : " ") + name + "=" + python_str(value);
  }
  // One line, whatever a value holds: it must not pass for lines of ours.
  std::string line;
  for (const char c : printable(text, max_bytes)) {
    if (c == '\n' || c == '\t') {
      line += c == '\n' ? "\\n" : "\\t";
    } else {
      line += c;
    }
  }
  return line;
}

std::string table_text(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      if (i + 1 < row.size()) line += std::string(widths[i] - row[i].size() + 2, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  }
  return text;
}

namespace {

// "exit_code 3", "signal 9 (SIGKILL)": the exit code of a signal is a shell's, 128 + 9.
std::string failure_text(const Trial& trial) {
  const std::int32_t code = trial.exit_code.value_or(0);
  if (trial.status != Status::Failed || code == 0 || trial.reason == "out_of_memory") {
    return trial.reason;
  }
  if (trial.reason != "signal" || code <= 128) return fmt::format("{} {}", trial.reason, code);
  const char* name = ::sigabbrev_np(code - 128);
  return fmt::format("signal {}{}", code - 128, name ? fmt::format(" (SIG{})", name) : "");
}

}  // namespace

void print_trials(std::ostream& out, const Sweep& sweep, const std::vector<TrialId>& trials) {
  std::vector<std::vector<std::string>> rows{
      {"trial", "status", "best", "last", "intervals", "attempts", "reason", "parameters"}};
  // Where there are budgets or parents, they have columns of their own.
  const bool has_budgets = std::any_of(trials.begin(), trials.end(), [&](TrialId id) {
    const Proposal& proposal = trial_of(sweep, id).proposal;
    return proposal.budget || proposal.parent;
  });
  if (has_budgets) rows[0].insert(rows[0].end() - 1, {"budget", "parent"});
  for (const TrialId id : trials) {
    const Trial& trial = trial_of(sweep, id);
    std::string reason = failure_text(trial);
    if (reason.empty() && trial.stop) reason = to_string(trial.stop->cause);
    if (trial.withheld) {
      reason +=
          fmt::format("{}cut at {} withheld", reason.empty() ? "" : ", ", trial.withheld->interval);
    }
    rows.push_back({std::to_string(index_of(id)), to_string(trial.status), metric_text(trial.best),
                    trial.values.empty() ? "-" : metric_text(trial.values.back()),
                    std::to_string(trial.values.size()), std::to_string(launched_attempts(trial)),
                    reason.empty() ? "-" : reason, params_text(trial.proposal.params)});
    if (!has_budgets) continue;
    const Proposal& proposal = trial.proposal;
    rows.back().insert(rows.back().end() - 1,
                       {proposal.budget ? to_string(*proposal.budget) : "-",
                        proposal.parent ? std::to_string(index_of(*proposal.parent)) : "-"});
  }
  out << table_text(rows);
}

void print_summary(std::ostream& out, const Rules& rules, const Sweep& sweep,
                   const std::string& folder) {
  const SweepCounts& counts = sweep.counts;
  out << fmt::format("{} {}", sweep.created.name, to_string(status_of(sweep)));
  if (sweep.finished && !sweep.finished->reason.empty()) {
    out << " (" << printable(sweep.finished->reason, 1000) << ")";
  }
  out << fmt::format(": {} completed, {} cut or canceled, {} failed", counts.completed,
                     counts.canceled, counts.failed);
  if (counts.live > 0) out << fmt::format(", {} running or queued", counts.live);
  out << '\n';
  if (const auto best = best_trial(sweep)) {
    const Trial& trial = trial_of(sweep, *best);
    out << fmt::format("best: trial {} with {} = {}\n      {}\n", index_of(*best),
                       printable(primary_metric_of(rules.spec), 256), metric_text(trial.best),
                       params_text(trial.proposal.params));
    const auto attempts = static_cast<std::uint32_t>(trial.attempts.size());
    if (!folder.empty()) out << "      " << attempt_outputs_of(folder, {*best, attempts}) << '\n';
  } else if (!rules.spec.objectives.empty()) {
    out << (counts.with_metric > 0 ? "best: none; only failed trials logged the primary metric '"
                                   : "best: none; no trial logged the primary metric '")
        << printable(primary_metric_of(rules.spec), 256) << "'\n";
  }
  print_front(out, rules, sweep);
  print_control(out, rules, sweep);
  if (const std::uint32_t repeated = count_duplicates(sweep); repeated > 0) {
    out << fmt::format("{} trials repeat the parameters of an earlier one\n", repeated);
  }
  if (!folder.empty()) out << "folder: " << folder << '\n';
}

}  // namespace sweepjob
