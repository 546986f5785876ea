#include <iostream>
#include <memory>

#include "runner/app/cli/common.h"
#include "runner/app/session.h"
#include "runner/app/views/sweep_document.h"

namespace sweepjob {
namespace {

struct Options {
  std::string name;
  std::string trial;
};

// With no controller about, this process is one for as long as the trials take to end.
int cancel(const Options& options, const GlobalOptions& globals) {
  auto entry = find_sweep(globals, options.name);
  if (entry.has_error()) return fail(globals, entry.error());
  Value::Map arguments;
  if (!options.trial.empty()) {
    auto loaded = load_sweep(entry->folder);
    if (loaded.has_error()) return fail(globals, loaded.error());
    auto trial = parse_trial(*loaded->sweep, options.trial);
    if (trial.has_error()) return fail(globals, trial.error());
    arguments.emplace_back("trial", static_cast<std::int64_t>(index_of(*trial)));
  }
  auto answer = send_request(globals, *entry, "cancel", arguments);
  if (answer.has_error()) return fail(globals, answer.error());
  if (!answer->accepted) return fail(globals, Error(ErrorCode::Usage, answer->message));
  if (answer->offline && options.trial.empty()) {
    auto state = state_folder(globals);
    if (state.has_error()) return fail(globals, state.error());
    const int code = run_session({globals, *state, entry->folder, false});
    return code == kExitCanceled ? kExitCompleted : code;
  }
  if (globals.json()) {
    print_json(document({{"accepted", true}, {"message", answer->message}}));
  } else {
    std::cout << printable(answer->message) << std::endl;
    if (answer->offline) {
      std::cout << "no controller runs it now: `" << command_hint(globals, "resume", options.name)
                << "` ends the trial and goes on" << std::endl;
    }
  }
  return kExitCompleted;
}

VerbAction declare_cancel(VerbOptions& command, const GlobalOptions& globals) {
  auto options = std::make_shared<Options>();
  command.add_option("NAME", options->name, "The sweep").required();
  command.add_option("TRIAL", options->trial, "One trial of it; without it the whole sweep");
  return [options, &globals] { return cancel(*options, globals); };
}

const VerbEntry entry{"cancel", "Stop a sweep, or one of its trials", declare_cancel};

}  // namespace
}  // namespace sweepjob
