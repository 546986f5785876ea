// ASHA, promoting (Li, Jamieson, Rostamizadeh, et al. 2020, MLSys, Algorithm 2), as in d2l:
//
//   a free slot goes to the best trial that is among the best floor(|rung k| / eta) of all results
//   of rung k and has not gone on yet, for the highest rung k that has one; else to a fresh
//   configuration at min_budget. Rung k trains to min_budget * eta^k, capped at max_budget.
//
// There are no rounds: rungs only grow, and no slot ever waits. A result is the last value that a
// trial reported; what failed, was cut or timed out counts in |rung k|, infinitely bad, and never
// goes on. Ties go to the earlier trial. A trial that is started again by hand takes its result
// with it. The stopping variant, which trains every trial once, is the policy `asha`.
#include <algorithm>
#include <cmath>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>

#include "samplers/budget/budget_options.h"
#include "samplers/budget/configurations.h"
#include "samplers/catalog.h"

namespace sweepjob {
namespace {

// Lower is better; the trial breaks ties.
using Key = std::pair<double, TrialId>;

// The results of one rung, and which of its best floor(n / eta) have not gone on. O(log n) a
// change.
class AshaRung {
 public:
  explicit AshaRung(double eta) : eta_(eta) {}

  void add(const Key& key, bool has_gone_on) {
    if (has_gone_on) gone_on_.insert(key.second);
    if (!top_.empty() && key < *top_.rbegin()) {
      enter_top(key);
    } else {
      rest_.insert(key);
    }
    balance();
  }
  void remove(const Key& key) {
    if (rest_.erase(key) == 0) leave_top(key);
    balance();
  }
  void goes_on(const Key& key) {
    gone_on_.insert(key.second);
    candidates_.erase(key);
  }

  [[nodiscard]] const std::set<Key>& candidates() const { return candidates_; }  // best first

 private:
  void enter_top(const Key& key) {
    top_.insert(key);
    if (std::isfinite(key.first) && !gone_on_.contains(key.second)) candidates_.insert(key);
  }
  void leave_top(const Key& key) {
    top_.erase(key);
    candidates_.erase(key);
  }
  void balance() {
    const std::uint64_t size = floor_count(static_cast<double>(top_.size() + rest_.size()) / eta_);
    while (top_.size() > size) {
      const Key worst = *top_.rbegin();
      leave_top(worst);
      rest_.insert(worst);
    }
    while (top_.size() < size) {
      const Key best = *rest_.begin();
      rest_.erase(best);
      enter_top(best);
    }
  }

  double eta_;
  std::set<Key> top_, rest_, candidates_;
  std::unordered_set<TrialId> gone_on_;
};

class AshaPromotion : public Sampler {
 public:
  AshaPromotion(Goal goal, std::unique_ptr<Configurations> source, const BudgetOptions& options,
                BudgetPlan plan)
      : goal_(goal), source_(std::move(source)), plan_(std::move(plan)) {
    for (const double budget : halving_budgets(options.min, options.max, options.eta)) {
      table_.push_back({budget, 0});
      rungs_.emplace_back(options.eta);
    }
  }

  void observe(const TrialEvent& event) override {
    source_->observe(event);
    if (const auto* added = std::get_if<TrialAdded>(&event)) {
      add(*added);
    } else if (const auto* ended = std::get_if<TrialEnded>(&event)) {
      end(*ended);
    } else if (const auto* reopened = std::get_if<TrialReopened>(&event)) {
      reopen(reopened->trial);
    }
  }

  [[nodiscard]] Proposals propose(std::span<const TrialId> trials, const Rng& rng) const override {
    for (auto rung = static_cast<std::uint32_t>(rungs_.size() - 1); rung-- > 0;) {
      std::vector<Promotion> promotions;
      for (const auto& [value, trial] : rungs_[rung].candidates()) {
        if (promotions.size() == trials.size()) break;
        promotions.push_back({trial, rung + 1});
      }
      if (!promotions.empty()) return source_->promote(promotions, table_);
    }
    Proposals fresh = source_->draw(trials.size(), rng, table_.front().budget, "rung 0");
    if (std::holds_alternative<Exhausted>(fresh) && running_ > 0) return Wait{};
    return fresh;
  }

