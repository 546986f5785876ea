// Hyperband's brackets: the sampler itself, whatever draws its configurations
// (samplers/hyperband.cc says which rule; samplers/bohb.cc is another user), and how its options
// are read. Layer 2; as thread-safe as any sampler.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "samplers/budget/budget_options.h"
#include "samplers/budget/configurations.h"
#include "samplers/budget/lane.h"

namespace sweepjob {

using Brackets = std::vector<std::vector<Rung>>;

struct BracketSettings {
  std::uint64_t rounds = 1;  // 0: until the limits
  bool serial = false;
  bool queue = false;  // first come, first served, as in NNI
};

class Hyperband : public Sampler {
 public:
  Hyperband(Goal goal, std::unique_ptr<Configurations> source, const BracketSettings& settings,
            Brackets brackets, BudgetPlan plan)
      : goal_(goal),
        source_(std::move(source)),
        settings_(settings),
        brackets_(std::move(brackets)),
        plan_(std::move(plan)) {}

  void observe(const TrialEvent& event) override;

  [[nodiscard]] Proposals propose(std::span<const TrialId> trials, const Rng& rng) const override;

  [[nodiscard]] bool needs_results() const override { return true; }
  [[nodiscard]] bool slow() const override { return source_->slow(); }
  [[nodiscard]] std::optional<BudgetPlan> budget_plan() const override { return plan_; }

 private:
  void add(const TrialAdded& added);

  Lane* lane_of(TrialId trial);

  [[nodiscard]] std::uint64_t left_of(std::size_t lane) const {
    return lanes_[lane].rungs().front().trials - lanes_[lane].fresh();
  }
  [[nodiscard]] bool is_over(std::size_t lane) const;
  [[nodiscard]] bool all_started() const;
  [[nodiscard]] bool may_start() const;

  // The first in the queue, else the earliest bracket that has any: brackets end in their order.
  // `all_drawn`: nothing fresh comes any more, also to a bracket that is not full.
  [[nodiscard]] std::vector<Proposal> promote(std::size_t wanted, bool all_drawn) const;
  [[nodiscard]] std::vector<Proposal> promote_from(std::size_t lane, std::size_t wanted,
                                                   bool all_drawn) const;
  // A bracket joins the end when it gets something to promote, and leaves when it has none.
  void join_queue(TrialId trial);

  // "bracket 4 ", and "round 2 bracket 4 " from the second round on; s counts down, as in the
  // paper.
  [[nodiscard]] std::string name_of(std::size_t lane) const;

  Goal goal_;
  std::unique_ptr<Configurations> source_;
  BracketSettings settings_;
  Brackets brackets_;
  BudgetPlan plan_;
  std::vector<Lane> lanes_;         // one for each bracket that has begun, in order
  std::size_t first_ = 0;           // lanes before it have ended
  std::vector<std::size_t> queue_;  // lanes with promotions, in the order in which they got them
  std::unordered_map<TrialId, std::size_t> of_trial_;
};

// `brackets`, the number of them, is read too: the first so many only. Nothing, with errors, where
// they cannot be.
[[nodiscard]] std::optional<Brackets> read_brackets(OptionReader& reader,
                                                    const BudgetOptions& budget,
                                                    HyperbandFormula formula);
[[nodiscard]] BudgetPlan plan_of(const Brackets& brackets, const BracketSettings& settings,
                                 bool use_is_assumed);

}  // namespace sweepjob
