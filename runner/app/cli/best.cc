#include <iostream>
#include <memory>

#include <fmt/format.h>

#include "runner/app/cli/common.h"
#include "runner/app/trial_files.h"
#include "runner/app/views/front.h"
#include "runner/app/views/summary.h"
#include "runner/app/views/sweep_document.h"

namespace sweepjob {
namespace {

int best(const std::string& name, const GlobalOptions& globals) {
  auto loaded = load_by_name(globals, name);
  if (loaded.has_error()) return fail(globals, loaded.error());
  const Sweep& sweep = *loaded->sweep;
  const SweepSpec& spec = loaded->rules->spec;
  const std::string metric = printable(primary_metric_of(spec), 256);
  Value objective;
  if (!spec.objectives.empty()) {
    objective = Value(Value::Map{{"primary_metric", primary_metric_of(spec)},
                                 {"goal", to_string(spec.objectives.front().goal)}});
  }
  const auto found = best_trial(sweep);
  std::string outputs;
  if (found) {
    const auto attempts = static_cast<std::uint32_t>(trial_of(sweep, *found).attempts.size());
    outputs = attempt_outputs_of(loaded->folder, {*found, attempts});
  }
  if (globals.json()) {
    print_json(document({{"name", sweep.created.name},
                         {"objective", std::move(objective)},
                         {"best", best_document(sweep)},
                         {"front", front_document(*loaded->rules, sweep)},
                         {"outputs", found ? Value(outputs) : Value()}}));
  } else if (found) {
    const Trial& trial = trial_of(sweep, *found);
    std::cout << fmt::format("trial {}: {} = {}\n", index_of(*found), metric,
                             metric_text(trial.best));
    for (const auto& [path, value] : leaves_of(trial.proposal.params)) {
      std::cout << "  " << printable(path, 256) << " = " << printable(python_str(value)) << '\n';
    }
    std::cout << "outputs: " << outputs << '\n';
    print_front(std::cout, *loaded->rules, sweep);
    std::cout << std::flush;
  } else if (spec.objectives.empty()) {
    std::cout << "nothing is measured here: this is a command step of a pipeline" << std::endl;
  } else {
    std::cout << (sweep.counts.with_metric > 0
                      ? "only failed trials have logged the primary metric '"
                      : "no trial has logged the primary metric '")
              << metric << "'" << std::endl;
  }
  return found ? kExitCompleted : kExitNoMetric;
}

VerbAction declare_best(VerbOptions& command, const GlobalOptions& globals) {
  auto name = std::make_shared<std::string>();
  command.add_option("NAME", *name, "The sweep, or the folder of a copied one").required();
  return [name, &globals] { return best(*name, globals); };
}

const VerbEntry entry{"best", "Show the best trial and its parameters", declare_best};

}  // namespace
}  // namespace sweepjob
