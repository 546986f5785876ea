// The local backend: attempts on this machine, by sweepjob-attempt. Controller's thread only.
//
// How an attempt's end is learned:
//   started by this controller   the attempt server reports the end of the attempt program
//   adopted (another controller started it)   a pidfd of the program named by the claim
//   on another machine (shared state folder)   its heartbeat file, by this machine's own clock
// and then the exit record says how. No exit record: the program died; what it left is killed, and
// the attempt is Lost, with the evidence in words.
//
// Starting one costs a few small files and a fork in the attempt server, about 0.1 ms, done inline
// on the controller's thread with a turn for others every few requests. On a slow network file
// system that is some milliseconds each, bounded by max_concurrent_trials.
#pragma once

#include <memory>
#include <string>

#include <boost/asio/any_io_executor.hpp>

#include "backends/backend.h"

namespace sweepjob {

struct LocalBackendOptions {
  std::string attempt_program;  // absolute path of sweepjob-attempt
};

[[nodiscard]] std::unique_ptr<Backend> make_local_backend(boost::asio::any_io_executor executor,
                                                          LocalBackendOptions options);

}  // namespace sweepjob
