// ProposalWorker: runs a slow sampler on a thread of its own. Layer 6.
//
// It keeps a fold of its own, fed with every durable event in order, and shares nothing with the
// controller. The answer to a ProposalRequested is computed at that very event of the stream, so it
// depends on the journal alone, also when the journal is replayed after a crash.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include <boost/asio/io_context.hpp>

#include "runner/core/rules.h"
#include "runner/core/sweep.h"

namespace sweepjob {

class ProposalWorker {
 public:
  // Called on the io_context's thread.
  using Ready = std::function<void(std::uint64_t request, Proposals proposals)>;
  // CallersThread: within observe(), for a simulation, whose time must not go on meanwhile.
  enum class Where : std::uint8_t { OwnThread, CallersThread };

  // `fold` is fresh, with a sampler of its own; every event of the journal is then observe()d.
  // Requests numbered below `first_request` have been answered already and are not computed again.
  ProposalWorker(boost::asio::io_context& context, Sweep fold, std::uint64_t first_request,
                 Ready ready, Where where = Where::OwnThread);
  // Waits for a running computation.
  ~ProposalWorker();

  // From the io_context's thread.
  void observe(const Event& event);

 private:
  struct Thread;
  std::unique_ptr<Thread> thread_;
};

}  // namespace sweepjob
