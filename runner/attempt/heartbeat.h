// Keeps the lease of an attempt: the folder can be written, and nobody has declared it lost.
//
// On a network file system a write may hang for minutes in the kernel. So each renewal is a short
// child process, and this program, which must be able to kill its trial in time, only looks at how
// that child ended and at its own monotonic clock. A full disk still allows a touch, which renews.
#pragma once

#include <cstdint>
#include <string>

#include <sys/types.h>

namespace sweepjob {

class Heartbeat {
 public:
  enum class News { None, CancelAsked, DeclaredLost };

  // The claim counts as the first beat.
  Heartbeat(std::int64_t lease_us, std::int64_t now_us);

  // When to call on_time() next.
  [[nodiscard]] std::int64_t next_us() const { return next_us_; }
  // Starts a renewal when one is due.
  void on_time(std::int64_t now_us);
  // The renewal's process has ended; pid() is 0 from here on.
  [[nodiscard]] News on_ended(int wait_status);
  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] std::int64_t lease_ends_us() const { return renewed_us_ + lease_us_; }

 private:
  std::int64_t lease_us_;
  std::int64_t renewed_us_;  // begin of the last renewal that succeeded
  std::int64_t begun_us_ = 0;
  std::int64_t next_us_;
  std::uint64_t count_ = 0;
  pid_t pid_ = 0;
};

}  // namespace sweepjob
