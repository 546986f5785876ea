// Clock: the only source of time of the controller and its coroutines. Layer 4.
//
// A test, and `simulate`, put another one in its place. Called from the controller's thread.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "model/time.h"

namespace sweepjob {

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual Timestamp now() const = 0;
  // Returns at once when it has passed, and early when its coroutine is cancelled.
  virtual boost::asio::awaitable<void> sleep_until(Timestamp when) = 0;
};

// The wall clock. It sleeps on a steady timer, a minute at most at a time, so that a clock that is
// set forward is noticed.
class SystemClock final : public Clock {
 public:
  [[nodiscard]] Timestamp now() const override;
  boost::asio::awaitable<void> sleep_until(Timestamp when) override;
};

}  // namespace sweepjob
