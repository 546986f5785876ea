#include "backends/local/attempt_server.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include <fcntl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "backends/local/open_file_limit.h"

namespace asio = boost::asio;

namespace sweepjob {
namespace {

constexpr auto kWait = asio::as_tuple(asio::use_awaitable);

// The server gets the socket as its input, and nothing else that is ours.
int spawn_server(const std::string& program, int socket, pid_t& pid) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawnattr_init(&attributes);
  ::posix_spawn_file_actions_adddup2(&actions, socket, 0);
  ::posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, 1, 2);
  ::posix_spawn_file_actions_addclosefrom_np(&actions, 3);
  sigset_t none;
  sigset_t all;
  ::sigemptyset(&none);
  ::sigfillset(&all);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setsigdefault(&attributes, &all);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  std::string name = "sweepjob-attempt";
  std::string option = "--serve";
  char* arguments[] = {name.data(), option.data(), nullptr};
  const int error = ::posix_spawn(&pid, program.c_str(), &actions, &attributes, arguments, environ);
  ::posix_spawn_file_actions_destroy(&actions);
  ::posix_spawnattr_destroy(&attributes);
  return error;
}

}  // namespace

AttemptServer::AttemptServer(const asio::any_io_executor& executor, std::string program,
                             OnReply on_reply, OnDied on_died)
    : program_(std::move(program)),
      on_reply_(std::move(on_reply)),
      on_died_(std::move(on_died)),
      socket_(executor) {}

AttemptServer::~AttemptServer() { stop(); }

Result<void> AttemptServer::launch() {
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
    return Error(ErrorCode::BackendUnavailable, std::strerror(errno), "socketpair");
  }
  const int error = spawn_server(program_, pair[1], pid_);
  ::close(pair[1]);
  if (error == 0) restore_open_file_limit(pid_);  // before it is asked to start anything
  if (error != 0) {
    ::close(pair[0]);
    pid_ = 0;
    return Error(ErrorCode::BackendUnavailable, std::strerror(error), program_);
  }
  socket_.assign(pair[0]);
  listen();
  return {};
}

void AttemptServer::stop() {
  boost::system::error_code ignored;
  socket_.close(ignored);
  if (pid_ == 0) return;
  // It keeps nothing that would be lost, and its attempts have left it.
  ::kill(pid_, SIGKILL);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  pid_ = 0;
}

Task<void> AttemptServer::start(std::uint64_t id, std::string folder) {
  if (pid_ == 0) {
    auto launched = launch();
    if (!launched) co_return launched;
  }
  AttemptServerRequest request;
  request.id = id;
  request.folder_bytes = static_cast<std::uint32_t>(folder.size());
  if (folder.size() > kMaxAttemptFolderBytes) {
    co_return Error(ErrorCode::LaunchRejected, "the path is too long", folder);
  }
  std::array<iovec, 2> parts{{{&request, sizeof request}, {folder.data(), folder.size()}}};
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = parts.size();
  while (::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
    if (errno == EINTR) continue;
    if (errno != EAGAIN) {
      co_return Error(ErrorCode::BackendUnavailable, std::strerror(errno), program_);
    }
    auto [failed] = co_await socket_.async_wait(asio::posix::stream_descriptor::wait_write, kWait);
    if (failed) co_return Error(ErrorCode::BackendUnavailable, failed.message(), program_);
  }
  co_return Result<void>();
}

void AttemptServer::listen() {
  socket_.async_wait(asio::posix::stream_descriptor::wait_read,
                     [this, alive = std::weak_ptr<bool>(alive_)](boost::system::error_code failed) {
                       if (!alive.expired() && !failed) receive();
                     });
}

void AttemptServer::receive() {
  while (true) {
    AttemptServerReply reply;
    const ssize_t count = ::recv(socket_.native_handle(), &reply, sizeof reply, MSG_DONTWAIT);
    if (count == static_cast<ssize_t>(sizeof reply)) {
      on_reply_(reply);
      continue;
    }
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return listen();
    stop();
    return on_died_();
  }
}

}  // namespace sweepjob
