// Ends what an attempt program left behind when it was killed itself. Only then: while it lives, it
// does that better.
#pragma once

#include <cstddef>
#include <string>

#include "model/attempt_record.h"

namespace sweepjob {

// Kills every process of this machine that has SWEEPJOB_ATTEMPT_TOKEN=<token> in its environment,
// or is in the session of the dead claimer, until none is left. Returns how many are left after all
// (processes that SIGKILL does not reach, or of another user). Reads all of /proc: some
// milliseconds.
std::size_t kill_leftovers(const std::string& token, const ClaimRecord& claim);

}  // namespace sweepjob
