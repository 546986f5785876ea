// PBT: population based training (Jaderberg et al. 2017), in NNI's synchronous form:
//
//   generation g: population_size trials. When all have ended, c = ceil(fraction * n); each of the
//   worst c clones a random one of the best c (its parameters, its checkpoint) and perturbs every
//   parameter (samplers/budget/perturb.h); the others go on from their own checkpoint as they are.
//
// Each member's generation is a new trial whose parent is the trial it goes on from. A result is
// the last value that a trial reported; a trial that failed, was cut or timed out is infinitely
// bad, is cloned by nobody, and clones one of the best also when it is not among the worst c. When
// no trial of a generation has a result, all go on as they are. Ties go to the earlier trial. The
// first generation is the wrapped sampler's; it hears of no other.
//
// With `interval` the trials of generation g have the budget (g + 1) * interval; without it, they
// have none and the script itself knows how far one generation goes.
#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "samplers/budget/budget_options.h"
#include "samplers/budget/configurations.h"
#include "samplers/budget/perturb.h"
#include "samplers/catalog.h"
#include "samplers/numerics/draw.h"

namespace sweepjob {
namespace {

struct Settings {
  std::uint64_t population = 10;
  double fraction = 0.2;
  std::uint64_t generations = 0;  // 0: until the limits
  std::optional<double> interval;
  bool assume_used = false;
  Explore explore;
};

class Pbt : public Sampler {
 public:
  Pbt(const SamplerContext& context, std::unique_ptr<Configurations> source,
      const Settings& settings, BudgetPlan plan)
      : space_(context.space),
        goal_(context.objectives.front().goal),
        source_(std::move(source)),
        settings_(settings),
        plan_(std::move(plan)) {}

  void observe(const TrialEvent& event) override {
    if (const auto* added = std::get_if<TrialAdded>(&event)) {
      add(*added);
    } else if (const auto* ended = std::get_if<TrialEnded>(&event)) {
      if (Member* member = find(ended->trial)) member->result = result_of(*ended);
    } else if (const auto* reopened = std::get_if<TrialReopened>(&event)) {
      if (Member* member = find(reopened->trial)) member->result.reset();
    }
    if (generation_ == 0) source_->observe(event);
  }

  [[nodiscard]] Proposals propose(std::span<const TrialId> trials, const Rng& rng) const override {
    if (generation_ == 0 && members_.size() < settings_.population) {
      Proposals fresh = source_->draw(
          std::min<std::uint64_t>(trials.size(), settings_.population - members_.size()), rng,
          budget_of(0), "generation 0");
      // A space with fewer points makes a smaller population; one alone has nobody to learn from.
      if (!std::holds_alternative<Exhausted>(fresh)) return fresh;
      if (members_.size() < 2) return all_ended(members_) ? fresh : Proposals(Wait{});
    }
    const bool is_partial = members_.size() < parents_.size();
    const std::vector<Member>& before = is_partial ? parents_ : members_;
    const std::uint64_t generation = is_partial ? generation_ : generation_ + 1;
    if (settings_.generations > 0 && generation >= settings_.generations) {
      return all_ended(members_) ? Proposals(Exhausted{}) : Proposals(Wait{});
    }
    if (!is_partial && !all_ended(members_)) return Wait{};
    return next_generation(before, generation, is_partial ? members_.size() : 0, trials, rng);
  }

  [[nodiscard]] bool needs_results() const override { return true; }
  [[nodiscard]] bool slow() const override { return source_->slow(); }
  [[nodiscard]] std::optional<BudgetPlan> budget_plan() const override { return plan_; }

 private:
  struct Member {
    TrialId trial{};
    Params params;
    std::optional<double> result;  // none: it runs
  };

  [[nodiscard]] static bool all_ended(const std::vector<Member>& members) {
    return std::all_of(members.begin(), members.end(),
                       [](const Member& member) { return member.result.has_value(); });
  }

  // A trial with a parent opens the next generation once this one has as many trials as the last.
  void add(const TrialAdded& added) {
    const bool opens =
        added.proposal.parent && (generation_ == 0 || members_.size() == parents_.size());
    if (opens) {
      parents_ = std::exchange(members_, {});
      ++generation_;
    }
    members_.push_back({added.trial, added.proposal.params, {}});
  }

  // What a trial of the generation before ends with by hand comes too late.
  Member* find(TrialId trial) {
    const auto found =
        std::find_if(members_.begin(), members_.end(),
                     [trial](const Member& member) { return member.trial == trial; });
    return found == members_.end() ? nullptr : &*found;
  }

  [[nodiscard]] std::optional<double> budget_of(std::uint64_t generation) const {
    if (!settings_.interval) return std::nullopt;
    return *settings_.interval * static_cast<double>(generation + 1);
  }

  // Positions in `before`, best first.
  [[nodiscard]] std::vector<std::size_t> ranking(const std::vector<Member>& before) const {
    std::vector<std::size_t> order(before.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return better(goal_, before[a].result.value_or(kWorst), before[b].result.value_or(kWorst));
    });
    return order;
  }

