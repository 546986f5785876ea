#include "samplers/budget/brackets.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace sweepjob {

void Hyperband::observe(const TrialEvent& event) {
  source_->observe(event);
  if (const auto* added = std::get_if<TrialAdded>(&event)) {
    add(*added);
    join_queue(added->trial);
  } else if (const auto* ended = std::get_if<TrialEnded>(&event)) {
    if (Lane* lane = lane_of(ended->trial)) lane->end(ended->trial, result_of(*ended));
    join_queue(ended->trial);
  } else if (const auto* reopened = std::get_if<TrialReopened>(&event)) {
    if (Lane* lane = lane_of(reopened->trial)) lane->reopen(reopened->trial);
    join_queue(reopened->trial);
  }
  while (first_ < lanes_.size() && is_over(first_)) ++first_;
}

Proposals Hyperband::propose(std::span<const TrialId> trials, const Rng& rng) const {
  const bool is_new = lanes_.empty() || left_of(lanes_.size() - 1) == 0;
  if (is_new || !settings_.queue) {
    auto promoted = promote(trials.size(), false);
    if (!promoted.empty()) return promoted;
  }
  Proposals fresh = Exhausted{};
  if (!is_new || may_start()) {
    const std::size_t lane = is_new ? lanes_.size() : lanes_.size() - 1;
    const std::vector<Rung>& rungs = brackets_[lane % brackets_.size()];
    const std::uint64_t left = is_new ? rungs.front().trials : left_of(lane);
    fresh = source_->draw(std::min<std::uint64_t>(trials.size(), left), rng, rungs.front().budget,
                          name_of(lane) + "rung 0");
  } else if (!all_started()) {
    fresh = Wait{};
  }
  if (std::holds_alternative<std::vector<Proposal>>(fresh)) return fresh;
  const bool all_drawn = std::holds_alternative<Exhausted>(fresh);
  auto promoted = promote(trials.size(), all_drawn);
  if (!promoted.empty()) return promoted;
  if (!all_drawn) return fresh;
  if (std::any_of(lanes_.begin() + static_cast<std::ptrdiff_t>(first_), lanes_.end(),
                  [](const Lane& lane) { return lane.is_running(); })) {
    return Wait{};
  }
  return Exhausted{};
}

void Hyperband::add(const TrialAdded& added) {
  const auto& parent = added.proposal.parent;
  const auto found = parent ? of_trial_.find(*parent) : of_trial_.end();
  if (found != of_trial_.end()) {
    const std::size_t lane = found->second;
    of_trial_.emplace(added.trial, lane);
    lanes_[lane].add_promoted(added.trial, *parent);
    return;
  }
  if (lanes_.empty() || left_of(lanes_.size() - 1) == 0) {
    lanes_.emplace_back(brackets_[lanes_.size() % brackets_.size()], goal_,
                        PromotionOrder::HighestRungFirst);
  }
  of_trial_.emplace(added.trial, lanes_.size() - 1);
  lanes_.back().add_fresh(added.trial);
}

Lane* Hyperband::lane_of(TrialId trial) {
  const auto found = of_trial_.find(trial);
  if (found == of_trial_.end()) return nullptr;
  first_ = std::min(first_, found->second);  // it may have been started again by hand
  return &lanes_[found->second];
}

bool Hyperband::is_over(std::size_t lane) const {
  return left_of(lane) == 0 && !lanes_[lane].is_running() && lanes_[lane].promotions(1).empty() &&
         lanes_[lane].closing(1).empty();
}

bool Hyperband::all_started() const {
  return settings_.rounds > 0 && lanes_.size() >= settings_.rounds * brackets_.size();
}

bool Hyperband::may_start() const {
  return !all_started() && (!settings_.serial || first_ == lanes_.size());
}

std::vector<Proposal> Hyperband::promote(std::size_t wanted, bool all_drawn) const {
  for (const std::size_t i : queue_) {
    auto promoted = promote_from(i, wanted, all_drawn);
    if (!promoted.empty()) return promoted;
  }
  for (std::size_t i = first_; i < lanes_.size(); ++i) {
    auto promoted = promote_from(i, wanted, all_drawn);
    if (!promoted.empty()) return promoted;
  }
  return {};
}

std::vector<Proposal> Hyperband::promote_from(std::size_t lane, std::size_t wanted,
                                              bool all_drawn) const {
  auto promotions = lanes_[lane].promotions(wanted);
  if (promotions.empty() && (all_drawn || left_of(lane) == 0)) {
    promotions = lanes_[lane].closing(wanted);
  }
  return source_->promote(promotions, lanes_[lane].rungs(), name_of(lane));
}

void Hyperband::join_queue(TrialId trial) {
  const auto found = of_trial_.find(trial);
  if (!settings_.queue || found == of_trial_.end()) return;
  const std::size_t lane = found->second;
  const auto at = std::find(queue_.begin(), queue_.end(), lane);
  const bool waits = !promote_from(lane, 1, false).empty();
  if (waits && at == queue_.end()) queue_.push_back(lane);
  if (!waits && at != queue_.end()) queue_.erase(at);
}

std::string Hyperband::name_of(std::size_t lane) const {
  const std::size_t round = lane / brackets_.size() + 1;
  const std::size_t s = brackets_[lane % brackets_.size()].size() - 1;
  return (round == 1 ? "" : fmt::format("round {} ", round)) + fmt::format("bracket {} ", s);
}

std::optional<Brackets> read_brackets(OptionReader& reader, const BudgetOptions& budget,
                                      HyperbandFormula formula) {
  const auto wanted = reader.integer("brackets");
  auto brackets = hyperband_brackets(budget.min, budget.max, budget.eta, formula);
  const std::uint64_t first = brackets.front().front().trials;
  if (first > kMaxConfigurations) {
    reader.fail("max_budget",
                fmt::format("the first bracket has {} configurations, more than {}", first,
                            kMaxConfigurations),
                "bring min_budget and max_budget closer together");
    return std::nullopt;
  }
  if (brackets.front().front().budget <= 0) {
    reader.fail("formula", "nni rounds the smallest budget down to 0",
                "formula: paper, or larger budgets");
    return std::nullopt;
  }
  if (wanted && (*wanted < 1 || *wanted > static_cast<std::int64_t>(brackets.size()))) {
    reader.fail("brackets", fmt::format("expected 1 to {}, the brackets between these budgets",
                                        brackets.size()));
    return std::nullopt;
  }
  if (wanted) brackets.resize(static_cast<std::size_t>(*wanted));
  return brackets;
}

BudgetPlan plan_of(const Brackets& brackets, const BracketSettings& settings, bool use_is_assumed) {
  BudgetPlan plan;
  plan.rounds = settings.rounds;
  plan.use_is_assumed = use_is_assumed;
  for (const std::vector<Rung>& rungs : brackets) {
    plan.configurations += rungs.front().trials;
    add_rungs(plan, fmt::format("bracket {} ", rungs.size() - 1), rungs);
  }
  return plan;
}

}  // namespace sweepjob
