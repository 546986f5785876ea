// SimClock: virtual time for a controller that runs against a SimCluster. Layer 3.
//
//   SimClock clock;
//   clock.run(context, [&] { return finished; });
//
// Time stands still while anything can still happen at this instant and then jumps to the next
// thing that is due, so that days of a sweep pass in milliseconds and every run of one seed is the
// same. One thread: the caller of run(). The clock may outlive the io_contexts it has served: a
// sleeper whose coroutine is gone is passed over.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include "model/time.h"
#include "runner/io/clock.h"

namespace sweepjob {

class SimClock final : public Clock {
 public:
  // 2026-01-01T00:00:00Z: any fixed moment will do.
  static constexpr Timestamp kDefaultStart{std::chrono::seconds(1'767'225'600)};

  explicit SimClock(Timestamp start = kDefaultStart) : now_(start) {}

  [[nodiscard]] Timestamp now() const override { return now_; }
  boost::asio::awaitable<void> sleep_until(Timestamp when) override;

  // Calls `what` when that time has come; what is due at the same time is called in this order.
  void at(Timestamp when, std::function<void()> what);
  void after(Duration wait, std::function<void()> what) { at(now_ + wait, std::move(what)); }

  // Jumps to the next time at which something is due and does it. False: nothing ever is.
  bool step();
  // Alternates between what the context has ready and step(), until done() or nothing is left.
  // done() is asked before every handler, so that a crash can be put between any two of them.
  void run(boost::asio::io_context& context, const std::function<bool()>& done);

 private:
  struct Entry {
    Timestamp when;
    std::uint64_t order;
    std::function<void()> what;
  };
  static bool is_later(const Entry& a, const Entry& b) {
    return a.when != b.when ? a.when > b.when : a.order > b.order;
  }

  Timestamp now_;
  std::uint64_t orders_ = 0;
  std::vector<Entry> entries_;  // a heap, the earliest in front
};

}  // namespace sweepjob
