#include "runner/app/views/front.h"

#include <algorithm>
#include <ostream>

#include <fmt/format.h>

#include "runner/app/cli/verb.h"
#include "runner/app/views/summary.h"
#include "runner/app/views/sweep_document.h"
#include "samplers/numerics/pareto.h"

namespace sweepjob {

std::vector<double> objective_values(const Rules& rules, const Trial& trial) {
  std::vector<double> values{trial.values.empty() ? kWorst : trial.values.back()};
  values.insert(values.end(), trial.others.begin(), trial.others.end());
  values.resize(rules.spec.objectives.size(), kWorst);
  return values;
}

std::vector<TrialId> front_of(const Rules& rules, const Sweep& sweep) {
  const std::vector<Objective>& objectives = rules.spec.objectives;
  if (objectives.size() < 2) return {};
  std::vector<TrialId> trials;
  std::vector<Losses> losses;
  for (std::uint32_t i = 0; i < sweep.trials.size(); ++i) {
    const Trial& trial = sweep.trials[i];
    if (!can_be_best(trial)) continue;
    Losses row = objective_values(rules, trial);
    if (std::any_of(row.begin(), row.end(), is_worst)) continue;
    for (std::size_t k = 0; k < row.size(); ++k) row[k] = as_loss(objectives[k].goal, row[k]);
    trials.push_back(TrialId{i});
    losses.push_back(std::move(row));
  }
  if (trials.empty()) return {};
  std::vector<TrialId> front;
  const auto fronts = non_dominated_fronts(losses);
  for (const std::size_t row : fronts.front()) front.push_back(trials[row]);
  return front;
}

Value front_document(const Rules& rules, const Sweep& sweep) {
  if (rules.spec.objectives.size() < 2) return Value();
  Value::List list;
  for (const TrialId id : front_of(rules, sweep)) {
    const Trial& trial = trial_of(sweep, id);
    const std::vector<double> values = objective_values(rules, trial);
    Value::Map named;
    for (std::size_t k = 0; k < values.size(); ++k) {
      named.emplace_back(rules.spec.objectives[k].primary_metric, values[k]);
    }
    list.push_back(Value::Map{{"trial", static_cast<std::int64_t>(index_of(id))},
                              {"values", std::move(named)},
                              {"params", trial.proposal.params}});
  }
  return list;
}

void print_front(std::ostream& out, const Rules& rules, const Sweep& sweep) {
  if (rules.spec.objectives.size() < 2) return;
  const std::vector<TrialId> front = front_of(rules, sweep);
  out << fmt::format("Pareto front: {} trials that none beats in all {} objectives\n", front.size(),
                     rules.spec.objectives.size());
  std::vector<std::vector<std::string>> rows{{"trial"}};
  for (const Objective& objective : rules.spec.objectives) {
    rows[0].push_back(printable(objective.primary_metric, 60));
  }
  rows[0].emplace_back("parameters");
  for (const TrialId id : front) {
    const Trial& trial = trial_of(sweep, id);
    std::vector<std::string>& row = rows.emplace_back();
    row.push_back(std::to_string(index_of(id)));
    for (const double value : objective_values(rules, trial)) row.push_back(metric_text(value));
    row.push_back(params_text(trial.proposal.params));
  }
  if (!front.empty()) out << table_text(rows);
}

}  // namespace sweepjob
