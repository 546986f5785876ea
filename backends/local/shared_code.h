// Whether a trial on this machine could change the code that others run. Layer 3; the controller's
// thread, once a sweep.
//
// Code that is too large to copy is linked from one snapshot, which neither its mode bits nor a
// read-only mount (runner/decisions/0008) may be able to protect: root in most containers ignores
// the first and may not make the second.
#pragma once

#include <string>

namespace sweepjob {

[[nodiscard]] bool is_unprotected(const std::string& snapshot);

}  // namespace sweepjob
