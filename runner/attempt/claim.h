// The first act of an attempt: claim its folder, so that at most one program ever runs it.
#pragma once

#include "model/attempt_record.h"
#include "runner/attempt/host.h"

namespace sweepjob {

// All paths are relative to the attempt folder, which is the working directory.
// 0, or an exit code of attempt_exit: kClaimLost, kCannotClaim.
[[nodiscard]] int take_claim(const LaunchRecord& launch, const Host& host);

// Whether a later controller has taken the sweep over: journal.<epoch + 1> exists.
[[nodiscard]] bool is_superseded(const LaunchRecord& launch);

}  // namespace sweepjob
