// Truncation selection (spec azure-sweep section 12): stop a trial at interval N when it is among
// the lowest p % of the trials that got to N, by their best value up to N.
//   S = trials with n(r) >= N, itself included (without finished ones if exclude_finished_jobs)
//   cancel if #{r in S : B(r,N) is not better than B(self,N)} <= floor(p * |S| / 100)
// So a trial tied with a survivor survives, and where the floor is 0 nobody is stopped.
#include <algorithm>
#include <cmath>
#include <vector>

#include <fmt/format.h>

#include "model/value.h"
#include "policies/catalog.h"
#include "policies/comparison.h"
#include "policies/curve_table.h"
#include "policies/order_statistics.h"
#include "policies/quantile.h"
#include "policies/schedule.h"

namespace sweepjob {
namespace {

struct Rule {
  std::uint32_t percentage = 0;
  bool exclude_finished = false;
};

class TruncationSelection final : public TerminationPolicy {
 public:
  TruncationSelection(const PolicyContext& context, Rule rule)
      : goal_(context.goal),
        min_trials_(context.min_trials),
        percentage_(rule.percentage),
        schedule_(context),
        table_(rule.exclude_finished ? Counted::NotEnded : Counted::All) {}

  void observe(const TrialEvent& event) override {
    table_.fold(
        event,
        [this](TrialId, std::uint32_t interval, double, const BestSoFar& summary) {
          const auto slot = schedule_.slot(interval);
          if (!slot) return;
          if (*slot >= bests_.size()) bests_.resize(*slot + 1);
          bests_[*slot].insert(rank_key(goal_, summary.best(goal_)));
        },
        [this](TrialId, std::uint32_t interval, const BestSoFar& summary) {
          if (const auto slot = schedule_.slot(interval)) {
            bests_[*slot].erase(rank_key(goal_, summary.best(goal_)));
          }
        });
  }

  [[nodiscard]] Verdict judge(const Report& report) const override { return decide(report, false); }
  [[nodiscard]] Verdict explain(const Report& report) const override {
    return decide(report, true);
  }

 private:
  [[nodiscard]] Verdict decide(const Report& report, bool explained) const;
  [[nodiscard]] bool is_spared(std::size_t slot, double key, std::uint64_t cut) const;
  [[nodiscard]] std::vector<Compared> others(const Report& report, std::size_t slot,
                                             std::uint64_t cut) const;
  [[nodiscard]] std::string survivor(std::uint32_t interval, const OrderStatistics& bests,
                                     std::uint64_t cut) const;

  Goal goal_;
  std::uint32_t min_trials_;
  std::uint32_t percentage_;
  Schedule schedule_;
  CurveTable<BestSoFar> table_;
  std::vector<OrderStatistics> bests_;  // of each slot, by rank_key: worst first
};

Verdict TruncationSelection::decide(const Report& report, bool explained) const {
  const auto verdict = [&](bool stop, const std::string& why) {
    return Verdict{stop, fmt::format("truncation_selection: at interval {} {}{}", report.interval,
                                     why, stop ? "" : ": kept")};
  };
  const auto slot = schedule_.slot(report.interval);
  const auto* curve = table_.find(report);
  if (!slot || curve == nullptr) {
    if (!explained) return {};
    return verdict(false, slot ? "the trial is not compared" : "nothing is evaluated");
  }
  const double own = table_.summary_at(*curve, report.interval).best(goal_);
  // A trial is in its own S, even when it has finished and is only being explained.
  const std::uint64_t self = table_.counts(*curve) ? 0 : 1;
  const std::uint64_t count = (*slot < bests_.size() ? bests_[*slot].size() : 0) + self;
  if (count < min_trials_) {
    if (!explained) return {};
    return verdict(false, fmt::format("{} < {} trials got this far", count, min_trials_));
  }
  const std::uint64_t cut = percentage_ * count / 100;
  const double key = rank_key(goal_, own);
  if (!explained && (cut < self || is_spared(*slot, key, cut - self))) return passed();
  const std::uint64_t not_better =
      (*slot < bests_.size() ? bests_[*slot].count_at_most(key) : 0) + self;
  const bool stop = not_better <= cut;
  if (!stop && !explained) return passed();
  std::string why =
      fmt::format("best {}: {} of {} trials not better {} {} = floor({}% of {}){}",
                  python_float(own), not_better, count, stop ? "<=" : ">", cut, percentage_, count,
                  stop ? "" : fmt::format(", by {}", not_better - cut));
  if (explained && *slot < bests_.size() && cut >= self) {
    why += survivor(report.interval, bests_[*slot], cut - self);
  }
  return among(
      explained ? others(report, *slot, cut - std::min(cut, self)) : std::vector<Compared>(),
      verdict(stop, why));
}

// The worst that the cut spares is the one that decides; where the cut takes nobody, none is.
std::vector<Compared> TruncationSelection::others(const Report& report, std::size_t slot,
                                                  std::uint64_t cut) const {
  std::vector<Compared> all =
      others_in(table_, report.trial, report.interval, [&](TrialId, const auto& curve) {
        return table_.summary_at(curve, report.interval).best(goal_);
      });
  if (slot >= bests_.size() || cut >= bests_[slot].size()) return all;
  return decided_by(goal_, bests_[slot].select(cut), std::move(all));
}

// Whether more than `cut` keys are at most `key`, asked of the one key that the cut spares last: it
// stands in the same place for all reports of an interval, while each report's own place would be
// cold.
bool TruncationSelection::is_spared(std::size_t slot, double key, std::uint64_t cut) const {
  return slot < bests_.size() && cut < bests_[slot].size() && bests_[slot].select(cut) <= key;
}

// The worst of those that the cut spares, `cut` being how many others it takes: to be stopped is to
// be worse than it. O(trials), for explanations.
std::string TruncationSelection::survivor(std::uint32_t interval, const OrderStatistics& bests,
                                          std::uint64_t cut) const {
  if (cut >= bests.size()) return "";
  const double key = bests.select(cut);
  const auto trial = table_.first_that(interval, [&](TrialId, const auto& curve) {
    return rank_key(goal_, table_.summary_at(curve, interval).best(goal_)) == key;
  });
  if (!trial) return "";
  return fmt::format("; the line is trial {} with {}", index_of(*trial),
                     python_float(value_of_key(goal_, key)));
}

std::unique_ptr<TerminationPolicy> make_truncation_selection(const PolicyContext& context,
                                                             Findings& findings) {
  OptionReader reader(context.options, findings, context.strict);
  const auto percentage = reader.integer("truncation_percentage");
  const bool in_range = percentage && *percentage >= 1 && *percentage <= 99;
  if (!in_range && (percentage || reader.raw("truncation_percentage") == nullptr)) {
    reader.fail("truncation_percentage",
                percentage ? fmt::format("expected an integer from 1 to 99, found {}", *percentage)
                           : "missing: expected an integer from 1 to 99",
                "for instance truncation_percentage: 20");
  }
  const bool exclude_finished = reader.boolean("exclude_finished_jobs").value_or(false);
  if (context.strict && reader.raw("exclude_finished_jobs") != nullptr) {
    reader.fail("exclude_finished_jobs", "Azure's schema has no such field in a YAML file");
  }
  reader.finish();
  if (!in_range) return nullptr;
  return std::make_unique<TruncationSelection>(
      context, Rule{static_cast<std::uint32_t>(*percentage), exclude_finished});
}

const PolicyEntry entry{"truncation_selection", make_truncation_selection};

}  // namespace
}  // namespace sweepjob
