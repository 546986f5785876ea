#include "runner/io/signals.h"

#include <csignal>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace sweepjob {

struct Signals::Impl {
  explicit Impl(const boost::asio::any_io_executor& executor)
      : set(executor, SIGINT, SIGTERM, SIGHUP) {}
  boost::asio::signal_set set;
};

Signals::Signals(const boost::asio::any_io_executor& executor)
    : impl_(std::make_unique<Impl>(executor)) {}

Signals::~Signals() = default;

boost::asio::awaitable<Result<Signal>> Signals::next() {
  const auto [error, number] =
      co_await impl_->set.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
  if (error) co_return Error(ErrorCode::Internal, "no more signals: " + error.message());
  if (number == SIGINT) co_return Signal::Interrupt;
  if (number == SIGHUP) co_return Signal::Hangup;
  co_return Signal::Terminate;
}

void Signals::close() {
  boost::system::error_code ignored;
  impl_->set.cancel(ignored);
}

}  // namespace sweepjob
