#include <iostream>
#include <memory>

#include "runner/app/cli/common.h"
#include "runner/app/session.h"
#include "runner/app/views/sweep_document.h"

namespace sweepjob {
namespace {

VerbAction declare_resume(VerbOptions& command, const GlobalOptions& globals) {
  struct Options {
    std::string name;
    bool background = false;
    bool detach = false;
  };
  auto options = std::make_shared<Options>();
  command.add_option("NAME", options->name, "The sweep").required();
  command.add_flag("--detach", options->detach, "Go on in the background");
  command.add_flag("--background", options->background).hidden();
  return [options, &globals]() -> int {
    auto state = state_folder(globals);
    if (state.has_error()) return fail(globals, state.error());
    auto entry = find_sweep(globals, options->name);
    if (entry.has_error()) return fail(globals, entry.error());
    const SessionOptions session{globals, *state, entry->folder, options->background};
    if (!options->detach) return run_session(session);
    auto started = continue_in_background(session, options->name);
    if (started.has_error()) return fail(globals, started.error());
    if (globals.json()) {
      print_json(
          document({{"name", entry->name}, {"uid", entry->uid.hex()}, {"folder", entry->folder}}));
    } else {
      std::cout << entry->name << " goes on in the background: `"
                << command_hint(globals, "status", entry->name) << "`" << std::endl;
    }
    return kExitCompleted;
  };
}

const VerbEntry entry{"resume", "Go on with a sweep whose controller is gone", declare_resume};

}  // namespace
}  // namespace sweepjob
