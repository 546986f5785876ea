// Puts the command's processes into a cgroup of their own, where this user may make one.
//
// What it adds to the subreaper: it holds when this program is killed itself (SIGKILL), for a
// process that has left its session and cleared its environment as well.
#pragma once

#include <string>

#include <sys/types.h>

namespace sweepjob {

// Where a cgroup of that name would be: below our own, in the mounted hierarchy of version 2. Empty
// without one.
[[nodiscard]] std::string own_cgroup_folder(const std::string& token);

// Makes it. False where that is not allowed: most containers and login nodes.
[[nodiscard]] bool make_cgroup(const std::string& folder);

// Moves every descendant of this process into it, but `except`. What they fork meanwhile as well.
// False when none could be moved.
[[nodiscard]] bool enclose_descendants(const std::string& folder, pid_t except);

}  // namespace sweepjob
