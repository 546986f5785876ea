#include <iostream>
#include <memory>

#include "runner/app/cli/common.h"
#include "runner/app/views/explanation.h"

namespace sweepjob {
namespace {

struct Options {
  std::string name;
  std::string trial;
};

int explain(const Options& options, const GlobalOptions& globals) {
  auto loaded = load_by_name(globals, options.name);
  if (loaded.has_error()) return fail(globals, loaded.error());
  const ControllerState controller = controller_state(loaded->folder);
  if (options.trial.empty()) {
    if (globals.json()) {
      print_json(sweep_explanation_document(*loaded, controller));
    } else {
      print_sweep_explanation(std::cout, *loaded, controller);
    }
    return kExitCompleted;
  }
  auto trial = parse_trial(*loaded->sweep, options.trial);
  if (trial.has_error()) return fail(globals, trial.error());
  auto explanation = explain_trial(*loaded, *trial, controller);
  if (explanation.has_error()) return fail(globals, explanation.error());
  if (globals.json()) {
    print_json(explanation_document(*loaded->sweep, *explanation));
  } else {
    print_explanation(std::cout, *loaded->sweep, *explanation);
  }
  return kExitCompleted;
}

VerbAction declare_explain(VerbOptions& command, const GlobalOptions& globals) {
  auto options = std::make_shared<Options>();
  command.add_option("NAME", options->name, "The sweep, or the folder of a copied one").required();
  command.add_option("TRIAL", options->trial, "One trial; without it the sweep and all its cuts");
  return [options, &globals] { return explain(*options, globals); };
}

const VerbEntry entry{"explain", "Say why trials were cut, kept, failed or wait", declare_explain};

}  // namespace
}  // namespace sweepjob
