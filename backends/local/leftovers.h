// Ends what an attempt program left behind when it was killed itself. Only then: while it lives, it
// does that better.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "model/attempt_record.h"

namespace sweepjob {

struct Leftovers {
  std::size_t left = 0;  // processes that SIGKILL does not reach, or of another user
  bool known = true;     // false: not every process could be looked at, so some may be left
};

// Kills every process of this machine that has SWEEPJOB_ATTEMPT_TOKEN=<one of the tokens> in its
// environment, or is in the session of the dead claimer (where there is a claim), until none is
// left. Reads all of /proc: some milliseconds.
[[nodiscard]] Leftovers kill_leftovers(const std::vector<std::string>& tokens,
                                       const ClaimRecord* claim);

// Kills everything in the attempt's own cgroup, if its start record names one, and takes that away.
// False when something in it could not be killed.
[[nodiscard]] bool kill_own_cgroup(const std::string& attempt_folder, const std::string& token);

}  // namespace sweepjob
