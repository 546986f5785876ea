#include "backends/simulated/sim_clock.h"

#include <algorithm>
#include <memory>
#include <utility>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace sweepjob {

namespace asio = boost::asio;

asio::awaitable<void> SimClock::sleep_until(Timestamp when) {
  if (when <= now_) co_return;
  const auto executor = co_await asio::this_coro::executor;
  auto timer = std::make_shared<asio::steady_timer>(executor);
  timer->expires_at(asio::steady_timer::time_point::max());
  at(when, [weak = std::weak_ptr<asio::steady_timer>(timer)] {
    if (const auto alive = weak.lock()) alive->cancel();
  });
  boost::system::error_code woken;
  co_await timer->async_wait(asio::redirect_error(asio::use_awaitable, woken));
}

void SimClock::at(Timestamp when, std::function<void()> what) {
  entries_.push_back({std::max(when, now_), orders_++, std::move(what)});
  std::push_heap(entries_.begin(), entries_.end(), is_later);
}

bool SimClock::step() {
  if (entries_.empty()) return false;
  now_ = entries_.front().when;
  while (!entries_.empty() && entries_.front().when == now_) {
    std::pop_heap(entries_.begin(), entries_.end(), is_later);
    const std::function<void()> what = std::move(entries_.back().what);
    entries_.pop_back();
    what();
  }
  return true;
}

void SimClock::run(asio::io_context& context, const std::function<bool()>& done) {
  while (!done()) {
    context.restart();
    if (context.poll_one() == 0 && !step()) return;
  }
}

}  // namespace sweepjob
