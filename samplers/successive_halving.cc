// Successive halving, synchronous (Jamieson and Talwalkar 2016), as d2l's
// SuccessiveHalvingScheduler:
//
//   rung k trains n_k = floor(prefact * eta^(K-k)) configurations to r_min * eta^k, the last to
//   r_max (also where r_max is no such number), and the best n_{k+1} of every n_k results go on.
//
// A result is the last value that a trial reported, as the scheduler is told the error at the end
// of an evaluation. While a rung misses results and a slot is free, a new round starts: rounds
// share the rungs. Promotions go before fresh configurations, the highest rung first and the best
// first in it, as the chapter's text says; `strict_compat: true` takes what the chapter's code
// takes, which pops its queue from the end (d2l, section "Multi-Fidelity Hyperparameter
// Optimization").
#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "samplers/budget/budget_options.h"
#include "samplers/budget/configurations.h"
#include "samplers/budget/lane.h"
#include "samplers/catalog.h"

namespace sweepjob {
namespace {

struct Settings {
  BudgetOptions budget;
  double prefact = 1;
  std::uint64_t rounds = 0;  // 0: until the limits
  bool strict_compat = false;
};

class SuccessiveHalving : public Sampler {
 public:
  SuccessiveHalving(Goal goal, std::unique_ptr<Configurations> source, const Settings& settings,
                    const std::vector<Rung>& rungs, BudgetPlan plan)
      : source_(std::move(source)),
        settings_(settings),
        plan_(std::move(plan)),
        lane_(rungs, goal,
              settings.strict_compat ? PromotionOrder::PopFromEnd
                                     : PromotionOrder::HighestRungFirst) {}

  void observe(const TrialEvent& event) override {
    source_->observe(event);
    if (const auto* added = std::get_if<TrialAdded>(&event)) {
      const auto& parent = added->proposal.parent;
      if (parent && lane_.has(*parent)) {
        lane_.add_promoted(added->trial, *parent);
      } else {
        lane_.add_fresh(added->trial);
      }
    } else if (const auto* ended = std::get_if<TrialEnded>(&event)) {
      lane_.end(ended->trial, result_of(*ended));
    } else if (const auto* reopened = std::get_if<TrialReopened>(&event)) {
      lane_.reopen(reopened->trial);
    }
  }

  [[nodiscard]] Proposals propose(std::span<const TrialId> trials, const Rng& rng) const override {
    const auto promotions = lane_.promotions(trials.size());
    const bool fresh_first = settings_.strict_compat && left_of_round() > 0;
    if (!fresh_first && !promotions.empty()) return source_->promote(promotions, lane_.rungs());
    Proposals fresh =
        source_->draw(std::min<std::uint64_t>(trials.size(), fresh_allowed(fresh_first)), rng,
                      lane_.rungs().front().budget, "rung 0");
    if (std::holds_alternative<std::vector<Proposal>>(fresh)) return fresh;
    if (!promotions.empty()) return source_->promote(promotions, lane_.rungs());
    if (std::holds_alternative<Wait>(fresh)) return fresh;
    const auto closing = lane_.closing(trials.size());
    if (!closing.empty()) return source_->promote(closing, lane_.rungs());
    if (lane_.is_running()) return Wait{};
    return Exhausted{};
  }

  [[nodiscard]] bool needs_results() const override { return true; }
  [[nodiscard]] bool slow() const override { return source_->slow(); }
  [[nodiscard]] std::optional<BudgetPlan> budget_plan() const override { return plan_; }

 private:
  // A round that has begun is drawn to its end.
  [[nodiscard]] std::uint64_t left_of_round() const {
    const std::uint64_t over = lane_.fresh() % plan_.configurations;
    return over == 0 ? 0 : plan_.configurations - over;
  }
  [[nodiscard]] std::uint64_t fresh_allowed(bool of_this_round) const {
    if (of_this_round) return left_of_round();
    if (settings_.rounds == 0) return UINT64_MAX;
    const std::uint64_t all = settings_.rounds * plan_.configurations;
    return all - std::min(all, lane_.fresh());
  }

  std::unique_ptr<Configurations> source_;
  Settings settings_;
  BudgetPlan plan_;
  Lane lane_;
};

// The rungs, or an error about prefact or the size of a round.
std::optional<std::vector<Rung>> read_rungs(OptionReader& reader, const Settings& settings) {
  const BudgetOptions& budget = settings.budget;
  if (!(std::isfinite(settings.prefact) && settings.prefact > 0)) {
    reader.fail("prefact", "expected a number greater than 0");
    return std::nullopt;
  }
  auto rungs = halving_rungs(budget.min, budget.max, budget.eta, settings.prefact);
  const std::uint64_t first = rungs.front().trials;
  if (first == 0) {
    reader.fail("prefact", "a round has no configurations: prefact is too small", "prefact: 1");
  } else if (first > kMaxConfigurations) {
    reader.fail(
        "max_budget",
        fmt::format("a round has {} configurations, more than {}", first, kMaxConfigurations),
        "bring min_budget and max_budget closer together");
  } else {
    return rungs;
  }
  return std::nullopt;
}

std::unique_ptr<Sampler> make_successive_halving(const SamplerContext& context,
                                                 Findings& findings) {
  const std::size_t errors = findings.error_count();
  OptionReader reader(context.options, findings, context.strict);
  Settings settings;
  const auto budget = read_budget_options(reader, context.options);
  settings.prefact = reader.number("prefact").value_or(1);
  settings.rounds = read_rounds(reader, 0);
  settings.strict_compat = reader.boolean("strict_compat").value_or(false);
  reader.finish();
  std::optional<std::vector<Rung>> rungs;
  if (budget) {
    settings.budget = *budget;
    rungs = read_rungs(reader, settings);
  }
  auto source = Configurations::make(context, findings);
  if (!rungs || findings.error_count() > errors) return nullptr;

  BudgetPlan plan;
  plan.configurations = rungs->front().trials;
  plan.rounds = settings.rounds;
  plan.use_is_assumed = budget->assume_used;
  add_rungs(plan, "", *rungs);
  note_plan(plan, context, findings);
  if (rungs->back().trials == 0) {
    findings.warning(context.options.where, context.options.path + ".prefact",
                     "no configuration reaches max_budget", "prefact: 1");
  }
  return std::make_unique<SuccessiveHalving>(context.objectives.front().goal, std::move(source),
                                             settings, *rungs, std::move(plan));
}

const SamplerEntry entry{"successive_halving", make_successive_halving};

}  // namespace
}  // namespace sweepjob
