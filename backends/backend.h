// Backend: starts and stops attempts somewhere. Layer 3. One folder per backend.
//
// Everything is idempotent by AttemptKey: submitting what is already there changes nothing, and
// cancelling the unknown succeeds. A backend never sees the sweep. All methods are called from, and
// complete on, the controller's thread; a backend keeps its own threads to itself. Calls may
// overlap, except next_change(), of which one is outstanding at a time.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "model/launch.h"
#include "model/result.h"

namespace sweepjob {

template <class T>
using Task = boost::asio::awaitable<Result<T>>;

class Backend {
 public:
  virtual ~Backend() = default;
  // One result per request, in order. Accepted means: will start, or has started, exactly once.
  virtual Task<std::vector<SubmitResult>> submit(BatchToken token,
                                                 std::vector<LaunchRequest> requests) = 0;
  // Asks for the end of these attempts and returns; the end is reported by next_change().
  virtual Task<void> cancel(std::vector<AttemptKey> attempts) = 0;
  // The truth about `live`, one status each, in order; asked at start (an attempt's folder is found
  // again by `folders`, the attempt_folder of its LaunchRequest, in the same order) and on a slow
  // tick. What is running is adopted: its changes come from next_change() from then on.
  virtual Task<std::vector<AttemptStatus>> observe(std::vector<AttemptKey> live,
                                                   std::vector<std::string> folders) = 0;
  // The next batch of changes; never empty. May repeat, may lag, may not invent.
  virtual Task<std::vector<AttemptStatus>> next_change() = 0;
  // The attempt has ended and is not asked about again: bring logs and outputs to where the user
  // finds them, and forget it.
  virtual Task<void> collect(AttemptKey attempt) = 0;
};

}  // namespace sweepjob
