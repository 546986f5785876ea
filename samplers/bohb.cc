// Bohb (Falkner, Klein, Hutter 2018, ICML, PMLR 80): Hyperband's brackets, whose configurations a
// model draws.
//
//   brackets   samplers/budget/brackets.h, budgets max_budget * eta^(i - s)
//   model      samplers/surrogate/bohb_model.h, with the defaults of NNI's advisor
//
// A result is the last value of a trial, infinitely bad for one that failed.
#include <utility>

#include <fmt/format.h>

#include "samplers/budget/brackets.h"
#include "samplers/catalog.h"
#include "samplers/head_start.h"
#include "samplers/surrogate/bohb_model.h"

namespace sweepjob {
namespace {

constexpr std::int64_t kMostSamples = 100'000;

class Bohb : public Hyperband {
 public:
  // The source owns the model.
  Bohb(Goal goal, BohbModel& model, std::unique_ptr<Configurations> source,
       const BracketSettings& settings, Brackets brackets, BudgetPlan plan)
      : Hyperband(goal, std::move(source), settings, std::move(brackets), std::move(plan)),
        model_(model) {}

  void observe(const TrialEvent& event) override {
    model_.learn(event);
    Hyperband::observe(event);
  }

 private:
  BohbModel& model_;
};

double number_in(OptionReader& reader, const char* name, double fallback, double least,
                 double most) {
  const auto number = reader.number(name);
  if (!number) return fallback;
  if (!(*number >= least && *number <= most)) {
    reader.fail(name, fmt::format("expected {} to {}, found {}", python_float(least),
                                  python_float(most), python_float(*number)));
    return fallback;
  }
  return *number;
}

std::size_t count_in(OptionReader& reader, const char* name, std::size_t fallback) {
  const auto count = reader.integer(name);
  if (!count) return fallback;
  if (*count < 1 || *count > kMostSamples) {
    reader.fail(name, fmt::format("expected 1 to {}, found {}", kMostSamples, *count));
    return fallback;
  }
  return static_cast<std::size_t>(*count);
}

BohbModel::Settings read_model(OptionReader& reader) {
  BohbModel::Settings settings;
  settings.min_points = count_in(reader, "min_points_in_model", 1);
  settings.top_n_percent = number_in(reader, "top_n_percent", settings.top_n_percent, 1, 99);
  settings.num_samples = count_in(reader, "num_samples", settings.num_samples);
  settings.random_fraction = number_in(reader, "random_fraction", settings.random_fraction, 0, 1);
  settings.bandwidth_factor =
      number_in(reader, "bandwidth_factor", settings.bandwidth_factor, 1e-6, 1e6);
  settings.min_bandwidth = number_in(reader, "min_bandwidth", settings.min_bandwidth, 1e-9, 1);
  return settings;
}

std::unique_ptr<Sampler> make_bohb(const SamplerContext& context, Findings& findings) {
  const std::size_t errors = findings.error_count();
  // For the model: what it draws is trained from the first rung on, and what earlier sweeps found
  // counts as trained to the end.
  HeadStart head_start(context, findings);
  OptionReader reader(head_start.rest(), findings, context.strict);
  const StudyOptions study = read_study_options(context, reader, findings);
  const auto budget = read_budget_options(reader, head_start.rest());
  if (context.options.find("sampler") != nullptr) {
    reader.fail("sampler", "bohb draws its configurations by its own model",
                "hyperband takes another sampler inside");
  }
  BohbModel::Settings model = read_model(reader);
  BracketSettings settings;
  settings.serial =
      reader.word("exec_mode", {"parallelism", "serial"}).value_or("parallelism") == "serial";
  settings.rounds = read_rounds(reader, 0);
  std::optional<Brackets> brackets;
  if (budget) {
    brackets = read_brackets(reader, *budget, HyperbandFormula::Paper);
  } else {
    static_cast<void>(reader.integer("brackets"));
  }
  reader.finish();
  if (!brackets || findings.error_count() > errors) return nullptr;

  model.full_budget = budget->max;
  BudgetPlan plan = plan_of(*brackets, settings, budget->assume_used);
  note_plan(plan, context, findings);
  auto inner = std::make_unique<BohbModel>(context, study, model);
  BohbModel& heard = *inner;
  auto drawn = std::move(head_start).give_to(std::move(inner), context, findings);
  if (drawn == nullptr) return nullptr;
  return std::make_unique<Bohb>(context.objectives.front().goal, heard,
                                std::make_unique<Configurations>(std::move(drawn)), settings,
                                *std::move(brackets), std::move(plan));
}

const SamplerEntry entry{"bohb", make_bohb, SamplerEntry::HeadStartBy::Sampler};

}  // namespace
}  // namespace sweepjob
