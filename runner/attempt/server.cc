#include "runner/attempt/server.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <string>
#include <unordered_map>

#include <fcntl.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "model/attempt_record.h"
#include "model/attempt_server_protocol.h"
#include "runner/attempt/attempt.h"

namespace sweepjob {
namespace {

constexpr std::size_t kSignalsAtOnce = 16;

class AttemptServer {
 public:
  explicit AttemptServer(int socket) : socket_(socket) { host_.is_detached = true; }
  int run();

 private:
  [[nodiscard]] bool receive();  // false when the controller is gone
  void start(std::uint64_t id, const std::string& folder);
  void reap();
  void reply(AttemptServerReply message) const;

  int socket_;
  Host host_ = read_host();
  std::unordered_map<pid_t, std::uint64_t> running_;
};

int AttemptServer::run() {
  sigset_t child;
  ::sigemptyset(&child);
  ::sigaddset(&child, SIGCHLD);
  const int signals = ::signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
  if (signals < 0) return attempt_exit::kUsage;
  pollfd waited[2] = {{socket_, POLLIN, 0}, {signals, POLLIN, 0}};
  while (true) {
    if (::poll(waited, 2, -1) < 0 && errno != EINTR) return attempt_exit::kUsage;
    if (waited[1].revents != 0) {
      signalfd_siginfo info[kSignalsAtOnce];
      if (::read(signals, info, sizeof info) > 0) reap();
    }
    if (waited[0].revents != 0 && !receive()) return 0;
  }
}

bool AttemptServer::receive() {
  struct {
    AttemptServerRequest request;
    char folder[kMaxAttemptFolderBytes];
  } packet;
  while (true) {
    const ssize_t count = ::recv(socket_, &packet, sizeof packet, MSG_DONTWAIT);
    if (count < 0) return errno == EAGAIN || errno == EINTR;
    if (count == 0) return false;
    const auto& request = packet.request;
    if (static_cast<std::size_t>(count) != sizeof request + request.folder_bytes ||
        request.version != kAttemptServerVersion) {
      return false;
    }
    start(request.id, std::string(packet.folder, request.folder_bytes));
  }
}

void AttemptServer::start(std::uint64_t id, const std::string& folder) {
  const pid_t pid = ::fork();
  // The child owns nothing that needs destroying, and must not run the server's exit handlers.
  if (pid == 0) ::_exit(run_attempt(folder, host_));
  if (pid < 0) return reply({id, 0, errno});
  running_.emplace(pid, id);
}

void AttemptServer::reap() {
  int status = 0;
  for (pid_t pid = 0; (pid = ::waitpid(-1, &status, WNOHANG)) > 0;) {
    const auto found = running_.find(pid);
    if (found == running_.end()) continue;
    const std::uint64_t id = found->second;
    running_.erase(found);
    reply({id, status, 0});
  }
}

// Waits when the controller is slow to read. A controller that is gone shows in receive().
void AttemptServer::reply(AttemptServerReply message) const {
  while (::send(socket_, &message, sizeof message, MSG_NOSIGNAL) < 0 && errno == EINTR) {
  }
}

}  // namespace

int serve_attempts() {
  // Neither the terminal's Ctrl-Z nor the folder it was started in concern a server.
  ::setsid();
  if (::chdir("/") != 0) return attempt_exit::kUsage;
  const int socket = ::fcntl(0, F_DUPFD_CLOEXEC, 3);
  if (socket < 0) return attempt_exit::kUsage;
  detach();
  return AttemptServer(socket).run();
}

}  // namespace sweepjob
