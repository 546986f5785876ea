#include <iostream>
#include <memory>
#include <string>

#include <fmt/format.h>
#include <unistd.h>

#include "runner/app/cli/common.h"
#include "runner/app/live_attempts.h"
#include "runner/app/views/sweep_document.h"
#include "runner/io/lease.h"

namespace sweepjob {
namespace {

struct Options {
  std::string name;
  bool yes = false;
  bool force = false;
};

Result<void> check_idle(const Options& options, const SweepEntry& entry) {
  if (options.force) return {};
  const std::vector<AttemptId> live = find_live_attempts(entry.folder);
  if (live.empty()) return {};
  return Error(ErrorCode::Conflict,
               fmt::format("{} of its trials may still be running (trial {}): `sweepjob cancel {}` "
                           "ends them, --force deletes all the same",
                           live.size(), index_of(live.front().trial), options.name));
}

bool confirmed(const SweepEntry& entry) {
  std::cout << "Delete " << printable(entry.name, 200) << " with everything in " << entry.folder
            << "? [y/N] " << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "Y" || answer == "yes";
}

Result<void> remove(const Options& options, const StateFolder& state, const SweepEntry& entry) {
  if (has_controller(entry.folder)) {
    return Error(ErrorCode::Conflict,
                 "a controller runs this sweep: `sweepjob cancel " + options.name + "` ends it");
  }
  // Held until all is gone, so that no controller starts in between.
  auto lease = acquire_lease(entry.folder, nullptr);
  if (lease.has_error()) return lease.error();
  if (auto idle = check_idle(options, entry); idle.has_error()) return idle.error();
  return state.remove(entry);
}

int delete_sweep(const Options& options, const GlobalOptions& globals) {
  if (options.name.find('/') != std::string::npos) {
    return fail(globals, Error(ErrorCode::Usage, "delete takes the name of a sweep, not a path"));
  }
  auto entry = find_sweep(globals, options.name);
  if (entry.has_error()) return fail(globals, entry.error());
  auto state = state_folder(globals);
  if (state.has_error()) return fail(globals, state.error());
  if (!options.yes) {
    if (globals.json() || isatty(STDIN_FILENO) != 1) {
      return fail(globals, Error(ErrorCode::Usage, "--yes is needed where nobody can be asked"));
    }
    if (!confirmed(*entry)) return fail(globals, Error(ErrorCode::Usage, "nothing was deleted"));
  }
  if (auto removed = remove(options, StateFolder(*state), *entry); removed.has_error()) {
    return fail(globals, removed.error());
  }
  if (globals.json()) {
    print_json(document({{"deleted", true}, {"name", entry->name}, {"uid", entry->uid.hex()}}));
  } else {
    std::cout << "deleted " << printable(entry->name, 200) << std::endl;
  }
  return kExitCompleted;
}

VerbAction declare_delete(VerbOptions& command, const GlobalOptions& globals) {
  auto options = std::make_shared<Options>();
  command.add_option("NAME", options->name, "The sweep").required();
  command.add_flag("--yes", options->yes, "Do not ask");
  command.add_flag("--force", options->force, "Even when trials seem to be running");
  return [options, &globals] { return delete_sweep(*options, globals); };
}

const VerbEntry entry{"delete", "Remove a sweep's folder and free its name", declare_delete};

}  // namespace
}  // namespace sweepjob
