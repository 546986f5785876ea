#include "runner/app/views/control_arm.h"

#include <algorithm>
#include <functional>
#include <map>
#include <ostream>
#include <utility>

#include <fmt/format.h>

#include "runner/app/views/summary.h"
#include "runner/app/views/sweep_document.h"
#include "runner/app/wrong_cut.h"

namespace sweepjob {
namespace {

double best_until(Goal goal, const Trial& trial, std::uint32_t interval) {
  double best = kWorst;
  const std::size_t count = std::min<std::size_t>(interval, trial.values.size());
  for (std::size_t i = 0; i < count; ++i) best = best_of(goal, best, trial.values[i]);
  return best;
}

bool is_measured(const Trial& trial) {
  if (!is_terminal(trial.status) || trial.stop || trial.left_out) return false;
  return trial.status != Status::Canceled || trial.reason == "trial_timeout";
}

// Keys of what the trials carried out, the best first; only numbers.
std::vector<double> carried_out(const Sweep& sweep) {
  std::vector<double> keys;
  for (const Trial& trial : sweep.trials) {
    if (!trial.withheld && trial.status == Status::Failed) continue;
    const double best =
        trial.withheld ? best_until(sweep.goal, trial, trial.withheld->interval) : trial.best;
    if (!is_worst(best)) keys.push_back(rank_key(sweep.goal, best));
  }
  std::sort(keys.begin(), keys.end(), std::greater<>());
  return keys;
}

bool is_cut(const Trial& trial) {
  return trial.withheld || (trial.stop && trial.stop->cause == StopCause::EarlyTermination);
}

WrongCuts wrong_cuts(const Sweep& sweep) {
  WrongCuts wrong(sweep.goal);
  for (const Trial& trial : sweep.trials) {
    if (!is_cut(trial)) wrong.keep(trial.best, trial.status == Status::Failed);
  }
  return wrong;
}

ControlTrial judged(const Sweep& sweep, TrialId id, const std::vector<double>& carried,
                    const WrongCuts& wrong) {
  const Trial& trial = trial_of(sweep, id);
  const std::uint32_t interval = trial.withheld->interval;
  ControlTrial control;
  control.trial = id;
  control.best_at_cut = best_until(sweep.goal, trial, interval);
  control.best = trial.best;
  const std::size_t length = trial.values.size();
  control.remaining = length > interval ? static_cast<std::uint32_t>(length - interval) : 0;
  control.measured = is_measured(trial);
  if (!control.measured || trial.status == Status::Failed || is_worst(trial.best)) return control;
  control.wrong = wrong.is_wrong(trial.best, trial.status == Status::Failed);
  const double key = rank_key(sweep.goal, trial.best);
  const auto behind = std::lower_bound(carried.begin(), carried.end(), key, std::greater<>());
  const auto better_ones = static_cast<std::size_t>(behind - carried.begin());
  const std::size_t count = carried.size() + (is_worst(control.best_at_cut) ? 1 : 0);
  control.top_tenth = better_ones < (count + 9) / 10;
  return control;
}

// Trials of one budget: what the cut ones used, and what the measured control trials came to.
struct BudgetGroup {
  std::vector<std::size_t> cut;  // lengths
  std::size_t longest = 0;
  std::size_t shortest_measured = 0;
  std::size_t longest_measured = 0;
  std::uint64_t remaining = 0;  // of all measured ones
  std::uint32_t measured = 0;

