// A controller in the background: `submit --detach`, and Ctrl-C in the foreground. Layer 6.
#pragma once

#include <string>
#include <vector>

#include <sys/types.h>

#include "model/result.h"
#include "runner/io/posix_file.h"

namespace sweepjob {

// A process in the background, and how it says that it works.
struct BackgroundProcess {
  pid_t pid = 0;
  FileDescriptor ready;  // a byte comes when it is at work; the end without one: it came to nothing
};

// Starts `sweepjob <arguments>` in a session of its own, without a terminal; what it prints goes to
// `log_file`. It outlives this process. Secrets pass by the environment alone.
[[nodiscard]] Result<BackgroundProcess> start_in_background(
    const std::vector<std::string>& arguments, const std::string& log_file);

// In the process that was started so: once it is at work. Nothing anywhere else, or a second time.
void say_ready();
// At its very start: nothing that it starts may hold the other end.
void keep_ready_to_ourselves();

// The running program's own path: /proc/self/exe.
[[nodiscard]] std::string own_program();
// sweepjob-attempt beside it, in the build folder or where it was installed;
// SWEEPJOB_ATTEMPT_PROGRAM wins.
[[nodiscard]] Result<std::string> attempt_program();

}  // namespace sweepjob
