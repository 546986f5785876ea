#include "tests/support/sampler_life.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace sweepjob::test {
namespace {

constexpr std::uint64_t kSeed = 11;

// The options without which it takes no space at all, or ends after one round.
std::vector<Option> options_needed(const std::string& type) {
  const SearchSpace choices = small_spaces().front().space;
  const Option budget = option("max_budget", 9);
  for (const std::vector<Option>& options :
       {std::vector<Option>{budget, option("rounds", 0)}, std::vector<Option>{budget}}) {
    if (SamplerUnderTest(choices, type, options, true, true).exists()) return options;
  }
  return {};
}

void add_pair(std::vector<SamplerCase>& cases, const SamplerCase& one) {
  cases.push_back(one);
  cases.push_back(one);
  cases.back().label += "_distinct";
  cases.back().allow_duplicates = false;
}

// Between 0 and 1, for a leaf of any type.
double height_of(const Value& value) {
  double storage = 0;
  if (const double* number = value.as_number(storage)) return 0.5 + std::atan(*number - 1) / M_PI;
  std::uint32_t hash = 7;
  for (const char c : to_json(value)) hash = hash * 31 + static_cast<unsigned char>(c);
  return hash % 97 / 97.0;
}

}  // namespace

std::vector<SamplerCase> sampler_cases() {
  std::vector<SamplerCase> cases;
  for (const std::string& name : sampler_names()) {
    add_pair(cases, {name, name, options_needed(name)});
  }
  const auto add_rule = [&](const char* type, const char* rule, bool repeats,
                            std::vector<Option> more = {}) {
    more.insert(more.begin(), option("rule", rule));
    add_pair(cases, {fmt::format("{}_{}", type, rule), type, std::move(more), true, repeats});
  };
  add_rule("random", "sobol", true);
  add_rule("qmc", "halton", true);
  add_rule("tpe", "optuna", true);
  add_rule("tpe", "nni", true);
  add_rule("smac", "nni", true, {option("n_candidates", 200)});
  add_rule("gp", "nni", true,
           {option("selection_num_warm_up", 200), option("selection_num_starting_points", 2)});
  add_rule("gp", "wandb", true);
  add_rule("evolution", "regularised", false, {option("population_size", 4)});
  const Value::Map nothing;
  const Value points(Value::List(40, Value(nothing)));
  // As they are written, also where two are the same.
  cases.push_back({"batch_of_points", "batch", {option("points", points)}, true, true});
  const std::vector<Option> around_anneal{option("max_budget", 9), option("rounds", 0),
                                          option("sampler", "anneal")};
  add_pair(cases, {"hyperband_around_anneal", "hyperband", around_anneal});
  add_pair(cases, {"pbt_of_4", "pbt", {option("population_size", 4)}});
  return cases;
}

std::vector<SamplerCase> plain_sampler_cases() {
  std::vector<SamplerCase> cases = sampler_cases();
  std::erase_if(cases, [](const SamplerCase& one) { return !one.allow_duplicates; });
  return cases;
}

const NamedSpace* space_for(const SamplerCase& one, const std::vector<NamedSpace>& spaces) {
  for (const NamedSpace& space : spaces) {
    const SamplerUnderTest sampler(space.space, one.type, one.options, one.allow_duplicates);
    if (sampler.exists()) return &space;
  }
  ADD_FAILURE() << one.label << " takes none of the spaces: give it one, or the options it needs";
  return nullptr;
}

std::string text(const Proposals& proposals) {
  if (std::holds_alternative<Exhausted>(proposals)) return "exhausted";
  if (std::holds_alternative<Wait>(proposals)) return "wait";
  std::string result;
  for (const Proposal& one : std::get<std::vector<Proposal>>(proposals)) {
    result += fmt::format("{} {}", to_json(Value(one.params), true), one.note);
    if (one.parent) result += fmt::format(" from {}", index_of(*one.parent));
    if (one.budget) result += " budget " + python_float(one.budget->amount);
    result += "\n";
  }
  return result;
}

double loss_of(const Params& params) {
  double sum = 0;
  double weight = 0;
  double each = 1;
  for (const auto& [path, value] : leaves_of(params)) {
    const double off = height_of(value) - 0.4;
    sum += each * off * off;
    weight += each;
    each *= 0.8;
  }
  return weight > 0 ? sum / weight : 0;
}

Outcome completed(double loss) { return {Status::Completed, loss, loss}; }

Outcome mixed_outcome(TrialId trial, const Params& params) {
  const double loss = loss_of(params);
  switch (index_of(trial) * 7 % 16) {
    case 1: return {Status::Failed, std::nullopt, std::nullopt};
    case 2: return {Status::Canceled, loss + 0.1, loss + 0.2};
    case 3: return {Status::Canceled, std::nullopt, std::nullopt};
    case 4: return {Status::Completed, std::nullopt, NAN};
    case 5: return {Status::Completed, loss, INFINITY};
    default: return completed(loss);
  }
}

