#include "samplers/budget/configurations.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "model/check.h"
#include "samplers/catalog.h"

namespace sweepjob {
namespace {

constexpr const char* kOption = "sampler";

void rename(TrialEvent& event, TrialId trial) {
  std::visit(
      [trial](auto& one) {
        if constexpr (requires { one.report; }) {
          one.report.trial = trial;
        } else {
          one.trial = trial;
        }
      },
      event);
}

}  // namespace

std::unique_ptr<Configurations> Configurations::make(const SamplerContext& context,
                                                     Findings& findings) {
  Options options;
  options.type = "random";
  options.path = context.options.path + "." + kOption;
  options.where = context.options.where;
  const Option* given = context.options.find(kOption);
  if (given != nullptr && !given->value.is_null()) {
    auto nested = nested_options(context.options, kOption, findings);
    if (!nested) return nullptr;
    options = *std::move(nested);
  }
  // It draws fewer configurations than the sweep has trials: no limit to compare them with.
  auto inner = make_sampler({.space = context.space,
                             .options = options,
                             .objectives = context.objectives,
                             .max_total_trials = 0,
                             .allow_duplicates = context.allow_duplicates,
                             .strict = context.strict,
                             .max_concurrent_trials = context.max_concurrent_trials,
                             .goal_where = context.goal_where},
                            findings);
  if (inner == nullptr) return nullptr;
  if (inner->budget_plan()) {
    findings.error(options.where, options.path,
                   fmt::format("{} gives budgets itself: it cannot draw for {}", options.type,
                               context.options.type),
                   "name a sampler that draws configurations here, for instance random");
    return nullptr;
  }
  return std::make_unique<Configurations>(std::move(inner));
}

void Configurations::observe(const TrialEvent& event) {
  if (const auto* added = std::get_if<TrialAdded>(&event)) return add(*added);
  const TrialId trial = trial_of(event);
  const auto found = of_trial_.find(trial);
  if (found == of_trial_.end()) return;
  Configuration& configuration = all_[found->second];
  if (configuration.newest != trial) return;  // its result has been replaced
  if (std::holds_alternative<TrialEnded>(event)) configuration.ended = true;
  if (std::holds_alternative<TrialReopened>(event)) configuration.ended = false;
  TrialEvent renamed = event;
  rename(renamed, TrialId{found->second});
  inner_->observe(renamed);
}

void Configurations::add(const TrialAdded& added) {
  const auto parent =
      added.proposal.parent ? of_trial_.find(*added.proposal.parent) : of_trial_.end();
  if (parent == of_trial_.end()) {
    const TrialId id{drawn()};
    of_trial_.emplace(added.trial, drawn());
    all_.push_back({added.proposal.params, added.trial, false});
    TrialAdded fresh{id, {}};
    fresh.proposal.params = added.proposal.params;
    fresh.proposal.note = added.proposal.note;
    inner_->observe(fresh);
    return;
  }
  const std::uint32_t index = parent->second;
  of_trial_.emplace(added.trial, index);
  Configuration& configuration = all_[index];
  configuration.newest = added.trial;
  if (std::exchange(configuration.ended, false)) inner_->observe(TrialReopened{TrialId{index}});
}

Proposals Configurations::draw(std::uint64_t count, const Rng& rng, std::optional<double> budget,
                               const std::string& note) const {
  if (count == 0) return Exhausted{};
  std::vector<TrialId> ids;
  for (std::uint32_t i = 0; i < count; ++i) ids.push_back(TrialId{drawn() + i});
  Proposals answer = inner_->propose(ids, rng);
  if (auto* proposals = std::get_if<std::vector<Proposal>>(&answer)) {
    for (Proposal& proposal : *proposals) {
      if (budget) proposal.budget = Budget{*budget};
      proposal.note = note + (proposal.note.empty() ? "" : "; " + proposal.note);
    }
  }
  return answer;
}

std::vector<Proposal> Configurations::promote(const std::vector<Promotion>& promotions,
                                              const std::vector<Rung>& rungs,
                                              const std::string& prefix) const {
  std::vector<Proposal> proposals;
  for (const Promotion& one : promotions) {
    const auto found = of_trial_.find(one.parent);
    SWEEPJOB_CHECK(found != of_trial_.end(), "only a trial that was observed is promoted");
    proposals.push_back({all_[found->second].params, Budget{rungs[one.rung].budget}, one.parent,
                         fmt::format("{}rung {}", prefix, one.rung)});
  }
  return proposals;
}

}  // namespace sweepjob
