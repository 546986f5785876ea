// What the controller awaits besides its journal: the clock and the signals.
#include <csignal>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "runner/io/clock.h"
#include "runner/io/signals.h"

namespace sweepjob {
namespace {

boost::asio::awaitable<void> sleep_and_look(Clock& clock, Timestamp when, Timestamp& woke) {
  co_await clock.sleep_until(when);
  woke = clock.now();
}

TEST(SystemClock, DoesNotWakeBeforeItsTimeAndNotAtAllForThePast) {
  SystemClock clock;
  const Timestamp start = clock.now();
  for (const Duration delay : {Duration(-1'000'000), Duration(0), Duration(2'000)}) {
    boost::asio::io_context loop(1);
    Timestamp woke{};
    boost::asio::co_spawn(loop, sleep_and_look(clock, start + delay, woke), boost::asio::detached);
    loop.run();
    EXPECT_GE(woke, start + delay);
  }
}

boost::asio::awaitable<void> collect(Signals& signals, std::size_t count,
                                     std::vector<Signal>& seen) {
  while (seen.size() < count) {
    const auto signal = co_await signals.next();
    if (!signal) co_return;
    seen.push_back(*signal);
  }
}

TEST(Signals, ArriveAsInputAndDoNotEndTheProcess) {
  boost::asio::io_context loop(1);
  Signals signals(loop.get_executor());
  std::raise(SIGINT);
  std::raise(SIGTERM);
  std::raise(SIGHUP);
  std::vector<Signal> seen;
  boost::asio::co_spawn(loop, collect(signals, 3, seen), boost::asio::detached);
  loop.run();
  // Those that are pending together have no order.
  EXPECT_THAT(seen,
              testing::UnorderedElementsAre(Signal::Interrupt, Signal::Terminate, Signal::Hangup));
}

TEST(Signals, ClosingEndsTheWait) {
  boost::asio::io_context loop(1);
  Signals signals(loop.get_executor());
  std::vector<Signal> seen;
  boost::asio::co_spawn(loop, collect(signals, 1, seen), boost::asio::detached);
  boost::asio::post(loop, [&] { signals.close(); });
  loop.run();
  EXPECT_TRUE(seen.empty());
}

}  // namespace
}  // namespace sweepjob