  [[nodiscard]] std::vector<Proposal> next_generation(const std::vector<Member>& before,
                                                      std::uint64_t generation, std::size_t first,
                                                      std::span<const TrialId> trials,
                                                      const Rng& rng) const {
    const auto order = ranking(before);
    const std::uint64_t cut = std::min<std::uint64_t>(
        ceil_count(settings_.fraction * static_cast<double>(before.size())), before.size() / 2);
    std::vector<std::size_t> donors;
    for (std::size_t rank = 0; rank < cut; ++rank) {
      if (!is_worst(before[order[rank]].result.value_or(kWorst))) donors.push_back(order[rank]);
    }
    std::vector<Proposal> proposals;
    for (std::size_t i = first; i < before.size() && proposals.size() < trials.size(); ++i) {
      const auto rank =
          static_cast<std::size_t>(std::find(order.begin(), order.end(), i) - order.begin());
      const bool is_bad =
          rank >= before.size() - cut || is_worst(before[i].result.value_or(kWorst));
      const bool clones = is_bad && !donors.empty();
      proposals.push_back(clones ? clone(before, donors, trials[proposals.size()], rng)
                                 : Proposal{before[i].params, {}, before[i].trial, "continues"});
      Proposal& proposal = proposals.back();
      if (const auto budget = budget_of(generation)) proposal.budget = Budget{*budget};
      proposal.note = fmt::format("generation {} member {} {}", generation, i, proposal.note);
    }
    return proposals;
  }

  [[nodiscard]] Proposal clone(const std::vector<Member>& before,
                               const std::vector<std::size_t>& donors, TrialId trial,
                               const Rng& rng) const {
    const std::size_t donor = donors[rng.stream(trial, "pbt donor").below(donors.size())];
    const Chance chance = [&](std::string_view path, std::string_view purpose) {
      return rng.stream(trial, fmt::format("pbt {} {}", purpose, path)).uniform();
    };
    return {perturb(space_, before[donor].params, settings_.explore, chance),
            {},
            before[donor].trial,
            fmt::format("clones member {}", donor)};
  }

  const SearchSpace& space_;
  Goal goal_;
  std::unique_ptr<Configurations> source_;
  Settings settings_;
  BudgetPlan plan_;
  std::uint64_t generation_ = 0;
  std::vector<Member> members_;  // of the newest generation, in order
  std::vector<Member> parents_;  // of the one before
};

double fraction_of(OptionReader& reader, const Options& options,
                   std::initializer_list<const char*> names, double fallback, double least,
                   double most) {
  const auto number = number_under(reader, options, names);
  if (!number) return fallback;
  if (*number >= least && *number <= most) return *number;
  reader.fail(*names.begin(), fmt::format("expected a number from {} to {}, found {}", least, most,
                                          python_float(*number)));
  return fallback;
}

// The prior that a parameter is drawn from again is the wrapped sampler's, which checks the base.
double logbase_of(const Options& options) {
  const Option* inner = options.find("sampler");
  const Value* base = inner == nullptr ? nullptr : inner->value.find("logbase");
  if (base == nullptr) return kNaturalBase;
  const Options alone{"", options.path, inner->where, {{"logbase", *base, inner->where}}};
  Findings said_by_the_sampler;
  OptionReader reader(alone, said_by_the_sampler);
  return read_logbase(reader);
}

Settings read_settings(OptionReader& reader, const Options& options) {
  Settings settings;
  if (const auto size = reader.integer("population_size")) {
    if (*size < 2 || *size > static_cast<std::int64_t>(kMaxConfigurations)) {
      reader.fail("population_size",
                  fmt::format("expected 2 to {}, found {}", kMaxConfigurations, *size),
                  "10 to 100 are usual");
    } else {
      settings.population = static_cast<std::uint64_t>(*size);
    }
  }
  settings.fraction = fraction_of(reader, options, {"fraction"}, 0.2, 0, 0.5);
  settings.explore.factor = fraction_of(reader, options, {"factor", "factors"}, 0.2, 0, 1);
  settings.explore.resample_probability =
      fraction_of(reader, options, {"resample_probability"}, 0.25, 0, 1);
  settings.interval = reader.number("interval");
  if (settings.interval && !(std::isfinite(*settings.interval) && *settings.interval > 0)) {
    reader.fail("interval", "expected a budget greater than 0");
  }
  if (const auto generations = reader.integer("generations")) {
    if (*generations < 0) {
      reader.fail("generations", "expected a number of generations, or 0: until the limits");
    } else {
      settings.generations = static_cast<std::uint64_t>(*generations);
    }
  }
  settings.assume_used = reader.boolean("assume_budget_used").value_or(false);
  mark_shared_keys(reader);
  reader.finish();
  settings.explore.logbase = logbase_of(options);
  return settings;
}

std::unique_ptr<Sampler> make_pbt(const SamplerContext& context, Findings& findings) {
  const std::size_t errors = findings.error_count();
  OptionReader reader(context.options, findings, context.strict);
  const Settings settings = read_settings(reader, context.options);
  auto source = Configurations::make(context, findings);
  if (findings.error_count() > errors) return nullptr;

  BudgetPlan plan;
  plan.configurations = settings.population;
  plan.rounds = settings.generations;
  plan.use_is_assumed = settings.assume_used;
  plan.rungs.push_back(
      {"generation", settings.population, settings.interval, settings.interval.value_or(0)});
  plan.growth = settings.interval.value_or(0);  // each generation goes on from the one before
  note_plan(plan, context, findings);
  return std::make_unique<Pbt>(context, std::move(source), settings, std::move(plan));
}

const SamplerEntry entry{"pbt", make_pbt};

}  // namespace
}  // namespace sweepjob
