// Hyperband (Li, Jamieson, DeSalvo, Rostamizadeh, Talwalkar 2018, JMLR 18(185), Algorithm 1):
//
//   brackets s = s_max, ..., 0 with s_max = floor(log_eta(R)), R = max_budget / min_budget:
//   n = ceil((s_max + 1) / (s + 1) * eta^s) configurations; rung i trains n_i = floor(n * eta^-i)
//   of them to r_i = max_budget * eta^(i - s), and the best n_{i+1} go on.
//
// `formula: paper` leaves the budgets as they are; `formula: nni` rounds them down to whole
// numbers, as NNI's advisor does (docs Hyperband), which gives the same counts, and lets promoted
// configurations wait at the end of the queue, behind what a bracket that has begun has not drawn
// yet; else they go first, those of the earliest bracket before others. A result is the
// last value that a trial reported, as in NNI. `exec_mode: parallelism`: while a rung misses
// results and a slot is free, the next bracket starts; `serial`: only when the bracket before has
// ended. The paper's algorithm is one round of all brackets, and so is the default; NNI repeats
// them: `rounds: 0`.
#include <algorithm>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "samplers/budget/budget_options.h"
#include "samplers/budget/configurations.h"
#include "samplers/budget/lane.h"
#include "samplers/catalog.h"

namespace sweepjob {
namespace {

using Brackets = std::vector<std::vector<Rung>>;

struct Settings {
  std::uint64_t rounds = 1;  // 0: until the limits
  bool serial = false;
  bool queue = false;  // first come, first served, as in NNI
};

class Hyperband : public Sampler {
 public:
  Hyperband(Goal goal, std::unique_ptr<Configurations> source, const Settings& settings,
            Brackets brackets, BudgetPlan plan)
      : goal_(goal),
        source_(std::move(source)),
        settings_(settings),
        brackets_(std::move(brackets)),
        plan_(std::move(plan)) {}

  void observe(const TrialEvent& event) override {
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

  [[nodiscard]] Proposals propose(std::span<const TrialId> trials, const Rng& rng) const override {
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

  [[nodiscard]] bool needs_results() const override { return true; }
  [[nodiscard]] bool slow() const override { return source_->slow(); }
  [[nodiscard]] std::optional<BudgetPlan> budget_plan() const override { return plan_; }

 private:
  void add(const TrialAdded& added) {
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

  Lane* lane_of(TrialId trial) {
    const auto found = of_trial_.find(trial);
    if (found == of_trial_.end()) return nullptr;
    first_ = std::min(first_, found->second);  // it may have been started again by hand
    return &lanes_[found->second];
  }

  [[nodiscard]] std::uint64_t left_of(std::size_t lane) const {
    return lanes_[lane].rungs().front().trials - lanes_[lane].fresh();
  }
  [[nodiscard]] bool is_over(std::size_t lane) const {
    return left_of(lane) == 0 && !lanes_[lane].is_running() && lanes_[lane].promotions(1).empty() &&
           lanes_[lane].closing(1).empty();
  }
  [[nodiscard]] bool all_started() const {
    return settings_.rounds > 0 && lanes_.size() >= settings_.rounds * brackets_.size();
  }
  [[nodiscard]] bool may_start() const {
    return !all_started() && (!settings_.serial || first_ == lanes_.size());
  }

  // The first in the queue, else the earliest bracket that has any: brackets end in their order.
  // `all_drawn`: nothing fresh comes any more, also to a bracket that is not full.
  [[nodiscard]] std::vector<Proposal> promote(std::size_t wanted, bool all_drawn) const {
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
  [[nodiscard]] std::vector<Proposal> promote_from(std::size_t lane, std::size_t wanted,
                                                   bool all_drawn) const {
    auto promotions = lanes_[lane].promotions(wanted);
    if (promotions.empty() && (all_drawn || left_of(lane) == 0)) {
      promotions = lanes_[lane].closing(wanted);
    }
    return source_->promote(promotions, lanes_[lane].rungs(), name_of(lane));
  }
  // A bracket joins the end when it gets something to promote, and leaves when it has none.
  void join_queue(TrialId trial) {
    const auto found = of_trial_.find(trial);
    if (!settings_.queue || found == of_trial_.end()) return;
    const std::size_t lane = found->second;
    const auto at = std::find(queue_.begin(), queue_.end(), lane);
    const bool waits = !promote_from(lane, 1, false).empty();
    if (waits && at == queue_.end()) queue_.push_back(lane);
    if (!waits && at != queue_.end()) queue_.erase(at);
  }

  // "bracket 4 ", and "round 2 bracket 4 " from the second round on; s counts down, as in the
  // paper.
  [[nodiscard]] std::string name_of(std::size_t lane) const {
    const std::size_t round = lane / brackets_.size() + 1;
    const std::size_t s = brackets_[lane % brackets_.size()].size() - 1;
    return (round == 1 ? "" : fmt::format("round {} ", round)) + fmt::format("bracket {} ", s);
  }

  Goal goal_;
  std::unique_ptr<Configurations> source_;
  Settings settings_;
  Brackets brackets_;
  BudgetPlan plan_;
  std::vector<Lane> lanes_;         // one for each bracket that has begun, in order
  std::size_t first_ = 0;           // lanes before it have ended
  std::vector<std::size_t> queue_;  // lanes with promotions, in the order in which they got them
  std::unordered_map<TrialId, std::size_t> of_trial_;
};

std::optional<Brackets> read_brackets(OptionReader& reader, const BudgetOptions& budget,
                                      HyperbandFormula formula,
                                      const std::optional<std::int64_t>& wanted) {
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

BudgetPlan plan_of(const Brackets& brackets, const Settings& settings, bool use_is_assumed) {
  BudgetPlan plan;
  plan.rounds = settings.rounds;
  plan.use_is_assumed = use_is_assumed;
  for (const std::vector<Rung>& rungs : brackets) {
    plan.configurations += rungs.front().trials;
    add_rungs(plan, fmt::format("bracket {} ", rungs.size() - 1), rungs);
  }
  return plan;
}

std::unique_ptr<Sampler> make_hyperband(const SamplerContext& context, Findings& findings) {
  const std::size_t errors = findings.error_count();
  OptionReader reader(context.options, findings, context.strict);
  const auto budget = read_budget_options(reader, context.options);
  const bool nni = reader.word("formula", {"paper", "nni"}).value_or("paper") == "nni";
  Settings settings;
  settings.serial =
      reader.word("exec_mode", {"parallelism", "serial"}).value_or("parallelism") == "serial";
  settings.rounds = read_rounds(reader, 1);
  settings.queue = nni;
  const auto wanted = reader.integer("brackets");
  reader.finish();
  std::optional<Brackets> brackets;
  if (budget) {
    brackets = read_brackets(reader, *budget, nni ? HyperbandFormula::Nni : HyperbandFormula::Paper,
                             wanted);
  }
  auto source = Configurations::make(context, findings);
  if (!brackets || findings.error_count() > errors) return nullptr;

  BudgetPlan plan = plan_of(*brackets, settings, budget->assume_used);
  note_plan(plan, context, findings);
  return std::make_unique<Hyperband>(context.objectives.front().goal, std::move(source), settings,
                                     *std::move(brackets), std::move(plan));
}

const SamplerEntry entry{"hyperband", make_hyperband};

}  // namespace
}  // namespace sweepjob