  [[nodiscard]] bool needs_results() const override { return true; }
  [[nodiscard]] bool slow() const override { return source_->slow(); }
  [[nodiscard]] std::optional<BudgetPlan> budget_plan() const override { return plan_; }

 private:
  struct Evaluation {
    std::uint32_t rung = 0;
    std::optional<Key> result;  // none: it is running
    bool has_gone_on = false;
  };

  void add(const TrialAdded& added) {
    Evaluation evaluation;
    const auto& parent = added.proposal.parent;
    if (const auto found = parent ? trials_.find(*parent) : trials_.end(); found != trials_.end()) {
      Evaluation& before = found->second;
      before.has_gone_on = true;
      if (before.result) rungs_[before.rung].goes_on(*before.result);
      evaluation.rung = std::min(before.rung + 1, static_cast<std::uint32_t>(rungs_.size() - 1));
    }
    if (trials_.emplace(added.trial, evaluation).second) ++running_;
  }
  void end(const TrialEnded& ended) {
    const auto found = trials_.find(ended.trial);
    if (found == trials_.end() || found->second.result) return;
    Evaluation& evaluation = found->second;
    evaluation.result = Key{-rank_key(goal_, result_of(ended)), ended.trial};
    rungs_[evaluation.rung].add(*evaluation.result, evaluation.has_gone_on);
    --running_;
  }
  void reopen(TrialId trial) {
    const auto found = trials_.find(trial);
    if (found == trials_.end() || !found->second.result) return;
    rungs_[found->second.rung].remove(*found->second.result);
    found->second.result.reset();
    ++running_;
  }

  Goal goal_;
  std::unique_ptr<Configurations> source_;
  BudgetPlan plan_;
  std::vector<Rung> table_;  // budgets alone
  std::vector<AshaRung> rungs_;
  std::unordered_map<TrialId, Evaluation> trials_;
  std::uint64_t running_ = 0;
};

// As many trials in each rung as there would be had all of them ended: floor(C / eta^k) for the
// largest number C of configurations that max_total_trials have room for.
BudgetPlan plan_of(const BudgetOptions& options, std::uint64_t max_total_trials) {
  std::vector<Rung> rungs;
  for (const double budget : halving_budgets(options.min, options.max, options.eta)) {
    rungs.push_back({budget, 0});
  }
  const auto fill = [&](std::uint64_t configurations) {
    std::uint64_t sum = 0, trials = configurations;
    for (Rung& rung : rungs) {
      rung.trials = trials;
      sum += trials;
      trials = floor_count(static_cast<double>(trials) / options.eta);
    }
    return sum;
  };
  std::uint64_t low = 0, high = max_total_trials;
  while (low < high) {
    const std::uint64_t middle = low + (high - low + 1) / 2;
    if (fill(middle) <= max_total_trials) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  fill(low);
  BudgetPlan plan;
  plan.configurations = low;
  plan.is_estimate = true;
  plan.use_is_assumed = options.assume_used;
  add_rungs(plan, "", rungs);
  return plan;
}

std::unique_ptr<Sampler> make_asha_promotion(const SamplerContext& context, Findings& findings) {
  const std::size_t errors = findings.error_count();
  OptionReader reader(context.options, findings, context.strict);
  const auto options = read_budget_options(reader, context.options);
  reader.finish();
  auto source = Configurations::make(context, findings);
  if (!options || findings.error_count() > errors) return nullptr;
  BudgetPlan plan = plan_of(*options, context.max_total_trials);
  note_plan(plan, context, findings);
  return std::make_unique<AshaPromotion>(context.objectives.front().goal, std::move(source),
                                         *options, std::move(plan));
}

const SamplerEntry entry{"asha_promotion", make_asha_promotion};

}  // namespace
}  // namespace sweepjob
