// Attempts that may still run, as the files of a sweep's folder tell. Layer 6.
#pragma once

#include <string>
#include <vector>

#include "model/ids.h"

namespace sweepjob {

// Claimed, and without an exit record: on this machine those whose attempt program lives; of other
// machines (and before a reboot: none) all. Needs no journal, so that a damaged sweep can be looked
// at as well.
[[nodiscard]] bool may_live(const std::string& sweep_folder, const AttemptId& attempt);
[[nodiscard]] std::vector<AttemptId> find_live_attempts(const std::string& sweep_folder);

}  // namespace sweepjob
