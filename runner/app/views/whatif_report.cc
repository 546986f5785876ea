#include "runner/app/views/whatif_report.h"

#include <algorithm>
#include <cmath>
#include <ostream>
#include <utility>

#include <fmt/format.h>

#include "runner/app/cli/verb.h"
#include "runner/app/console.h"
#include "runner/app/views/summary.h"
#include "runner/app/views/sweep_document.h"
#include "runner/app/views/words.h"

namespace sweepjob {
namespace {

constexpr std::size_t kShownCuts = 50;

double percent(double part, double whole) { return whole > 0 ? 100 * part / whole : 0; }

double saved_percent(const WhatIf& result) {
  return percent(static_cast<double>(result.reports_saved), static_cast<double>(result.reports));
}

std::string hours_text(double hours) {
  return duration_text(Duration(std::llround(hours * 3600e6)));
}

const char* end_word(CurveEnd end) {
  switch (end) {
    case CurveEnd::Whole: return "whole";
    case CurveEnd::Failed: return "failed";
    case CurveEnd::Cut: return "cut";
    case CurveEnd::Stopped: return "stopped";
    case CurveEnd::Running: return "running";
  }
  return "whole";
}

std::string number_or_dash(double value) {
  return is_worst(value) ? "-" : fmt::format("{:.6g}", value);
}

// Of a trial that others ended, more may have come: "0.91+".
std::string final_text(const RecordedTrial& trial) {
  const bool open = trial.end != CurveEnd::Whole && trial.end != CurveEnd::Failed;
  return number_or_dash(trial.best) + (open ? "+" : "");
}

// The best recorded trials first: they are the cuts that might have hurt.
std::vector<const WouldBeCut*> by_rank(const WhatIf& result,
                                       const std::vector<std::uint32_t>& ranks) {
  std::vector<const WouldBeCut*> cuts;
  for (const WouldBeCut& cut : result.cuts) cuts.push_back(&cut);
  const auto place = [&](const WouldBeCut* cut) {
    const std::uint32_t rank = ranks[index_of(cut->trial)];
    return rank == 0 ? UINT32_MAX : rank;
  };
  std::stable_sort(cuts.begin(), cuts.end(),
                   [&](const auto* a, const auto* b) { return place(a) < place(b); });
  return cuts;
}

void print_cuts(std::ostream& out, const RecordedCurves& curves, const WhatIf& result) {
  if (result.cuts.empty()) return;
  const std::vector<std::uint32_t> ranks = ranks_of(curves);
  std::vector<std::vector<std::string>> rows{
      {"trial", "interval", "best then", "final best", "rank", "saved", "reason"}};
  for (const WouldBeCut* cut : by_rank(result, ranks)) {
    if (rows.size() > kShownCuts) break;
    const std::uint32_t index = index_of(cut->trial);
    rows.push_back({std::to_string(index), std::to_string(cut->interval),
                    number_or_dash(cut->best_then), final_text(curves.trials[index]),
                    ranks[index] == 0 ? "-" : std::to_string(ranks[index]),
                    std::to_string(cut->reports_saved), printable(cut->reason, 500)});
  }
  out << table_text(rows);
  if (result.cuts.size() > kShownCuts) {
    out << fmt::format("... and {} more (-o json has all)\n", result.cuts.size() - kShownCuts);
  }
  out << '\n';
}

void print_winner(std::ostream& out, const WhatIf& result) {
  if (!result.winner) {
    out << "winner:    none; no trial that has not failed reported a number\n";
    return;
  }
  out << fmt::format("winner:    trial {} {}\n", index_of(*result.winner),
                     result.winner_cut ? "would have been CUT" : "survives");
  out << fmt::format("best:      {} without the policy, {} with it", result.best_without,
                     number_or_dash(result.best_with));
  if (result.winner_with) out << fmt::format(" (trial {})", index_of(*result.winner_with));
  out << fmt::format("; regret {}\n", is_worst(result.regret) ? "unknown: nothing is left"
                                                              : number_or_dash(result.regret));
}

void print_wrong(std::ostream& out, const WhatIf& result, std::uint32_t top_k) {
  if (result.cut == 0) return;
  if (result.cut_known == 0) {
    out << fmt::format("wrong:     unknown; of none of the {} cut trials is the end recorded\n",
                       result.cut);
    return;
  }
  out << fmt::format(
      "wrong:     of {} cut trials whose end is recorded, {} ({:.1f} %) ended better than the best "
      "that is kept, {} ({:.1f} %) would be among the best {}\n",
      result.cut_known, result.wrong, percent(result.wrong, result.cut_known), result.wrong_top,
      percent(result.wrong_top, result.cut_known), top_k);
}

void print_censored(std::ostream& out, const RecordedCurves& curves, const WhatIf& result) {
  if (curves.cuts > 0 || result.censored_cut > 0) {
    out << fmt::format(
        "censored:  {} trials were cut at the time; what they would have reached is unknown.\n"
        "           {} of them this policy would have let go on: the steps that this takes, and a "
        "better best, are not in the numbers\n",
        result.censored_cut, result.censored_kept);
    out << fmt::format("at the time {} cuts were made; {} of the would-be cuts are the same\n",
                       curves.cuts, result.as_recorded);
  }
  if (result.censored_stopped > 0) {
    out << fmt::format("           {} trials were stopped otherwise: their ends are unknown, too\n",
                       result.censored_stopped);
  }
  if (result.censored_running > 0) {
    out << fmt::format(
        "           {} trials have not ended: what is said of them is what is known "
        "by now\n",
        result.censored_running);
  }
}

Value or_null(double value) { return is_worst(value) ? Value() : Value(value); }
Value integer(std::uint64_t value) { return Value(static_cast<std::int64_t>(value)); }
Value trial_or_null(const std::optional<TrialId>& trial) {
  return trial ? integer(index_of(*trial)) : Value();
}

Value::Map result_members(const RecordedCurves& curves, const WhatIf& result) {
  return {{"cut", integer(result.cut)},
          {"as_recorded", integer(result.as_recorded)},
          {"reports_saved", integer(result.reports_saved)},
          {"saved_percent", saved_percent(result)},
          {"hours_saved", curves.timed ? Value(result.hours_saved) : Value()},
          {"winner", trial_or_null(result.winner)},
          {"winner_survives", result.winner ? Value(!result.winner_cut) : Value()},
          {"winner_with", trial_or_null(result.winner_with)},
          {"best_without", or_null(result.best_without)},
          {"best_with", or_null(result.best_with)},
          {"regret", or_null(result.regret)},
          {"cut_known", integer(result.cut_known)},
          {"wrong", integer(result.wrong)},
          {"wrong_top", integer(result.wrong_top)},
          {"censored_kept", integer(result.censored_kept)}};
}

Value policy_value(const WhatIfHead& head) {
  const Value all = to_value(head.spec);
  const Value* policy = all.find("early_termination");
  if (policy == nullptr || policy->get<Value::Map>() == nullptr) return {};
  Value::Map members = *policy->get<Value::Map>();
  std::erase_if(members, [&](const auto& member) {
    return std::find(head.grid_keys.begin(), head.grid_keys.end(), member.first) !=
           head.grid_keys.end();
  });
  return Value(std::move(members));
}

Value::Map head_members(const WhatIfHead& head, const WhatIf& any) {
  const RecordedCurves& curves = *head.curves;
  return {{"name", curves.name},
          {"objective", Value(Value::Map{{"primary_metric", curves.objective.primary_metric},
                                         {"goal", to_string(curves.objective.goal)}})},
          {"policy", policy_value(head)},
          {"trials", integer(any.trials)},
          {"reports", integer(any.reports)},
          {"hours", curves.timed ? Value(any.hours) : Value()},
          {"recorded_cuts", integer(curves.cuts)},
          {"top_k", integer(head.top_k)},
          {"censored", Value(Value::Map{{"cut", integer(any.censored_cut)},
                                        {"stopped", integer(any.censored_stopped)},
                                        {"running", integer(any.censored_running)}})}};
}

std::string regret_text(const WhatIf& result) {
  return is_worst(result.regret) ? "unknown" : number_or_dash(result.regret);
}

std::string winner_word(const WhatIf& result) {
  if (!result.winner) return "-";
  return result.winner_cut ? "cut" : "survives";
}

}  // namespace

std::string whatif_title(const WhatIfHead& head) {
  const std::string name = printable(head.curves->name, 200) + ": ";
  if (head.grid_keys.empty()) return name + policy_text(head.spec);
  std::string keys;
  for (const std::string& key : head.grid_keys) keys += (keys.empty() ? "" : " and ") + key;
  const Options& policy = head.spec.early_termination->policy;
  return name + printable(policy.type, 100) + " over " + printable(keys, 200);
}

void print_whatif(std::ostream& out, const WhatIfHead& head, const WhatIf& result) {
  const RecordedCurves& curves = *head.curves;
  out << whatif_title(head) << "\n\n";
  print_cuts(out, curves, result);
  out << fmt::format("cut:       {} of {} trials that reported {}\n", result.cut, result.trials,
                     printable(curves.objective.primary_metric, 256));
  out << fmt::format("steps:     {} of {} used, {} saved ({:.1f} %)\n",
                     result.reports - result.reports_saved, result.reports, result.reports_saved,
                     saved_percent(result));
  if (curves.timed) {
    out << fmt::format("time:      {} of {} used, {} saved ({:.1f} %)\n",
                       hours_text(result.hours - result.hours_saved), hours_text(result.hours),
                       hours_text(result.hours_saved), percent(result.hours_saved, result.hours));
  }
  print_winner(out, result);
  print_wrong(out, result, head.top_k);
  print_censored(out, curves, result);
}

Value whatif_document(const WhatIfHead& head, const WhatIf& result) {
  const RecordedCurves& curves = *head.curves;
  const std::vector<std::uint32_t> ranks = ranks_of(curves);
  Value::List cuts;
  for (const WouldBeCut& cut : result.cuts) {
    const std::uint32_t index = index_of(cut.trial);
    const RecordedTrial& trial = curves.trials[index];
    cuts.push_back(Value::Map{{"trial", integer(index)},
                              {"interval", integer(cut.interval)},
                              {"time", curves.timed ? Value(to_iso8601(cut.time)) : Value()},
                              {"reason", cut.reason},
                              {"best_then", or_null(cut.best_then)},
                              {"final_best", or_null(trial.best)},
                              {"end", end_word(trial.end)},
                              {"rank", ranks[index] == 0 ? Value() : integer(ranks[index])},
                              {"reports_saved", integer(cut.reports_saved)},
                              {"hours_saved", curves.timed ? Value(cut.hours_saved) : Value()},
                              {"as_recorded", cut.as_recorded},
                              {"undone", cut.undone}});
  }
  Value::Map members = head_members(head, result);
  members.emplace_back("result", Value(result_members(curves, result)));
  members.emplace_back("cuts", Value(std::move(cuts)));
  return document(std::move(members));
}

void print_whatif_grid(std::ostream& out, const WhatIfHead& head,
                       const std::vector<GridPoint>& points, const std::vector<WhatIf>& results) {
  const RecordedCurves& curves = *head.curves;
  out << whatif_title(head) << "\n\n";
  std::vector<std::vector<std::string>> rows(1);
  for (const auto& [key, value] : points.front()) rows[0].push_back(printable(key, 100));
  for (const char* name : {"cut", "saved %", "time saved", "winner", "regret", "wrong"}) {
    rows[0].emplace_back(name);
  }
  for (std::size_t i = 0; i < points.size(); ++i) {
    const WhatIf& result = results[i];
    std::vector<std::string>& row = rows.emplace_back();
    for (const auto& [key, value] : points[i]) row.push_back(printable(value, 100));
    row.push_back(std::to_string(result.cut));
    row.push_back(fmt::format("{:.1f}", saved_percent(result)));
    row.push_back(curves.timed ? hours_text(result.hours_saved) : "-");
    row.push_back(winner_word(result));
    row.push_back(regret_text(result));
    row.push_back(fmt::format("{}/{}", result.wrong, result.cut_known));
  }
  out << table_text(rows) << '\n';
  if (results.front().censored_cut > 0) {
    out << fmt::format(
        "censored: {} trials were cut at the time; what they would have reached is "
        "unknown\n\n",
        results.front().censored_cut);
  }
}

Value whatif_grid_document(const WhatIfHead& head, const std::vector<GridPoint>& points,
                           const std::vector<WhatIf>& results) {
  Value::List rows;
  for (std::size_t i = 0; i < points.size(); ++i) {
    Value::Map at;
    for (const auto& [key, value] : points[i]) at.emplace_back(key, value);
    Value::Map row{{"at", Value(std::move(at))}};
    for (auto& member : result_members(*head.curves, results[i])) row.push_back(std::move(member));
    rows.push_back(Value(std::move(row)));
  }
  Value::Map members = head_members(head, results.front());
  members.emplace_back("grid", Value(std::move(rows)));
  return document(std::move(members));
}

std::vector<Plot> whatif_plots(const std::vector<GridAxis>& axes,
                               const std::vector<GridPoint>& points,
                               const std::vector<WhatIf>& results) {
  const bool along = axes.size() == 1 && !axes.front().numbers.empty();
  Plot saved{"Steps saved", "", "steps saved, %", "the winner survives", "the winner is cut", {},
             along};
  Plot regret{"Regret", "steps saved, %", "regret", saved.filled_label, saved.hollow_label, {},
              along};
  if (along) saved.x_label = regret.x_label = axes.front().key;
  for (std::size_t i = 0; i < points.size(); ++i) {
    std::string label;
    for (const auto& [key, value] : points[i])
      label += (label.empty() ? "" : ", ") + key + " " + value;
    const double share = saved_percent(results[i]);
    label += fmt::format(": {:.1f} % saved, regret {}", share, regret_text(results[i]));
    const bool survives = !results[i].winner_cut;
    const double x = along ? axes.front().numbers[i] : share;
    saved.points.push_back({x, share, survives, label});
    regret.points.push_back({x, results[i].regret, survives, label});
  }
  if (!along) return {regret};
  return {saved, regret};
}

}  // namespace sweepjob
