// The controller's end of `sweepjob-attempt --serve`: the child process that forks attempts, so
// that a short attempt does not pay for starting a program (runner/attempt/server.h).
//
// Controller's thread only. The server is started by the first start() and again after it died.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <sys/types.h>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include "backends/backend.h"
#include "model/attempt_server_protocol.h"

namespace sweepjob {

class AttemptServer {
 public:
  using OnReply = std::function<void(const AttemptServerReply&)>;
  using OnDied = std::function<void()>;  // replies to what was asked before will not come

  AttemptServer(const boost::asio::any_io_executor& executor, std::string program, OnReply on_reply,
                OnDied on_died);
  // Ends the server, not the attempts.
  ~AttemptServer();
  AttemptServer(const AttemptServer&) = delete;
  AttemptServer& operator=(const AttemptServer&) = delete;

  // Completes when the request is on its way; waits while the server has too many. The reply tells
  // the end of the attempt program.
  [[nodiscard]] Task<void> start(std::uint64_t id, std::string folder);

 private:
  [[nodiscard]] Result<void> launch();
  void stop();
  void listen();
  void receive();

  std::string program_;
  OnReply on_reply_;
  OnDied on_died_;
  boost::asio::posix::stream_descriptor socket_;
  pid_t pid_ = 0;
  // A completion that is queued already outlives the descriptor it came from.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace sweepjob
