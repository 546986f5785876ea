// What the local backend knows about one attempt. Part of backends/local.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include <boost/asio/posix/stream_descriptor.hpp>

#include "model/launch.h"

namespace sweepjob {

// A change of a file, seen without trusting another machine's clock.
struct FileSignature {
  std::int64_t modified_ns = 0;
  std::uint64_t inode = 0;
  std::int64_t size = 0;
  bool operator==(const FileSignature&) const = default;
};

// The last beat of the attempt in this folder: its heartbeat file, before that its claim; all zero
// before both. Nothing: the folder could not be looked at.
[[nodiscard]] std::optional<FileSignature> heartbeat_of(const std::string& folder);

// Evidence in words, for an attempt program that left no exit record.
[[nodiscard]] std::string describe_wait_status(int status);

struct WatchedAttempt {
  enum class Watch : std::uint8_t {
    None,    // absent, or ended
    Server,  // the attempt server will report its end
    Pidfd,   // adopted, on this machine
    Polled,  // on another machine, or it cannot be told now what became of it
  };

  AttemptKey key;
  std::string folder;
  std::uint64_t id = 0;  // towards the attempt server
  Watch watch = Watch::None;
  std::optional<AttemptStart> start;
  std::optional<AttemptEnd> end;

  std::optional<boost::asio::posix::stream_descriptor> pidfd;
  std::chrono::milliseconds lease{120'000};  // Polled, as what follows
  FileSignature heartbeat;
  std::chrono::steady_clock::time_point heartbeat_changed{};
  bool start_given_up =
      false;  // to be claimed by the controller itself as soon as that is possible

  [[nodiscard]] AttemptStatus status() const {
    AttemptStatus status;
    status.key = key;
    status.start = start;
    status.end = end;
    status.phase = end                    ? AttemptPhase::Ended
                   : watch == Watch::None ? AttemptPhase::Absent
                   : start                ? AttemptPhase::Running
                                          : AttemptPhase::Submitted;
    return status;
  }
};

}  // namespace sweepjob
