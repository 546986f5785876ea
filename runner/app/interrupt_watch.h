// InterruptWatch: for a blocking command that has something to take back when it is interrupted.
// Layer 6; one at a time in a process.
//
// While it lives, SIGINT, SIGTERM and SIGHUP do not end this process: blocking calls return EINTR,
// and interrupting_signal() says which it was. A signal that was ignored from the start (nohup)
// stays so.
#pragma once

#include <array>
#include <csignal>

namespace sweepjob {

class InterruptWatch {
 public:
  InterruptWatch();
  ~InterruptWatch();
  InterruptWatch(const InterruptWatch&) = delete;
  InterruptWatch& operator=(const InterruptWatch&) = delete;

 private:
  static constexpr std::array kSignals{SIGINT, SIGTERM, SIGHUP};
  std::array<struct sigaction, kSignals.size()> before_{};
};

// The first one that came to the watch; 0: none.
[[nodiscard]] int interrupting_signal();

}  // namespace sweepjob
