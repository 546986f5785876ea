// ASHA, stopping variant (Li et al., "A System for Massively Parallel Hyperparameter Tuning", 2020;
// as Syne Tune's type="stopping" and the book "Dive into Deep Learning" run it): stop a trial that,
// when it reaches a rung, is not among the best of all that have reached it.
//   rungs r_k = grace_period * reduction_factor^k < max_resource
//   at interval r_k, among the n values x[.,r_k] of the rung, its own included: cancel if n >= 2
//   and minimize: x[r_k] > quantile_q, maximize: x[r_k] < quantile_(1-q)     (linear quantiles) q =
//   r_k / r_(k+1), with max_resource for the rung after the last: 1 / reduction_factor but there
// Nobody is paused or resumed: each trial is started with its full budget, and at max_resource ends
// by itself. A value that is no number is the worst of its rung, and is cut once the rung has one.
// brackets > 1 (Hyperband): a trial of bracket b has no rung below the b-th. Its bracket is drawn
// from (seed, trial), with ceil(m * eta^(m-1-b) / (m-b)) as weight of b, m = the number of rungs +
// 1, which is how many Hyperband starts in each. The rungs are shared by all brackets. Axis: Syne
// Tune's resource is the interval k = 1, 2, ... of the trial's k-th report. A rung that
// evaluation_interval or delay_evaluation pass over is never judged; that is said at load.
#include <algorithm>
#include <cmath>
#include <vector>

#include <fmt/format.h>

#include "model/rng.h"
#include "model/value.h"
#include "policies/catalog.h"
#include "policies/comparison.h"
#include "policies/curve_table.h"
#include "policies/hyperband_shares.h"
#include "policies/order_statistics.h"
#include "policies/quantile.h"
#include "policies/read_options.h"
#include "policies/schedule.h"
#include "policies/verdict_text.h"

namespace sweepjob {
namespace {

struct Rule {
  std::vector<std::uint32_t> levels;  // of the rungs
  std::uint64_t end = 0;              // what stands for the level after the last
  std::vector<std::uint64_t> shares;  // of each bracket
  std::uint64_t seed = 0;
  std::uint32_t min_trials = 2;
};

class Asha final : public TerminationPolicy {
 public:
  Asha(const PolicyContext& context, Rule rule)
      : goal_(context.goal),
        rule_(std::move(rule)),
        schedule_(context),
        rungs_(rule_.levels.size()) {}

  void observe(const TrialEvent& event) override {
    table_.fold(
        event,
        [this](TrialId trial, std::uint32_t interval, double value, const NoSummary&) {
          const auto rung = rung_of(trial, interval);
          if (rung) rungs_[*rung].insert(rank_key(goal_, value));
        },
        [this](TrialId trial, std::uint32_t interval, const NoSummary&) {
          const auto rung = rung_of(trial, interval);
          if (!rung) return;
          const double value = table_.curves()[index_of(trial)].values[interval - 1];
          rungs_[*rung].erase(rank_key(goal_, value));
        });
  }
  [[nodiscard]] Verdict judge(const Report& report) const override { return decide(report, false); }
  [[nodiscard]] Verdict explain(const Report& report) const override {
    return decide(report, true);
  }

 private:
  [[nodiscard]] Verdict decide(const Report& report, bool explained) const;
  [[nodiscard]] Verdict compare(const Report& report, double own, std::size_t rung,
                                bool explained) const;
  [[nodiscard]] std::vector<Compared> others(TrialId self, std::size_t rung) const;
  [[nodiscard]] std::string holders(std::size_t rung, const Quantile& quantile) const;
  [[nodiscard]] std::size_t bracket_of(TrialId trial) const {
    if (rule_.shares.size() == 1) return 0;
    RandomStream random = Rng(rule_.seed).stream(trial, "asha.bracket");
    return bracket_at(rule_.shares, random.below(total_of(rule_.shares)));
  }
  // Nothing where the trial has no rung, or one that is never judged.
  [[nodiscard]] std::optional<std::size_t> rung_of(TrialId trial, std::uint32_t interval) const {
    const auto& levels = rule_.levels;
    const auto at = std::lower_bound(levels.begin(), levels.end(), interval);
    if (at == levels.end() || *at != interval || !schedule_.slot(interval)) return std::nullopt;
    const auto rung = static_cast<std::size_t>(at - levels.begin());
    return rung < bracket_of(trial) ? std::nullopt : std::optional(rung);
  }

