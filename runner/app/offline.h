// Commands to a sweep that no controller runs. Layer 6; blocking.
#pragma once

#include <string>

#include "model/result.h"
#include "runner/core/input.h"

namespace sweepjob {

// Carries one request out while no controller runs: journaled, no effect
// started. The backend is asked first what became of the attempts.
[[nodiscard]] Result<RequestHandled> handle_offline(const std::string& folder, UserRequest request);

}  // namespace sweepjob
