#include "runner/app/proposal_worker.h"

#include <utility>
#include <vector>

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
  asio::thread_pool pool{1};

  void take(const Event& event) {
    apply(fold, event);
    const auto* request = std::get_if<ProposalRequested>(&event.body);
    if (request == nullptr || request->request < first_request || !fold.sampler) return;
    std::vector<TrialId> ids;
    for (std::uint32_t i = 0; i < request->count; ++i) {
      ids.push_back(TrialId{index_of(request->first_trial) + i});
    }
    Proposals proposals = fold.sampler->propose(ids, Rng(fold.created.seed));
    asio::post(context, [ready_copy = ready, number = request->request,
                         answer = std::move(proposals)]() mutable {
      ready_copy(number, std::move(answer));
    });
  }
};

ProposalWorker::ProposalWorker(asio::io_context& context, Sweep fold, std::uint64_t first_request,
                               Ready ready)
    : thread_(new Thread{context, std::move(fold), first_request, std::move(ready)}) {}

ProposalWorker::~ProposalWorker() {
  thread_->pool.stop();
  thread_->pool.join();
}

void ProposalWorker::observe(const Event& event) {
  asio::post(thread_->pool, [thread = thread_.get(), event] { thread->take(event); });
}

}  // namespace sweepjob
