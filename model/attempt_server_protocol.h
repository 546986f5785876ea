// What a controller and its `sweepjob-attempt --serve` say to each other. Layer 0; plain values.
//
// One message a packet of a SOCK_SEQPACKET socket between parent and child, so there is no framing,
// and both ends are of one machine and, checked by `version`, of one build generation.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sweepjob {

inline constexpr std::uint32_t kAttemptServerVersion = 1;
inline constexpr std::size_t kMaxAttemptFolderBytes = 4096;

// Start the attempt in `folder`, which follows these 16 bytes, absolute, without a final NUL.
struct AttemptServerRequest {
  std::uint64_t id = 0;  // the controller's own, comes back in the reply
  std::uint32_t version = kAttemptServerVersion;
  std::uint32_t folder_bytes = 0;
};

// One a request, when its attempt program has ended.
struct AttemptServerReply {
  std::uint64_t id = 0;
  std::int32_t wait_status = 0;  // as of wait(2), when `error` is 0
  std::int32_t error = 0;        // errno: there was no process to start it in
};

}  // namespace sweepjob
