// The options that all samplers with budgets share, and the notes and plans they print. Layer 2.
//
// min_budget (alias r_min), max_budget (r_max, R), eta (reduction_factor), assume_budget_used,
// seed; `sampler` is Configurations' own. What one of them contradicts is an error at its place.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "manifests/spec/options.h"
#include "samplers/budget/rungs.h"
#include "samplers/sampler.h"

namespace sweepjob {

// Configurations of one round: more is a slip in a budget, and more than a sweep can hold.
inline constexpr std::uint64_t kMaxConfigurations = 10'000'000;

struct BudgetOptions {
  double min = 1;
  double max = 1;
  double eta = 3;
  bool assume_used = false;
};

// Nothing, with errors, when they are wrong.
[[nodiscard]] std::optional<BudgetOptions> read_budget_options(OptionReader& reader,
                                                               const Options& options);
// The same number under several names; two of them at once contradict each other.
[[nodiscard]] std::optional<double> number_under(OptionReader& reader, const Options& options,
                                                 std::initializer_list<const char*> names);
// `rounds`: 0 is until the limits of the sweep. `fallback` where absent or, with an error, wrong.
[[nodiscard]] std::uint64_t read_rounds(OptionReader& reader, std::uint64_t fallback);
// seed belongs to the core and `sampler` to Configurations: known keys all the same.
void mark_shared_keys(OptionReader& reader);

// "<prefix>rung 0", ...; budgets cost what lies between a rung and the one before it.
void add_rungs(BudgetPlan& plan, const std::string& prefix, const std::vector<Rung>& rungs);
[[nodiscard]] std::uint64_t evaluations_of(const BudgetPlan& plan);  // of one round
// A round that max_total_trials cannot hold, and budgets that are not whole, are worth a word.
void note_plan(const BudgetPlan& plan, const SamplerContext& context, Findings& findings);

}  // namespace sweepjob
