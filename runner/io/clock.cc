#include "runner/io/clock.h"

#include <algorithm>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace sweepjob {
namespace {

// A sleep never counts on the wall clock for longer than this.
constexpr std::chrono::minutes kLongestSleep{1};

}  // namespace

Timestamp SystemClock::now() const {
  return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
}

boost::asio::awaitable<void> SystemClock::sleep_until(Timestamp when) {
  const auto executor = co_await boost::asio::this_coro::executor;
  boost::asio::steady_timer timer(executor);
  for (Timestamp at = now(); at < when; at = now()) {
    timer.expires_after(std::min<Duration>(when - at, kLongestSleep));
    auto [error] = co_await timer.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    if (error) co_return;
  }
}

}  // namespace sweepjob
