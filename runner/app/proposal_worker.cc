#include "runner/app/proposal_worker.h"

#include <optional>
#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include "runner/core/decide.h"

namespace sweepjob {

namespace asio = boost::asio;

// A pool of one: its queue keeps the events in order.
struct ProposalWorker::Thread {
  asio::io_context& context;
  Sweep fold;
  std::uint64_t first_request;
  Ready ready;
  std::optional<asio::thread_pool> pool;

  void take(const Event& event) {
    apply(fold, event);
    const auto* request = std::get_if<ProposalRequested>(&event.body);
    if (request == nullptr || request->request < first_request || !fold.sampler) return;
    Proposals proposals = propose(fold, request->first_trial, request->count);
    asio::post(context, [ready_copy = ready, number = request->request,
                         answer = std::move(proposals)]() mutable {
      ready_copy(number, std::move(answer));
    });
  }
};

ProposalWorker::ProposalWorker(asio::io_context& context, Sweep fold, std::uint64_t first_request,
                               Ready ready, Where where)
    : thread_(new Thread{context, std::move(fold), first_request, std::move(ready), {}}) {
  if (where == Where::OwnThread) thread_->pool.emplace(1);
}

ProposalWorker::~ProposalWorker() {
  if (!thread_->pool) return;
  thread_->pool->stop();
  thread_->pool->join();
}

void ProposalWorker::observe(const Event& event) {
  if (!thread_->pool) return thread_->take(event);
  asio::post(*thread_->pool, [thread = thread_.get(), event] { thread->take(event); });
}

}  // namespace sweepjob
