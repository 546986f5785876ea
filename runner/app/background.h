// A controller in the background: `submit --detach`, and Ctrl-C in the foreground. Layer 6.
#pragma once

#include <string>
#include <vector>

#include "model/result.h"

namespace sweepjob {

// Starts `sweepjob <arguments>` in a session of its own, without a terminal; what it prints goes to
// `log_file`. It outlives this process. Secrets pass by the environment alone.
[[nodiscard]] Result<int> start_in_background(const std::vector<std::string>& arguments,
                                              const std::string& log_file);

// The running program's own path: /proc/self/exe.
[[nodiscard]] std::string own_program();
// sweepjob-attempt beside it, in the build folder or where it was installed;
// SWEEPJOB_ATTEMPT_PROGRAM wins.
[[nodiscard]] Result<std::string> attempt_program();

}  // namespace sweepjob
