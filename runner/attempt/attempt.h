// One attempt, from its folder to its exit record.
#pragma once

#include <string>

#include "runner/attempt/host.h"

namespace sweepjob {

// Blocks, and leaves blocked, the signals that this program waits for or ignores; the trial gets
// them unblocked. To be called first of all: a signal that comes before is otherwise the end.
void block_signals();

// Standard descriptors become /dev/null: the caller's terminal and pipes are held open no more.
void detach();

// Runs in a process of its own: changes its session, working directory and descriptors. Returns the
// exit code: 0 when there is an exit record, else one of attempt_exit.
[[nodiscard]] int run_attempt(const std::string& attempt_folder, const Host& host);

}  // namespace sweepjob
