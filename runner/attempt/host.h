// What is the same for every attempt that this program starts: read once.
#pragma once

#include <cstdint>
#include <string>

#include "model/process_identity.h"

namespace sweepjob {

struct Host {
  std::string name;
  MachineIdentity machine;
  std::string bash;          // where it is at its usual places; empty: to be looked for in PATH
  bool is_detached = false;  // standard descriptors are /dev/null already
};

[[nodiscard]] Host read_host();

// Wall clock for records, monotonic clock for every deadline.
[[nodiscard]] std::int64_t wall_clock_us();
[[nodiscard]] std::int64_t monotonic_us();

}  // namespace sweepjob
