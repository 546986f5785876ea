// Optuna's WilcoxonPruner: for objectives that average over instances (folds, problems, seeds), of
// which each report is one. Stop a trial that is, instance by instance, significantly worse than
// the best completed trial.
//   d[i] = by how much x[self,i] is worse than x[best,i], over the instances i that both have
//   stop if p < p_threshold and mean(x[self]) is worse than mean(x[best]),
//   p = P(rank sum >= T), the one-sided signed-rank test of the d (policies/signed_rank.h)
// The best trial is the completed one with the best mean over its instances: that mean is what such
// an objective returns; trials with a WORST value are never the best. Nobody is stopped with fewer
// than max(2, n_startup_steps) common instances, or with a WORST value: a number may be missing for
// reasons of the instance. The axis is the instance: the report's step where the script gives one
// that is finite, else the interval. Of an instance reported twice the first value counts.
// A verdict is O(m log m) for m instances (the rule looks at all pairs) plus O(log n).
#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "model/value.h"
#include "policies/catalog.h"
#include "policies/comparison.h"
#include "policies/completed_ranking.h"
#include "policies/curve_table.h"
#include "policies/read_options.h"
#include "policies/schedule.h"
#include "policies/signed_rank.h"

namespace sweepjob {
namespace {

constexpr std::size_t kLeastPairs = 2;

struct Rule {
  double p_threshold = 0.1;
  std::size_t n_startup_steps = kLeastPairs;
};

struct Instance {
  double id = 0;
  double value = 0;
};
using Instances = std::vector<Instance>;  // ascending ids, no two alike

double mean_of(const Instances& instances) {
  MeanSoFar mean;
  for (const Instance& instance : instances) mean.add(instance.value);
  return mean.mean();
}

// By how much a is worse than b, over the instances that both have.
std::vector<double> differences(Goal goal, const Instances& a, const Instances& b) {
  std::vector<double> result;
  auto at = b.begin();
  for (const Instance& own : a) {
    while (at != b.end() && at->id < own.id) ++at;
    if (at == b.end()) break;
    if (at->id != own.id) continue;
    result.push_back(goal == Goal::Minimize ? own.value - at->value : at->value - own.value);
  }
  return result;
}

class Wilcoxon final : public TerminationPolicy {
 public:
  Wilcoxon(const PolicyContext& context, Rule rule)
      : goal_(context.goal),
        min_trials_(std::max(context.min_trials, 1U)),
        schedule_(context),
        rule_(rule),
        ranking_(context.goal) {}

  void observe(const TrialEvent& event) override {
    constexpr auto kIgnore = [](const auto&...) {};
    const TrialId trial = trial_of(event);
    if (table_.has_completed(trial)) count_as_completed(trial, false);
    table_.fold(event, kIgnore, kIgnore);
    keep_instance(event);
    if (table_.has_completed(trial)) count_as_completed(trial, true);
  }

  [[nodiscard]] Verdict judge(const Report& report) const override { return decide(report, false); }
  [[nodiscard]] Verdict explain(const Report& report) const override {
    return decide(report, true);
  }

 private:
  void keep_instance(const TrialEvent& event);
  void count_as_completed(TrialId trial, bool joins);
  [[nodiscard]] Instances instances_of(TrialId trial, std::size_t reports) const;
  [[nodiscard]] Verdict decide(const Report& report, bool explained) const;
  [[nodiscard]] Verdict compare(const Report& report, const Instances& own, double own_mean,
                                bool explained) const;

