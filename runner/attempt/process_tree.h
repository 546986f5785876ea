// The processes that a trial has started, however deep, whatever session they moved to. This
// program is their subreaper: an orphan's parent becomes this program, so that nothing of the tree
// gets away from it.
#pragma once

#include <vector>

#include <sys/types.h>

namespace sweepjob {

struct Descendant {
  pid_t pid = 0;
  pid_t group = 0;
};

// Of this process, without `except` (0: none) and what descends from it. Reads all of /proc.
[[nodiscard]] std::vector<Descendant> descendants(pid_t except);

// Each process is signalled once, those of `group` by one call, which no fork can slip past.
void signal_tree(int signal, pid_t group, pid_t except);

}  // namespace sweepjob
