// How many files this process may have open. A controller needs some for every attempt that it
// adopted; a trial gets the limit that the user started us with, since programs that use select()
// or walk all descriptors suffer from a high one.
#pragma once

#include <sys/types.h>

namespace sweepjob {

// Raises the soft limit to the hard one. Called by main() before there is another thread; a refusal
// changes nothing.
void raise_open_file_limit();

// Gives a child of this process, which has just been started, the limit from before the raise. 0:
// this process.
void restore_open_file_limit(pid_t child);

}  // namespace sweepjob