SamplerLife::SamplerLife(const SamplerCase& one, const SearchSpace& space,
                         std::uint32_t max_total_trials)
    : case_(one), space_(space), max_total_trials_(max_total_trials), live_(make()) {
  EXPECT_TRUE(live_->exists());
}

std::unique_ptr<SamplerUnderTest> SamplerLife::make() const {
  return std::make_unique<SamplerUnderTest>(space_, case_.type, case_.options,
                                            case_.allow_duplicates, false, Goal::Minimize,
                                            max_total_trials_);
}

Proposals SamplerLife::ask(const SamplerUnderTest& sampler, std::uint32_t count) const {
  std::vector<TrialId> ids;
  for (std::uint32_t i = 0; i < count; ++i) {
    ids.push_back(TrialId{static_cast<std::uint32_t>(proposals_.size()) + i});
  }
  Proposals answer = sampler->propose(ids, Rng(kSeed));
  if (const auto* proposals = std::get_if<std::vector<Proposal>>(&answer)) {
    EXPECT_FALSE(proposals->empty());
    EXPECT_LE(proposals->size(), count);
  }
  return answer;
}

Proposals SamplerLife::ask_restarted(std::uint32_t count) const {
  const auto restarted = make();
  for (const TrialEvent& event : events_) (*restarted)->observe(event);
  return ask(*restarted, count);
}

void SamplerLife::observe(const TrialEvent& event) {
  (*live_)->observe(event);
  events_.push_back(event);
  if (const auto* added = std::get_if<TrialAdded>(&event)) {
    proposals_.push_back(added->proposal);
    running_.push_back(added->trial);
  } else if (const auto* ended = std::get_if<TrialEnded>(&event)) {
    std::erase(running_, ended->trial);
  } else if (const auto* reopened = std::get_if<TrialReopened>(&event)) {
    running_.push_back(reopened->trial);
  }
  if (after_each_event_) after_each_event_();
}

std::size_t SamplerLife::start(const Proposals& answer) {
  const auto* proposals = std::get_if<std::vector<Proposal>>(&answer);
  if (proposals == nullptr) return 0;
  for (const Proposal& proposal : *proposals) {
    const auto number = static_cast<std::uint32_t>(proposals_.size());
    EXPECT_EQ(fault_of(space_, proposal.params), "") << "trial " << number << " " << proposal.note;
    if (proposal.parent) {
      EXPECT_LT(index_of(*proposal.parent), number);
    }
    observe(TrialAdded{TrialId{number}, proposal});
  }
  return proposals->size();
}

void SamplerLife::end(TrialId trial, const Outcome& outcome) {
  if (outcome.last) {
    observe(TrialReported{{trial, 1, *outcome.last, {}}});
    observe(TrialReported{{trial, 2, NAN, 3.0}});
    observe(ReportsRemoved{trial, 1});
  }
  observe(TrialEnded{trial, outcome.status, outcome.best, outcome.last});
}

bool SamplerLife::step(std::uint32_t at_once, const OutcomeOf& outcome_of, bool reopens) {
  if (running_.size() < at_once) {
    const auto room = static_cast<std::uint32_t>(at_once - running_.size());
    if (start(std::min(room, 3u)) > 0) return true;
  }
  if (running_.empty()) return false;
  const TrialId trial = proposals_.size() % 3 == 0 ? running_.back() : running_.front();
  end(trial, outcome_of(trial, proposals_[index_of(trial)].params));
  const bool once = std::find(reopened_.begin(), reopened_.end(), trial) == reopened_.end();
  if (reopens && once && index_of(trial) % 11 == 4) {
    reopened_.push_back(trial);
    observe(TrialReopened{trial});
  } else if (reopens && index_of(trial) % 13 == 6) {
    observe(TrialExcluded{trial});
  }
  return true;
}

bool SamplerLife::play(std::uint32_t trials, std::uint32_t at_once, const OutcomeOf& outcome_of) {
  while (proposals_.size() < trials) {
    if (!step(at_once, outcome_of)) return false;
  }
  while (!running_.empty()) {
    const TrialId trial = running_.front();
    end(trial, outcome_of(trial, proposals_[index_of(trial)].params));
  }
  return true;
}

std::size_t SamplerLife::fresh(std::size_t first) const {
  return static_cast<std::size_t>(
      std::count_if(proposals_.begin() + static_cast<std::ptrdiff_t>(first), proposals_.end(),
                    [](const Proposal& one) { return !one.parent; }));
}

std::size_t SamplerLife::distinct(std::size_t first, int digits) const {
  std::set<std::string> seen;
  for (std::size_t i = first; i < proposals_.size(); ++i) {
    if (proposals_[i].parent) continue;
    std::string key;
    for (const auto& [path, value] : leaves_of(proposals_[i].params)) {
      double storage = 0;
      const double* number = value.as_number(storage);
      key += number != nullptr ? fmt::format("{}={:.{}g}\n", path, *number, digits)
                               : fmt::format("{}={}\n", path, to_json(value));
    }
    seen.insert(std::move(key));
  }
  return seen.size();
}

}  // namespace sweepjob::test
