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
#include <utility>

#include "samplers/budget/brackets.h"
#include "samplers/catalog.h"

namespace sweepjob {
namespace {

std::unique_ptr<Sampler> make_hyperband(const SamplerContext& context, Findings& findings) {
  const std::size_t errors = findings.error_count();
  OptionReader reader(context.options, findings, context.strict);
  const auto budget = read_budget_options(reader, context.options);
  const bool nni = reader.word("formula", {"paper", "nni"}).value_or("paper") == "nni";
  BracketSettings settings;
  settings.serial =
      reader.word("exec_mode", {"parallelism", "serial"}).value_or("parallelism") == "serial";
  settings.rounds = read_rounds(reader, 1);
  settings.queue = nni;
  std::optional<Brackets> brackets;
  if (budget) {
    brackets =
        read_brackets(reader, *budget, nni ? HyperbandFormula::Nni : HyperbandFormula::Paper);
  } else {
    static_cast<void>(reader.integer("brackets"));
  }
  reader.finish();
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
