// Percentile (Optuna's PercentilePruner), and its case of 50 as `optuna_median`: stop a trial whose
// best value so far is worse than a percentile of what completed trials had at the same interval.
//   minimize: cancel at interval k if min(x[1..k]) > P,  maximize: if max(x[1..k]) < P
//   P = the percentile (linear; 100 - percentile if maximizing) of { y[k] : y of a Completed trial
//   }
// A percentile of 25 keeps what is as good as the best quarter. Values that are no numbers are left
// out of P; a trial that has none itself is stopped as soon as some y[k] is one.
// Nobody is stopped before n_startup_trials have completed, at least one, nor where fewer than
// n_min_trials have a y[k]. Optuna counts the trials in state COMPLETE; a trial whose value is none
// or nan is told FAIL there, so only those with a number count.
// Axis: Optuna's step is the interval k = 1, 2, ... of the trial's k-th report.
#include <algorithm>
#include <cmath>
#include <vector>

#include <fmt/format.h>

#include "model/value.h"
#include "policies/catalog.h"
#include "policies/comparison.h"
#include "policies/curve_table.h"
#include "policies/optuna_steps.h"
#include "policies/order_statistics.h"
#include "policies/quantile.h"
#include "policies/schedule.h"
#include "policies/verdict_text.h"

namespace sweepjob {
namespace {

struct Rule {
  std::string name;
  double percentile = 50;
  std::uint32_t startup_trials = 5;
  std::uint32_t min_trials = 1;
  OptunaSteps steps;
};

class Percentile final : public TerminationPolicy {
 public:
  Percentile(const PolicyContext& context, Rule rule)
      : goal_(context.goal),
        rule_(std::move(rule)),
        schedule_(context),
        table_(Counted::Completed) {}

  void observe(const TrialEvent& event) override {
    const TrialId subject = trial_of(event);
    with_number_ -= table_.has_completed_with_number(subject) ? 1 : 0;
    table_.fold(
        event,
        [this](TrialId, std::uint32_t interval, double value, const BestSoFar&) {
          const auto slot = slot_of(interval);
          if (!slot) return;
          if (*slot >= completed_.size()) completed_.resize(*slot + 1);
          completed_[*slot].insert(rank_key(goal_, value));
        },
        [this](TrialId trial, std::uint32_t interval, const BestSoFar&) {
          const auto slot = slot_of(interval);
          if (!slot) return;
          const double value = table_.curves()[index_of(trial)].values[interval - 1];
          completed_[*slot].erase(rank_key(goal_, value));
        });
    with_number_ += table_.has_completed_with_number(subject) ? 1 : 0;
  }
  [[nodiscard]] Verdict judge(const Report& report) const override { return decide(report, false); }
  [[nodiscard]] Verdict explain(const Report& report) const override {
    return decide(report, true);
  }

 private:
  [[nodiscard]] Verdict decide(const Report& report, bool explained) const;
  [[nodiscard]] Verdict compare(const Report& report, double own, const OrderStatistics& keys,
                                bool explained) const;
  [[nodiscard]] std::vector<Compared> others(const Report& report) const;
  [[nodiscard]] std::string holders(std::uint32_t interval, const Quantile& quantile) const;
  [[nodiscard]] std::optional<std::size_t> slot_of(std::uint32_t interval) const {
    return rule_.steps.due(interval) ? schedule_.slot(interval) : std::nullopt;
  }

