#include "samplers/budget/budget_options.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace sweepjob {
namespace {

constexpr std::initializer_list<const char*> kMin{"min_budget", "r_min"};
constexpr std::initializer_list<const char*> kMax{"max_budget", "r_max", "R"};
constexpr std::initializer_list<const char*> kEta{"eta", "reduction_factor"};

bool is_given(const Options& options, const char* name) {
  const Option* option = options.find(name);
  return option != nullptr && !option->value.is_null();
}

// Under the name that the file uses, so that a finding points at it.
const char* name_of(const Options& options, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    if (is_given(options, name)) return name;
  }
  return *names.begin();
}

bool is_positive(double number) { return std::isfinite(number) && number > 0; }

}  // namespace

std::optional<double> number_under(OptionReader& reader, const Options& options,
                                   std::initializer_list<const char*> names) {
  const char* used = name_of(options, names);
  std::optional<double> result;
  for (const char* name : names) {
    const auto number = reader.number(name);
    if (name == used) {
      result = number;
    } else if (is_given(options, name)) {
      reader.fail(name, fmt::format("'{}' and '{}' are two names of one setting", used, name),
                  fmt::format("keep {}", *names.begin()));
    }
  }
  return result;
}

std::optional<BudgetOptions> read_budget_options(OptionReader& reader, const Options& options) {
  BudgetOptions result;
  result.min = number_under(reader, options, kMin).value_or(1);
  const auto max = number_under(reader, options, kMax);
  result.eta = number_under(reader, options, kEta).value_or(3);
  result.assume_used = reader.boolean("assume_budget_used").value_or(false);
  mark_shared_keys(reader);
  bool fine = true;
  const auto refuse = [&](const char* name, std::string message, std::string hint) {
    reader.fail(name, std::move(message), std::move(hint));
    fine = false;
  };
  const char* max_name = name_of(options, kMax);
  if (!is_positive(result.min)) {
    refuse(name_of(options, kMin),
           "expected a budget greater than 0, found " + python_float(result.min),
           "the epochs or steps that the shortest trials train");
  }
  if (!is_given(options, max_name)) {
    refuse("max_budget", "missing: the epochs or steps that the best trials train",
           "for instance max_budget: 81");
  } else if (!max) {
    fine = false;  // said already
  } else if (!is_positive(*max)) {
    refuse(max_name, "expected a budget greater than 0, found " + python_float(*max), "");
  } else if (*max < result.min) {
    refuse(max_name,
           fmt::format("the largest budget {} is below the smallest, {}", to_string(Budget{*max}),
                       to_string(Budget{result.min})),
           "");
  }
  if (!(std::isfinite(result.eta) && result.eta > 1)) {
    refuse(name_of(options, kEta),
           "expected a number greater than 1, found " + python_float(result.eta),
           "one trial in eta goes on; 3 and 4 are usual");
  }
  if (!fine) return std::nullopt;
  result.max = *max;
  if (halving_budgets(result.min, result.max, result.eta).size() > kMaxRungs) {
    reader.fail(name_of(options, kEta),
                fmt::format("more than {} rungs lie between the budgets {} and {}", kMaxRungs,
                            to_string(Budget{result.min}), to_string(Budget{result.max})),
                "use a larger eta");
    return std::nullopt;
  }
  return result;
}

std::uint64_t read_rounds(OptionReader& reader, std::uint64_t fallback) {
  const auto rounds = reader.integer("rounds");
  if (rounds && *rounds < 0) {
    reader.fail("rounds", "expected a number of rounds, or 0: until the limits of the sweep");
    return fallback;
  }
  return rounds ? static_cast<std::uint64_t>(*rounds) : fallback;
}

void mark_shared_keys(OptionReader& reader) {
  static_cast<void>(reader.raw("sampler"));
  static_cast<void>(reader.integer("seed"));
}

void add_rungs(BudgetPlan& plan, const std::string& prefix, const std::vector<Rung>& rungs) {
  for (std::size_t i = 0; i < rungs.size(); ++i) {
    const double before = i == 0 ? 0 : rungs[i - 1].budget;
    plan.rungs.push_back({fmt::format("{}rung {}", prefix, i), rungs[i].trials, rungs[i].budget,
                          rungs[i].budget - before});
  }
}

std::uint64_t evaluations_of(const BudgetPlan& plan) {
  std::uint64_t trials = 0;
  for (const BudgetPlan::Rung& rung : plan.rungs) trials += rung.trials;
  return trials;
}

void note_plan(const BudgetPlan& plan, const SamplerContext& context, Findings& findings) {
  const Options& options = context.options;
  const std::uint64_t trials = evaluations_of(plan);
  if (!plan.is_estimate && context.max_total_trials > 0 && trials > context.max_total_trials) {
    findings.warning(
        options.where, options.path,
        fmt::format("a round is {} trials (each evaluation counts as one), max_total_trials is {}: "
                    "it ends before the largest budgets are reached",
                    trials, context.max_total_trials),
        fmt::format("limits.max_total_trials: {}", trials));
  }
  std::vector<std::string> fractions;
  for (const BudgetPlan::Rung& rung : plan.rungs) {
    if (!rung.budget || std::trunc(*rung.budget) == *rung.budget) continue;
    const std::string text = python_float(*rung.budget);
    if (std::find(fractions.begin(), fractions.end(), text) == fractions.end()) {
      fractions.push_back(text);
    }
  }
  if (fractions.empty() || std::trunc(*plan.rungs.back().budget) != *plan.rungs.back().budget)
    return;
  findings.note(options.where, options.path,
                fmt::format("budgets that are no whole numbers: {}; the script has to take them",
                            fmt::join(fractions, ", ")));
}

}  // namespace sweepjob