  Goal goal_;
  std::uint32_t min_trials_;
  Schedule schedule_;
  Rule rule_;
  CurveTable<BestSoFar> table_;
  std::vector<std::vector<double>> ids_;  // of each trial's values
  std::size_t completed_count_ = 0;       // with at least one value
  CompletedRanking ranking_;              // by mean
};

void Wilcoxon::keep_instance(const TrialEvent& event) {
  const std::size_t index = index_of(trial_of(event));
  if (index >= table_.curves().size()) return;
  if (index >= ids_.size()) ids_.resize(index + 1);
  double id = 0;
  if (const auto* reported = std::get_if<TrialReported>(&event)) {
    const Report& report = reported->report;
    const bool has_step = report.step && std::isfinite(*report.step);
    id = has_step ? *report.step : static_cast<double>(report.interval);
  }
  ids_[index].resize(table_.curves()[index].values.size(), id);
}

Instances Wilcoxon::instances_of(TrialId trial, std::size_t reports) const {
  const std::vector<double>& values = table_.curves()[index_of(trial)].values;
  const std::vector<double>& ids = ids_[index_of(trial)];
  Instances instances;
  instances.reserve(reports);
  for (std::size_t i = 0; i < reports; ++i) instances.push_back({ids[i], values[i]});
  std::stable_sort(instances.begin(), instances.end(),
                   [](const Instance& a, const Instance& b) { return a.id < b.id; });
  const auto same = [](const Instance& a, const Instance& b) { return a.id == b.id; };
  instances.erase(std::unique(instances.begin(), instances.end(), same), instances.end());
  return instances;
}

void Wilcoxon::count_as_completed(TrialId trial, bool joins) {
  if (index_of(trial) >= table_.curves().size()) return;
  const std::size_t reports = table_.curves()[index_of(trial)].values.size();
  if (reports == 0) return;
  const double mean = mean_of(instances_of(trial, reports));
  if (joins) {
    ++completed_count_;
    ranking_.insert(trial, mean);
  } else {
    --completed_count_;
    ranking_.erase(trial, mean);
  }
}

Verdict Wilcoxon::decide(const Report& report, bool explained) const {
  const auto kept = [&](const std::string& why) {
    if (!explained) return Verdict{};
    return Verdict{false, fmt::format("wilcoxon: at interval {} {}: kept", report.interval, why)};
  };
  if (!schedule_.slot(report.interval)) return kept("nothing is evaluated");
  if (table_.find(report) == nullptr) return kept("the trial is not compared");
  const std::size_t others = completed_count_ - (table_.has_completed(report.trial) ? 1 : 0);
  if (others < min_trials_) {
    return kept(fmt::format("{} < {} other trials have completed", others, min_trials_));
  }
  const Instances own = instances_of(report.trial, report.interval);
  const double own_mean = mean_of(own);
  if (is_worst(own_mean)) return kept("a value of the trial is no number");
  if (!ranking_.best_except(report.trial)) return kept("no completed trial has numbers only");
  return compare(report, own, own_mean, explained);
}

Verdict Wilcoxon::compare(const Report& report, const Instances& own, double own_mean,
                          bool explained) const {
  const CompletedRanking::Place best = *ranking_.best_except(report.trial);
  const std::size_t reports = table_.curves()[index_of(best.trial)].values.size();
  const auto worse_by = differences(goal_, own, instances_of(best.trial, reports));
  const std::size_t least = std::max(kLeastPairs, rule_.n_startup_steps);
  if (worse_by.size() < least) {
    if (!explained) return {};
    return {false, fmt::format("wilcoxon: at interval {} {} < {} instances in common with trial {}"
                               ": kept",
                               report.interval, worse_by.size(), least, index_of(best.trial))};
  }
  const SignedRankTest test = signed_rank_test(worse_by);
  const bool significant = test.p_value < rule_.p_threshold;
  const bool worse_mean = better(goal_, best.value, own_mean);
  const bool stop = significant && worse_mean;
  if (!stop && !explained) return passed();
  const bool minimize = goal_ == Goal::Minimize;
  const char* relation = minimize ? (worse_mean ? ">" : "<=") : (worse_mean ? "<" : ">=");
  const double margin =
      significant ? std::fabs(own_mean - best.value) : test.p_value - rule_.p_threshold;
  return {stop,
          fmt::format("wilcoxon: at interval {} p = {} {} {} ({}, rank sum {} of {} instances"
                      ") and mean {} {} {} (best of trial {}){}",
                      report.interval, python_float(test.p_value),
                      significant ? "<" : ">=", python_float(rule_.p_threshold),
                      test.exact ? "exact" : "normal", python_float(test.rank_sum), worse_by.size(),
                      python_float(own_mean), relation, python_float(best.value),
                      index_of(best.trial), stop ? "" : ": kept by " + python_float(margin)),
          /*compared=*/true,
          explained ? decided_by(best.trial, ranking_.all_except(report.trial))
                    : std::vector<Compared>()};
}

std::unique_ptr<TerminationPolicy> make_wilcoxon(const PolicyContext& context, Findings& findings) {
  OptionReader reader(context.options, findings, context.strict);
  Rule rule;
  bool right = true;
  if (reader.raw("p_threshold") != nullptr) {
    const auto p = reader.number("p_threshold");
    right = p && *p > 0 && *p < 1;
    if (p && !right) {
      reader.fail("p_threshold",
                  "expected a number between 0 and 1, both excluded, found " + python_float(*p),
                  "for instance p_threshold: 0.1");
    }
    rule.p_threshold = p.value_or(0);
  }
  const auto startup = read_integer(reader, "n_startup_steps", {.low = 0}, kLeastPairs);
  reader.finish();
  if (!right || !startup) return nullptr;
  rule.n_startup_steps = static_cast<std::size_t>(*startup);
  return std::make_unique<Wilcoxon>(context, rule);
}

const PolicyEntry entry{"wilcoxon", make_wilcoxon};

}  // namespace
}  // namespace sweepjob
