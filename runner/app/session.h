// A session: one controller's time with one sweep, from lease to end. Layer 6.
//
// submit creates the sweep's folder and first event, then runs a session; resume runs another. All
// that was decided stands in the journal, so that a session needs the folder alone.
#pragma once

#include <string>
#include <vector>

#include "model/result.h"
#include "model/value.h"
#include "runner/app/cli/verb.h"
#include "runner/core/input.h"
#include "runner/core/sweep.h"

namespace sweepjob {

struct SessionOptions {
  const GlobalOptions& globals;
  std::string state;        // resolved state folder
  std::string folder;       // the sweep's
  bool background = false;  // no terminal: log only
};

// Runs the sweep until it has finished (its exit code), is left to a background controller
// (kExitCompleted), or fails. Prints to stdout.
int run_session(const SessionOptions& options);

// Starts `resume --background` for the sweep and waits until it holds the lease.
[[nodiscard]] Result<void> continue_in_background(const SessionOptions& options,
                                                  const std::string& name);
// The same with another command line, --state and --config added to it.
[[nodiscard]] Result<void> start_controller(const SessionOptions& options,
                                            std::vector<std::string> arguments);

// "sweepjob resume NAME" as the user would have to type it, --state included when it was given.
[[nodiscard]] std::string command_hint(const GlobalOptions& globals, const std::string& verb,
                                       const std::string& name);

}  // namespace sweepjob
