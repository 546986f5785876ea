// Wall-clock time as it is journaled: microseconds since 1970-01-01 UTC. Layer 0.
// Nothing in the core reads a clock: every Input carries its Timestamp.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace sweepjob {

using Duration = std::chrono::microseconds;
using Timestamp = std::chrono::time_point<std::chrono::system_clock, Duration>;

[[nodiscard]] inline std::int64_t to_micros(Timestamp time) {
  return time.time_since_epoch().count();
}
[[nodiscard]] inline Timestamp from_micros(std::int64_t micros) {
  return Timestamp{Duration{micros}};
}

// "2026-11-21T17:21:03.123456Z"
[[nodiscard]] std::string to_iso8601(Timestamp time);

}  // namespace sweepjob
