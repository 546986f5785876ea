#include "runner/io/journal.h"

#include <future>
#include <memory>
#include <utility>

#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace sweepjob {

boost::asio::awaitable<Result<std::uint64_t>> append_durably(Journal& journal,
                                                             std::vector<Event> batch) {
  namespace asio = boost::asio;
  auto start = [](auto handler, Journal* target, std::vector<Event> events) {
    // The guard keeps the loop running while the writer's thread works; std::function wants
    // copies, which a handler is not.
    auto guard = asio::make_work_guard(handler);
    using State = std::pair<decltype(handler), decltype(guard)>;
    auto state = std::make_shared<State>(std::move(handler), std::move(guard));
    target->append(std::move(events), [state](Result<std::uint64_t> result) {
      const auto executor = state->second.get_executor();
      asio::post(executor, [state, result = std::move(result)]() mutable {
        auto resume = std::move(state->first);
        state->second.reset();
        std::move(resume)(std::move(result));
      });
    });
  };
  return asio::async_initiate<const asio::use_awaitable_t<>&, void(Result<std::uint64_t>)>(
      std::move(start), asio::use_awaitable, &journal, std::move(batch));
}

Result<std::uint64_t> append_and_wait(Journal& journal, std::vector<Event> batch) {
  std::promise<Result<std::uint64_t>> promise;
  auto answer = promise.get_future();
  journal.append(std::move(batch), [&promise](Result<std::uint64_t> result) {
    promise.set_value(std::move(result));
  });
  return answer.get();
}

}  // namespace sweepjob