  Goal goal_;
  Rule rule_;
  Schedule schedule_;
  CurveTable<BestSoFar> table_;
  std::size_t with_number_ = 0;             // completed trials
  std::vector<OrderStatistics> completed_;  // of each slot, by rank_key: worst first
};

Verdict Percentile::decide(const Report& report, bool explained) const {
  const auto spare = [&](const std::string& why) {
    return explained ? kept(rule_.name, report.interval, why) : Verdict{};
  };
  const auto* curve = table_.find(report);
  if (curve == nullptr) return spare("the trial is not compared");
  const auto slot = slot_of(report.interval);
  if (!slot) return spare("nothing is evaluated");
  if (with_number_ < rule_.startup_trials) {
    return spare(fmt::format("{} < {} trials have completed with a number", with_number_,
                             rule_.startup_trials));
  }
  if (*slot >= completed_.size()) return spare("no completed trial got this far");
  return compare(report, table_.summary_at(*curve, report.interval).best(goal_), completed_[*slot],
                 explained);
}

Verdict Percentile::compare(const Report& report, double own, const OrderStatistics& keys,
                            bool explained) const {
  const std::uint32_t interval = report.interval;
  const auto spare = [&](const std::string& why) {
    return explained ? kept(rule_.name, interval, why) : Verdict{};
  };
  const std::size_t numbers = keys.size() - keys.count_at_most(kWorstKey);
  if (numbers == 0) return spare("no completed trial has a number here");
  if (is_worst(own)) {
    return among(
        explained ? others(report) : std::vector<Compared>(),
        stopped(rule_.name, interval,
                fmt::format("the trial has no number yet, {} completed ones have", numbers)));
  }
  if (keys.size() < rule_.min_trials) {
    return spare(
        fmt::format("{} < {} completed trials got this far", keys.size(), rule_.min_trials));
  }
  const double place = static_cast<double>(numbers - 1) * rule_.percentile / 100;
  const double index = std::min(std::floor(place), static_cast<double>(numbers - 1));
  const Quantile quantile = quantile_at(keys, {static_cast<std::size_t>(index), place - index});
  const double bound = value_of_key(goal_, quantile.key);
  const bool stop = better(goal_, bound, own);
  if (!stop && !explained) return passed();
  const double shown = goal_ == Goal::Minimize ? rule_.percentile : 100 - rule_.percentile;
  std::string why = fmt::format("best {}; percentile {} of {} completed trials",
                                inequality(goal_, own, bound), python_float(shown), numbers);
  if (!explained) return stopped(rule_.name, interval, why);
  why += holders(interval, quantile);
  return among(decided_by(goal_, quantile, others(report)),
               stop ? stopped(rule_.name, interval, why) : kept(rule_.name, interval, why));
}

// Values that are no numbers are left out of the percentile.
std::vector<Compared> Percentile::others(const Report& report) const {
  return others_in(table_, report.trial, report.interval, [&](TrialId, const auto& curve) {
    const double value = curve.values[report.interval - 1];
    return is_worst(value) ? std::nullopt : std::optional(value);
  });
}

std::string Percentile::holders(std::uint32_t interval, const Quantile& quantile) const {
  return holders_text(goal_, quantile, [&](double key) {
    return table_.first_that(interval, [&](TrialId, const auto& curve) {
      return rank_key(goal_, curve.values[interval - 1]) == key;
    });
  });
}

double read_percentile(OptionReader& reader, const Options& options, Findings& findings) {
  const auto percentile = reader.number("percentile");
  if (percentile && *percentile >= 0 && *percentile <= 100) return *percentile;
  if (percentile) {
    reader.fail("percentile",
                "expected a number from 0 to 100, found " + python_float(*percentile));
  } else if (reader.raw("percentile") == nullptr) {
    findings.error(options.where, options.path + ".percentile",
                   "missing: expected a number from 0 to 100",
                   "for instance percentile: 25 keeps what is as good as the best quarter");
  }
  return 50;
}

std::unique_ptr<TerminationPolicy> make_with(const PolicyContext& context, Findings& findings,
                                             bool is_median) {
  OptionReader reader(context.options, findings, context.strict);
  Rule rule;
  rule.name = is_median ? "optuna_median" : "percentile";
  if (!is_median) rule.percentile = read_percentile(reader, context.options, findings);
  rule.startup_trials = std::max(1U, read_count(reader, "n_startup_trials", 0, 5));
  rule.min_trials = std::max(context.min_trials, read_count(reader, "n_min_trials", 1, 1));
  rule.steps = read_optuna_steps(reader, context);
  reader.finish();
  return std::make_unique<Percentile>(context, std::move(rule));
}

std::unique_ptr<TerminationPolicy> make_percentile(const PolicyContext& context,
                                                   Findings& findings) {
  return make_with(context, findings, false);
}
std::unique_ptr<TerminationPolicy> make_optuna_median(const PolicyContext& context,
                                                      Findings& findings) {
  return make_with(context, findings, true);
}

const PolicyEntry entry{"percentile", make_percentile};
const PolicyEntry median_entry{"optuna_median", make_optuna_median};

}  // namespace
}  // namespace sweepjob