  void measure(std::size_t length, std::uint32_t left) {
    shortest_measured = measured == 0 ? length : std::min(shortest_measured, length);
    longest_measured = std::max(longest_measured, length);
    remaining += left;
    ++measured;
  }
  [[nodiscard]] bool equally_long() const {
    return shortest_measured == longest_measured &&
           std::all_of(cut.begin(), cut.end(),
                       [&](std::size_t k) { return k <= longest_measured; });
  }
  // How much each of the cut trials had left: control_arm.h. Only when some were measured.
  [[nodiscard]] double saved() const {
    if (!equally_long()) {
      return static_cast<double>(cut.size()) * static_cast<double>(remaining) / measured;
    }
    double sum = 0;
    for (const std::size_t k : cut) sum += static_cast<double>(longest_measured - k);
    return sum;
  }
};

std::map<std::optional<double>, BudgetGroup> groups_of(const Sweep& sweep,
                                                       const ControlReport& report) {
  std::map<std::optional<double>, BudgetGroup> groups;
  const auto group_of = [&](const Trial& trial) -> BudgetGroup& {
    const std::optional<Budget>& budget = trial.proposal.budget;
    return groups[budget ? std::optional(budget->amount) : std::nullopt];
  };
  for (const Trial& trial : sweep.trials) {
    BudgetGroup& group = group_of(trial);
    group.longest = std::max(group.longest, trial.values.size());
    if (!trial.stop || trial.stop->cause != StopCause::EarlyTermination) continue;
    group.cut.push_back(trial.values.size());
  }
  for (const ControlTrial& control : report.trials) {
    const Trial& trial = trial_of(sweep, control.trial);
    if (control.measured) group_of(trial).measure(trial.values.size(), control.remaining);
  }
  return groups;
}

void estimate_savings(const Sweep& sweep, ControlReport& report) {
  for (const ControlTrial& control : report.trials) report.spent += control.remaining;
  std::uint64_t remaining = 0;
  for (const auto& [budget, group] : groups_of(sweep, report)) {
    const std::size_t count = group.cut.size();
    report.cut += static_cast<std::uint32_t>(count);
    for (const std::size_t k : group.cut) report.naive += group.longest - k;
    remaining += group.remaining;
    if (group.measured == 0) {
      report.cut_unknown += static_cast<std::uint32_t>(count);
    } else {
      report.saved = report.saved.value_or(0) + group.saved();
    }
  }
  if (report.cut_unknown > 0 && report.cut_unknown == report.cut) report.saved.reset();
  if (report.measured > 0) {
    report.mean_remaining = static_cast<double>(remaining) / report.measured;
  }
}

Value number_or_null(const std::optional<double>& number) {
  return number ? Value(*number) : Value();
}

Value share_document(std::uint32_t count, std::uint32_t of) {
  const auto interval = wilson_interval(count, of);
  Value::Map members{{"count", static_cast<std::int64_t>(count)}};
  members.emplace_back("rate", interval ? Value(static_cast<double>(count) / of) : Value());
  members.emplace_back("low", interval ? Value(interval->low) : Value());
  members.emplace_back("high", interval ? Value(interval->high) : Value());
  return Value(std::move(members));
}

std::string share_text(std::uint32_t count, std::uint32_t of) {
  const auto interval = wilson_interval(count, of);
  if (!interval) return "not known: none of them has run to its end";
  return fmt::format("{} of {}, {:.1f} % (95 % interval: {:.1f} % to {:.1f} %)", count, of,
                     100.0 * count / of, 100 * interval->low, 100 * interval->high);
}

Value trial_value(const Sweep& sweep, const ControlTrial& control) {
  const CutWithheld& withheld = *trial_of(sweep, control.trial).withheld;
  const auto number = [](double value) { return is_worst(value) ? Value() : Value(value); };
  return Value(Value::Map{{"trial", static_cast<std::int64_t>(index_of(control.trial))},
                          {"interval", static_cast<std::int64_t>(withheld.interval)},
                          {"reason", withheld.reason},
                          {"best_at_cut", number(control.best_at_cut)},
                          {"best_value", number(control.best)},
                          {"remaining", static_cast<std::int64_t>(control.remaining)},
                          {"measured", control.measured},
                          {"wrong", control.wrong},
                          {"top_tenth", control.top_tenth}});
}

}  // namespace

ControlReport control_report(const Sweep& sweep) {
  ControlReport report;
  const std::vector<double> carried = carried_out(sweep);
  const WrongCuts wrong = wrong_cuts(sweep);
  for (std::uint32_t i = 0; i < sweep.trials.size(); ++i) {
    if (!sweep.trials[i].withheld) continue;
    report.trials.push_back(judged(sweep, TrialId{i}, carried, wrong));
    const ControlTrial& control = report.trials.back();
    report.measured += control.measured ? 1 : 0;
    report.wrong += control.wrong ? 1 : 0;
    report.top_tenth += control.top_tenth ? 1 : 0;
  }
  estimate_savings(sweep, report);
  return report;
}

Value control_document(const Rules& rules, const Sweep& sweep) {
  const double fraction = rules.spec.extensions.control_fraction;
  if (fraction == 0) return {};
  const ControlReport report = control_report(sweep);
  Value::List trials;
  for (const ControlTrial& control : report.trials) trials.push_back(trial_value(sweep, control));
  Value saving(Value::Map{{"cut", static_cast<std::int64_t>(report.cut)},
                          {"intervals", number_or_null(report.saved)},
                          {"unknown_cuts", static_cast<std::int64_t>(report.cut_unknown)},
                          {"naive_intervals", static_cast<std::int64_t>(report.naive)},
                          {"spent_intervals", static_cast<std::int64_t>(report.spent)},
                          {"mean_remaining", number_or_null(report.mean_remaining)}});
  return Value(Value::Map{{"fraction", fraction},
                          {"withheld", static_cast<std::int64_t>(report.trials.size())},
                          {"measured", static_cast<std::int64_t>(report.measured)},
                          {"wrong", share_document(report.wrong, report.measured)},
                          {"top_tenth", share_document(report.top_tenth, report.measured)},
                          {"saving", std::move(saving)},
                          {"trials", Value(std::move(trials))}});
}

void print_control(std::ostream& out, const Rules& rules, const Sweep& sweep) {
  const double fraction = rules.spec.extensions.control_fraction;
  if (fraction == 0) return;
  const ControlReport report = control_report(sweep);
  out << fmt::format("control arm: {} of {} would-be cuts ran on (control_fraction {})\n",
                     report.trials.size(), report.trials.size() + report.cut,
                     python_float(fraction));
  if (report.trials.empty()) return;
  out << "  wrong cuts (better at the end than any trial that was not cut): "
      << share_text(report.wrong, report.measured) << "\n  that would have ended in the top 10 %: "
      << share_text(report.top_tenth, report.measured) << '\n';
  if (report.saved) {
    out << fmt::format("  {} cuts saved about {:.0f} intervals", report.cut - report.cut_unknown,
                       *report.saved);
    if (report.cut_unknown > 0) {
      out << fmt::format(
          ", what {} others saved is not known: no control trial of their budget "
          "has run to its end",
          report.cut_unknown);
    }
    out << fmt::format(" (naively{}: {})", report.cut_unknown > 0 ? ", all" : "", report.naive);
  } else {
    out << fmt::format(
        "  what {} cuts saved is not known: no control trial of their budget has "
        "run to its end (naively: {} intervals)",
        report.cut, report.naive);
  }
  out << fmt::format("; the control arm spent {}\n", report.spent);
}

Value withheld_document(const Trial& trial) {
  if (!trial.withheld) return {};
  return Value(Value::Map{{"interval", static_cast<std::int64_t>(trial.withheld->interval)},
                          {"reason", trial.withheld->reason}});
}

std::string withheld_why(const Sweep& sweep, TrialId id) {
  const Trial& trial = trial_of(sweep, id);
  if (!trial.withheld) return {};
  const ControlTrial control = judged(sweep, id, carried_out(sweep), wrong_cuts(sweep));
  std::string text = fmt::format(
      "The policy would have cut it at interval {}, but it belongs to the control arm and ran on: "
      "{}. It reported {} more values; its best was {} then and is {} now",
      trial.withheld->interval, trial.withheld->reason, control.remaining,
      metric_text(control.best_at_cut), metric_text(control.best));
  if (!control.measured) return text + ".";
  if (control.wrong) {
    return text + ": the cut would have been wrong, no trial that was not cut ended better.";
  }
  return text +
         (control.top_tenth ? ": in the top 10 %, but the cut was right." : ": the cut was right.");
}

}  // namespace sweepjob
