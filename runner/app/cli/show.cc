#include <iostream>
#include <memory>
#include <vector>

#include "runner/app/cli/common.h"
#include "runner/app/views/summary.h"
#include "runner/app/views/sweep_document.h"

namespace sweepjob {
namespace {

std::vector<TrialId> all_trials(const Sweep& sweep) {
  std::vector<TrialId> ids;
  for (std::uint32_t i = 0; i < sweep.trials.size(); ++i) ids.push_back(TrialId{i});
  return ids;
}

int show(const std::string& name, const GlobalOptions& globals) {
  auto loaded = load_by_name(globals, name);
  if (loaded.has_error()) return fail(globals, loaded.error());
  const Sweep& sweep = *loaded->sweep;
  if (globals.json()) {
    print_json(show_document(*loaded->rules, sweep));
    return kExitCompleted;
  }
  print_summary(std::cout, *loaded->rules, sweep, loaded->folder);
  for (const Warned& warned : sweep.warnings) {
    std::cout << "warning: " << printable(warned.text) << '\n';
  }
  std::cout << '\n';
  print_trials(std::cout, sweep, all_trials(sweep));
  return kExitCompleted;
}

int trials(const std::string& name, const GlobalOptions& globals) {
  auto loaded = load_by_name(globals, name);
  if (loaded.has_error()) return fail(globals, loaded.error());
  const Sweep& sweep = *loaded->sweep;
  if (!globals.json()) {
    print_trials(std::cout, sweep, all_trials(sweep));
    return kExitCompleted;
  }
  Value::List list;
  for (const TrialId id : all_trials(sweep)) list.push_back(trial_document(sweep, id));
  print_json(document({{"name", sweep.created.name}, {"trials", Value(std::move(list))}}));
  return kExitCompleted;
}

template <int (*Run)(const std::string&, const GlobalOptions&)>
VerbAction declare(VerbOptions& command, const GlobalOptions& globals) {
  auto name = std::make_shared<std::string>();
  command.add_option("NAME", *name, "The sweep, or the folder of a copied one").required();
  return [name, &globals] { return Run(*name, globals); };
}

const VerbEntry show_entry{"show", "Show everything about a sweep", declare<show>};
const VerbEntry trials_entry{"trials", "Show the table of trials", declare<trials>};

}  // namespace
}  // namespace sweepjob
