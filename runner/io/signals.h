// Signals: SIGINT, SIGTERM and SIGHUP as an input like any other. Layer 4; controller's thread.
//
// While it exists they do nothing else. What they mean is the controller's business: the first
// SIGINT leaves the sweep running in the background, the second cancels it.
#pragma once

#include <cstdint>
#include <memory>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "model/result.h"

namespace sweepjob {

enum class Signal : std::uint8_t { Interrupt, Terminate, Hangup };

class Signals {
 public:
  explicit Signals(const boost::asio::any_io_executor& executor);
  ~Signals();

  // The next one; one caller at a time. Several of a kind that came before anyone asked may be one.
  // An error when its coroutine is cancelled or close() is called.
  [[nodiscard]] boost::asio::awaitable<Result<Signal>> next();
  void close();

 private:
  struct Impl;  // keeps <boost/asio/signal_set.hpp> out of every file that includes this
  std::unique_ptr<Impl> impl_;
};

}  // namespace sweepjob