  Goal goal_;
  Rule rule_;
  Schedule schedule_;
  CurveTable<NoSummary> table_;
  std::vector<OrderStatistics> rungs_;  // values by rank_key: worst first
};

Verdict Asha::decide(const Report& report, bool explained) const {
  const std::uint32_t interval = report.interval;
  const auto* curve = table_.find(report);
  if (curve == nullptr) {
    return explained ? kept("asha", interval, "the trial is not compared") : Verdict{};
  }
  if (const auto rung = rung_of(report.trial, interval)) {
    return compare(report, curve->values[interval - 1], *rung, explained);
  }
  if (!explained) return {};
  const std::string bracket =
      rule_.shares.size() == 1 ? "" : fmt::format(" in bracket {}", bracket_of(report.trial));
  return kept("asha", interval, "the trial has no rung" + bracket);
}

Verdict Asha::compare(const Report& report, double own, std::size_t rung, bool explained) const {
  const std::uint32_t interval = report.interval;
  const auto spare = [&](const std::string& why) {
    return explained ? kept("asha", interval, why) : Verdict{};
  };
  const OrderStatistics& keys = rungs_[rung];
  const std::size_t count = keys.size();
  if (count < rule_.min_trials) {
    return spare(fmt::format("{} < {} trials have reached rung {}", count, rule_.min_trials, rung));
  }
  const double best = value_of_key(goal_, keys.select(count - 1));
  if (is_worst(best)) return spare(fmt::format("nobody has a number in rung {}", rung));
  const std::uint64_t level = rule_.levels[rung];
  const std::uint64_t next = rung + 1 < rule_.levels.size() ? rule_.levels[rung + 1] : rule_.end;
  const Quantile quantile = quantile_at(keys, quantile_position(count, level, next));
  const double bound = value_of_key(goal_, quantile.key);
  if (is_worst(own)) {
    return among(
        explained ? others(report.trial, rung) : std::vector<Compared>(),
        stopped("asha", interval,
                fmt::format("nan is no number, as {} of rung {} is", python_float(best), rung)));
  }
  const bool stop = better(goal_, bound, own);
  if (!stop && !explained) return passed();
  std::string why =
      fmt::format("{}; quantile {}{}/{} of {} values in rung {}", inequality(goal_, own, bound),
                  goal_ == Goal::Minimize ? "" : "1 - ", level, next, count, rung);
  if (!explained) return stopped("asha", interval, why);
  why += holders(rung, quantile);
  return among(decided_by(goal_, quantile, others(report.trial, rung)),
               stop ? stopped("asha", interval, why) : kept("asha", interval, why));
}

std::vector<Compared> Asha::others(TrialId self, std::size_t rung) const {
  const std::uint32_t level = rule_.levels[rung];
  return others_in(table_, self, level, [&](TrialId trial, const auto& curve) {
    return rung < bracket_of(trial) ? std::nullopt : std::optional(curve.values[level - 1]);
  });
}

std::string Asha::holders(std::size_t rung, const Quantile& quantile) const {
  const std::uint32_t level = rule_.levels[rung];
  return holders_text(goal_, quantile, [&](double key) {
    return table_.first_that(level, [&](TrialId trial, const auto& curve) {
      return rank_key(goal_, curve.values[level - 1]) == key && rung >= bracket_of(trial);
    });
  });
}

// grace_period * eta^k below the end; without an end as far as a trial may report.
std::vector<std::uint32_t> levels_of(std::uint32_t first, std::uint32_t eta, std::uint64_t end) {
  std::vector<std::uint32_t> levels;
  for (std::uint64_t level = first; level < end; level *= eta) {
    levels.push_back(static_cast<std::uint32_t>(level));
  }
  return levels;
}

void check_schedule(const PolicyContext& context, const std::vector<std::uint32_t>& levels,
                    Findings& findings) {
  const Schedule schedule(context);
  std::string passed_over;
  std::size_t count = 0;
  for (const std::uint32_t level : levels) {
    if (schedule.slot(level)) continue;
    if (++count <= 8) passed_over += (passed_over.empty() ? "" : ", ") + std::to_string(level);
  }
  if (count == 0) return;
  const bool all = count == levels.size();
  findings.add({all ? Severity::Error : Severity::Warning, context.options.where,
                context.options.path,
                std::string(all ? "no rung is ever judged" : "some rungs are never judged") +
                    ": evaluation_interval or delay_evaluation pass over " + passed_over +
                    (count > 8 ? ", ..." : ""),
                "leave evaluation_interval at 1: the rungs say when to judge"});
}

std::unique_ptr<TerminationPolicy> make_asha(const PolicyContext& context, Findings& findings) {
  OptionReader reader(context.options, findings, context.strict);
  const std::uint32_t first = read_count(reader, "grace_period", 1, 1);
  const std::uint32_t eta = read_count(reader, "reduction_factor", 2, 3);
  const bool bounded = reader.raw("max_resource") != nullptr;
  const std::uint32_t most = read_count(reader, "max_resource", 1, kMostIntervals);
  const std::uint32_t brackets = read_count(reader, "brackets", 1, 1);
  const auto seed = reader.integer("seed");
  Rule rule;
  rule.levels = levels_of(first, eta, bounded ? most : std::uint64_t{kMostIntervals} + 1);
  rule.end = bounded ? most : std::uint64_t{rule.levels.empty() ? 1 : rule.levels.back()} * eta;
  rule.min_trials = std::max(2U, context.min_trials);
  rule.seed = static_cast<std::uint64_t>(seed.value_or(0));
  if (rule.levels.empty()) {
    reader.fail(
        "max_resource",
        fmt::format("max_resource {} must be above grace_period {}: no rung is left", most, first));
  } else if (brackets > 1 && !bounded) {
    reader.fail("brackets", "brackets need max_resource, which says how many rungs there are");
  } else if (brackets > rule.levels.size()) {
    reader.fail("brackets", fmt::format("expected 1 to {}, the number of rungs, found {}",
                                        rule.levels.size(), brackets));
  } else {
    check_schedule(context, rule.levels, findings);
    rule.shares = hyperband_shares(brackets == 1 ? 1 : rule.levels.size() + 1, eta);
    rule.shares.resize(brackets);
  }
  reader.finish();
  if (rule.shares.empty()) return nullptr;
  return std::make_unique<Asha>(context, std::move(rule));
}

const PolicyEntry entry{"asha", make_asha};

}  // namespace
}  // namespace sweepjob
