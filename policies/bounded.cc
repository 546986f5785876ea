// Bounded: another policy within bounds.
//   cancel trial t at interval k if the policy does, and at least min_trials trials have reported,
//   and k >= min_intervals, and t is not the best trial (unless protect_best is false)
// The best trial is the one with the best value in all its reports so far, of all that reported and
// are not excluded, whatever became of them; of equal ones the earliest. It is the best of *now*: a
// trial that leads may be cut later, when another has passed it.
// Axis: k = 1, 2, ... of the trial's k-th report.
#include <fmt/format.h>

#include "model/value.h"
#include "policies/catalog.h"
#include "policies/comparison.h"
#include "policies/curve_table.h"
#include "policies/prefix_leaders.h"
#include "policies/read_options.h"
#include "policies/verdict_text.h"

namespace sweepjob {
namespace {

struct Bounds {
  std::uint32_t min_trials = 0;
  std::uint32_t min_intervals = 0;
  bool protect_best = true;
};

class Bounded final : public TerminationPolicy {
 public:
  Bounded(Goal goal, Bounds bounds, std::unique_ptr<TerminationPolicy> policy)
      : goal_(goal), bounds_(bounds), policy_(std::move(policy)) {}

  void observe(const TrialEvent& event) override {
    policy_->observe(event);
    table_.fold(
        event,
        [this](TrialId trial, std::uint32_t, double value, const BestSoFar&) {
          best_.offer(0, {rank_key(goal_, value), trial});
        },
        [this](TrialId trial, std::uint32_t, const BestSoFar&) { best_.withdraw(0, trial); });
  }
  [[nodiscard]] Verdict judge(const Report& report) const override {
    Verdict inner = policy_->judge(report);
    return inner.stop ? bound(report, std::move(inner), false) : inner;
  }
  [[nodiscard]] Verdict explain(const Report& report) const override {
    return bound(report, policy_->explain(report), true);
  }

 private:
  [[nodiscard]] Verdict bound(const Report& report, Verdict verdict, bool explained) const;
  [[nodiscard]] std::string shield(const Report& report) const;
  [[nodiscard]] PrefixLeaders::Leader leader() const;

  Goal goal_;
  Bounds bounds_;
  std::unique_ptr<TerminationPolicy> policy_;
  CurveTable<BestSoFar> table_;
  mutable PrefixLeaders best_;  // one slot: all intervals
};

// The verdict of the policy inside, with what the bounds make of it.
Verdict Bounded::bound(const Report& report, Verdict verdict, bool explained) const {
  const std::string protection = verdict.stop ? shield(report) : "";
  if (protection.empty()) {
    verdict.reason.insert(0, "bounded: ");
    return verdict;
  }
  if (!explained) return passed();
  const std::string why = protection + ", although " + verdict.reason;
  return among(std::move(verdict.others), kept("bounded", report.interval, why));
}

// Why the trial may not be cut; empty when it may.
std::string Bounded::shield(const Report& report) const {
  if (table_.comparable() < bounds_.min_trials) {
    return fmt::format("{} < {} trials have reported", table_.comparable(), bounds_.min_trials);
  }
  if (report.interval < bounds_.min_intervals) {
    return fmt::format("{} < {} intervals", report.interval, bounds_.min_intervals);
  }
  if (!bounds_.protect_best) return "";
  const PrefixLeaders::Leader best = leader();
  if (best.trial != report.trial || std::isinf(best.key)) return "";
  const double value = goal_ == Goal::Minimize ? 0.0 - best.key : best.key;
  return "the trial is the best so far with " + python_float(value);
}

// Only after the best trial took values back all are looked at, once.
PrefixLeaders::Leader Bounded::leader() const {
  const PrefixLeaders::Range stale = best_.stale_range();
  if (stale.first != stale.end) {
    for (std::size_t i = 0; i < table_.curves().size(); ++i) {
      best_.refill(0, {rank_key(goal_, table_.curves()[i].summary.best(goal_)), TrialId(i)});
    }
    best_.finish_refill();
  }
  return best_.leader(0);
}

std::unique_ptr<TerminationPolicy> make_bounded(const PolicyContext& context, Findings& findings) {
  OptionReader reader(context.options, findings, context.strict);
  Bounds bounds;
  bounds.min_trials = read_count(reader, "min_trials", 0, 0);
  bounds.min_intervals = read_count(reader, "min_intervals", 0, 0);
  bounds.protect_best = reader.boolean("protect_best").value_or(true);
  if (!bounds.protect_best && bounds.min_trials == 0 && bounds.min_intervals == 0) {
    reader.fail("protect_best",
                "bounded has no bound: give min_trials, min_intervals or "
                "protect_best: true");
  }
  std::unique_ptr<TerminationPolicy> policy;
  static_cast<void>(reader.raw("policy"));
  if (const auto options = nested_options(context.options, "policy", findings)) {
    policy = make_inner_policy(context, *options, findings);
  }
  reader.finish();
  if (!policy) return nullptr;
  return std::make_unique<Bounded>(context.goal, bounds, std::move(policy));
}

const PolicyEntry entry{"bounded", make_bounded};

}  // namespace
}  // namespace sweepjob
