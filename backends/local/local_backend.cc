#include "backends/local/local_backend.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "backends/attempt_folder.h"
#include "backends/catalog.h"
#include "backends/local/attempt_server.h"
#include "backends/local/leftovers.h"
#include "backends/local/watched_attempt.h"
#include "model/check.h"
#include "model/process_identity.h"

namespace asio = boost::asio;

namespace sweepjob {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using Watch = WatchedAttempt::Watch;

constexpr auto kWait = asio::as_tuple(asio::use_awaitable);
constexpr milliseconds kStartPoll{50};
constexpr milliseconds kRemotePollMin{50};
constexpr milliseconds kRemotePollMax{5000};
constexpr std::size_t kSubmitTurn = 16;

class LocalBackend final : public Backend {
 public:
  LocalBackend(asio::any_io_executor executor, LocalBackendOptions options)
      : executor_(executor),
        machine_(read_machine_identity()),
        server_(
            executor, std::move(options.attempt_program),
            [this](const AttemptServerReply& reply) { on_reply(reply); },
            [this] { on_server_died(); }),
        changed_(executor, steady_clock::time_point::max()),
        start_poll_(executor),
        remote_poll_(executor) {}

  Task<std::vector<SubmitResult>> submit(BatchToken token,
                                         std::vector<LaunchRequest> requests) override;
  Task<void> cancel(std::vector<AttemptKey> attempts) override;
  Task<std::vector<AttemptStatus>> observe(std::vector<AttemptKey> live,
                                           std::vector<std::string> folders) override;
  Task<std::vector<AttemptStatus>> next_change() override;
  Task<void> collect(AttemptKey attempt) override;

 private:
  [[nodiscard]] Task<SubmitResult> submit_one(LaunchRequest request);
  [[nodiscard]] static std::string refusal_of(const LaunchRequest& request);

  // Finds out from the folder what is true, and starts watching what runs.
  void inspect(WatchedAttempt& attempt, std::string evidence);
  void inspect_claimed(WatchedAttempt& attempt, const ClaimRecord& claim, std::string evidence);
  void adopt(WatchedAttempt& attempt, const ClaimRecord& claim, std::string evidence);
  void watch_remote(WatchedAttempt& attempt);
  void give_up_unclaimed(WatchedAttempt& attempt, std::string evidence);
  void lose(WatchedAttempt& attempt, const ClaimRecord& claim, std::string evidence);

  void on_reply(const AttemptServerReply& reply);
  void on_server_died();
  void on_pidfd(const AttemptKey& key);
  void cancel_one(WatchedAttempt& attempt);

  [[nodiscard]] bool read_end(WatchedAttempt& attempt);
  void end(WatchedAttempt& attempt, AttemptEnd how);
  void report(const WatchedAttempt& attempt);
  void expect_start(const WatchedAttempt& attempt);
  void poll_starts();
  void poll_remotes();

  asio::any_io_executor executor_;
  MachineIdentity machine_;
  AttemptServer server_;
  std::unordered_map<AttemptKey, WatchedAttempt> attempts_;
  std::unordered_map<std::uint64_t, AttemptKey> by_id_;  // asked of the server, not answered
  std::unordered_set<AttemptKey> unstarted_;             // `start` not seen yet
  std::unordered_set<AttemptKey> remote_;
  std::unordered_set<AttemptKey> canceled_early_;  // before anything was known of them
  std::vector<AttemptStatus> changes_;
  asio::steady_timer changed_;  // never expires; cancelled when there are changes
  asio::steady_timer start_poll_;
  asio::steady_timer remote_poll_;
  bool start_poll_on_ = false;
  bool remote_poll_on_ = false;
  std::uint64_t last_id_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // as in AttemptServer
};

std::string LocalBackend::refusal_of(const LaunchRequest& request) {
  if (!request.container_image.empty()) {
    return "the local backend runs no containers: map the environment to a venv or conda prefix";
  }
  if (request.resources.instance_count > 1) {
    return fmt::format("instance_count is {}, and this machine is one",
                       request.resources.instance_count);
  }
  if (request.attempt_folder.empty() || request.attempt_folder.front() != '/') {
    return "the attempt folder is no absolute path";
  }
  return {};
}

Task<std::vector<SubmitResult>> LocalBackend::submit(BatchToken,
                                                     std::vector<LaunchRequest> requests) {
  std::vector<SubmitResult> results;
  results.reserve(requests.size());
  for (LaunchRequest& request : requests) {
    auto one = co_await submit_one(std::move(request));
    if (!one) co_return one.error();
    results.push_back(std::move(*one));
    if (results.size() % kSubmitTurn == 0) co_await asio::post(executor_, asio::use_awaitable);
  }
  co_return results;
}

Task<SubmitResult> LocalBackend::submit_one(LaunchRequest request) {
  SubmitResult result;
  result.key = request.key;
  result.message = refusal_of(request);
  const auto record = to_launch_record(request);
  if (!record) result.message = "the command or an environment variable holds a NUL byte";
  if (!result.message.empty()) co_return result;
  WatchedAttempt& attempt = attempts_[request.key];
  const bool known = attempt.watch != Watch::None || attempt.end;
  attempt.key = request.key;
  if (!known) {
    attempt.folder = request.attempt_folder;
    attempt.lease = request.heartbeat_lease;
  }
  Result<bool> made = known ? Result<bool>(false) : make_attempt_folder(attempt.folder);
  // Not new: an earlier controller may have started it.
  if (!known && made && !*made) inspect(attempt, {});
  if (attempt.watch != Watch::None || attempt.end) {
    if (known && attempt.end) report(attempt);
    result.accepted = true;
    co_return result;
  }
  Result<void> done;
  if (made) {
    done = write_launch(attempt.folder, *record);
  } else {
    done = made.error();
  }
  if (done && canceled_early_.erase(attempt.key) > 0) done = write_cancel(attempt.folder);
  if (done) {
    attempt.id = ++last_id_;
    attempt.watch = Watch::Server;
    by_id_[attempt.id] = attempt.key;
    std::string folder = attempt.folder;
    // The map may rehash and the reply come while this waits: look the attempt up again after it.
    done = co_await server_.start(last_id_, std::move(folder));
  }
  if (!done) {
    const auto found = attempts_.find(request.key);
    if (found != attempts_.end() && found->second.end) {
      result.accepted = true;  // the server died meanwhile, and its end is reported
      co_return result;
    }
    if (found != attempts_.end()) {
      by_id_.erase(found->second.id);
      attempts_.erase(found);
    }
    result.retry = done.error().code() != ErrorCode::LaunchRejected;
    result.message = done.error().text();
    co_return result;
  }
  result.accepted = true;
  const auto found = attempts_.find(request.key);
  if (found != attempts_.end() && !found->second.end) expect_start(found->second);
  co_return result;
}

Task<void> LocalBackend::cancel(std::vector<AttemptKey> attempts) {
  for (const AttemptKey& key : attempts) {
    const auto found = attempts_.find(key);
    if (found == attempts_.end()) {
      canceled_early_.insert(key);
    } else if (!found->second.end) {
      Result<void> written = write_cancel(found->second.folder);
      if (!written) co_return written;
      cancel_one(found->second);
    }
  }
  co_return Result<void>();
}

// The `cancel` file stands: a program that claims from now on will not start the command.
void LocalBackend::cancel_one(WatchedAttempt& attempt) {
  const auto claim = read_claim(attempt.folder);
  if (claim.has_value() && *claim) {
    if (!is_here(**claim, machine_)) return;  // its renewal of the lease finds the file
    const auto pid = static_cast<pid_t>((*claim)->pid);
    const auto pidfd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
    if (pidfd < 0) return;
    if (is_alive(**claim) && pid != ::getpid()) {
      ::syscall(SYS_pidfd_send_signal, pidfd, SIGTERM, nullptr, 0);
      ::syscall(SYS_pidfd_send_signal, pidfd, SIGCONT, nullptr, 0);
    }
    ::close(pidfd);
    if (attempt.watch == Watch::None) inspect(attempt, {});
    return;
  }
  if (attempt.watch != Watch::None) return;  // its program is on its way and will find the file
  const auto ours = claim_unstarted(attempt.folder, attempt.key);
  if (ours.has_value() && *ours) {
    end(attempt, conclude(attempt.folder, Outcome::Canceled, "cancelled before its start"));
  } else {
    inspect(attempt, {});
  }
}

Task<std::vector<AttemptStatus>> LocalBackend::observe(std::vector<AttemptKey> live,
                                                       std::vector<std::string> folders) {
  SWEEPJOB_CHECK(live.size() == folders.size(), "every live attempt has its folder");
  std::vector<AttemptStatus> statuses;
  statuses.reserve(live.size());
  for (std::size_t i = 0; i < live.size(); ++i) {
    WatchedAttempt& attempt = attempts_[live[i]];
    if (attempt.folder.empty()) {
      attempt.key = live[i];
      attempt.folder = std::move(folders[i]);
    }
    if (attempt.watch == Watch::None && !attempt.end) inspect(attempt, {});
    statuses.push_back(attempt.status());
  }
  co_return statuses;
}

Task<std::vector<AttemptStatus>> LocalBackend::next_change() {
  const std::weak_ptr<bool> alive = alive_;
  while (changes_.empty()) {
    auto [ignored] = co_await changed_.async_wait(kWait);
    static_cast<void>(ignored);
    if (alive.expired()) co_return Error(ErrorCode::BackendUnavailable, "the backend is closed");
  }
  co_return std::exchange(changes_, {});
}

Task<void> LocalBackend::collect(AttemptKey key) {
  // Logs and outputs are where they belong already.
  const auto found = attempts_.find(key);
  if (found != attempts_.end() && found->second.watch == Watch::None) attempts_.erase(found);
  canceled_early_.erase(key);
  co_return Result<void>();
}

void LocalBackend::inspect(WatchedAttempt& attempt, std::string evidence) {
  if (read_end(attempt)) return;
  const auto claim = read_claim(attempt.folder);
  if (!claim) return watch_remote(attempt);  // unreadable: judged by whether it still beats
  if (!*claim) {
    attempt.watch = Watch::None;
    return;
  }
  inspect_claimed(attempt, **claim, std::move(evidence));
}

void LocalBackend::inspect_claimed(WatchedAttempt& attempt, const ClaimRecord& claim,
                                   std::string evidence) {
  if (is_here(claim, machine_)) {
    if (is_alive(claim)) return adopt(attempt, claim, std::move(evidence));
    return lose(attempt, claim, evidence.empty() ? "the attempt program is gone" : evidence);
  }
  char host[256] = "";
  ::gethostname(host, sizeof host - 1);
  if (claim.host == host && claim.boot_id != machine_.boot_id) {
    return lose(attempt, claim, "the machine was restarted");
  }
  watch_remote(attempt);
}

void LocalBackend::adopt(WatchedAttempt& attempt, const ClaimRecord& claim, std::string evidence) {
  const int pidfd = static_cast<int>(::syscall(SYS_pidfd_open, static_cast<pid_t>(claim.pid), 0));
  // Checked again after the open: the pid cannot change hands behind a pidfd.
  if (pidfd < 0 || !is_alive(claim)) {
    if (pidfd >= 0) ::close(pidfd);
    return lose(attempt, claim, evidence.empty() ? "the attempt program is gone" : evidence);
  }
  attempt.watch = Watch::Pidfd;
  attempt.pidfd.emplace(executor_, pidfd);
  attempt.pidfd->async_wait(asio::posix::stream_descriptor::wait_read,
                            [this, key = attempt.key, alive = std::weak_ptr<bool>(alive_)](
                                boost::system::error_code failed) {
                              if (!alive.expired() && !failed) on_pidfd(key);
                            });
  expect_start(attempt);
  poll_starts();
}

void LocalBackend::watch_remote(WatchedAttempt& attempt) {
  attempt.watch = Watch::Remote;
  if (const auto launch = read_launch(attempt.folder); launch.has_value() && *launch) {
    attempt.lease = milliseconds((*launch)->lease_ms);
  }
  attempt.heartbeat = heartbeat_of(attempt.folder);
  attempt.heartbeat_changed = steady_clock::now();
  remote_.insert(attempt.key);
  expect_start(attempt);
  poll_remotes();
}

// No process of ours can claim it any more; a foreign one must not.
void LocalBackend::give_up_unclaimed(WatchedAttempt& attempt, std::string evidence) {
  const auto ours = claim_unstarted(attempt.folder, attempt.key);
  if (ours.has_value() && !*ours) return inspect(attempt, std::move(evidence));
  end(attempt, conclude(attempt.folder, Outcome::Lost, std::move(evidence)));
}

void LocalBackend::lose(WatchedAttempt& attempt, const ClaimRecord& claim, std::string evidence) {
  if (is_here(claim, machine_)) {
    const std::size_t left = kill_leftovers(attempt.key.token(), claim);
    if (left > 0) evidence += fmt::format("; {} of its processes cannot be killed", left);
  }
  // It may have written its exit record between our look and its end.
  if (read_end(attempt)) return;
  end(attempt, conclude(attempt.folder, Outcome::Lost, std::move(evidence)));
}

void LocalBackend::on_reply(const AttemptServerReply& reply) {
  const auto known = by_id_.find(reply.id);
  if (known == by_id_.end()) return;
  const auto found = attempts_.find(known->second);
  by_id_.erase(known);
  if (found == attempts_.end() || found->second.watch != Watch::Server) return;
  WatchedAttempt& attempt = found->second;
  if (read_end(attempt)) return;
  if (reply.error != 0) {
    return give_up_unclaimed(
        attempt, fmt::format("no process could be started for it: {}", std::strerror(reply.error)));
  }
  const int code = WIFEXITED(reply.wait_status) ? WEXITSTATUS(reply.wait_status) : -1;
  if (code == attempt_exit::kSuperseded || code == attempt_exit::kBadLaunch) {
    AttemptEnd refused;
    refused.outcome = Outcome::Rejected;
    refused.message = code == attempt_exit::kSuperseded ? "a later controller runs this sweep"
                                                        : "the launch record cannot be read";
    refused.ended = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
    return end(attempt, std::move(refused));
  }
  attempt.watch = Watch::None;
  std::string evidence = describe_wait_status(reply.wait_status);
  inspect(attempt, evidence);
  if (attempt.watch == Watch::None && !attempt.end) give_up_unclaimed(attempt, std::move(evidence));
}

void LocalBackend::on_server_died() {
  for (const auto& [id, key] : std::exchange(by_id_, {})) {
    const auto found = attempts_.find(key);
    if (found == attempts_.end() || found->second.watch != Watch::Server) continue;
    WatchedAttempt& attempt = found->second;
    attempt.watch = Watch::None;
    inspect(attempt, "the attempt program is gone");
    if (attempt.watch == Watch::None && !attempt.end) {
      give_up_unclaimed(attempt, "the attempt server died before it was started");
    }
  }
}

void LocalBackend::on_pidfd(const AttemptKey& key) {
  const auto found = attempts_.find(key);
  if (found == attempts_.end() || found->second.watch != Watch::Pidfd) return;
  inspect(found->second, "the attempt program was killed");
}

bool LocalBackend::read_end(WatchedAttempt& attempt) {
  const auto record = read_exit(attempt.folder);
  if (record.has_value() && !*record) return false;
  if (!record) {
    AttemptEnd lost;
    lost.outcome = Outcome::Lost;
    lost.message = "its exit record is damaged: " + record.error().text();
    end(attempt, std::move(lost));
    return true;
  }
  if ((*record)->start) attempt.start = to_attempt_start(*(*record)->start);
  end(attempt, to_attempt_end(**record));
  return true;
}

void LocalBackend::end(WatchedAttempt& attempt, AttemptEnd how) {
  if (!attempt.start) {
    if (const auto start = read_start(attempt.folder); start.has_value() && *start) {
      attempt.start = to_attempt_start(**start);
    }
  }
  attempt.end = std::move(how);
  attempt.watch = Watch::None;
  attempt.pidfd.reset();
  unstarted_.erase(attempt.key);
  remote_.erase(attempt.key);
  report(attempt);
}

void LocalBackend::report(const WatchedAttempt& attempt) {
  changes_.push_back(attempt.status());
  changed_.cancel();
}

void LocalBackend::expect_start(const WatchedAttempt& attempt) {
  if (attempt.start) return;
  unstarted_.insert(attempt.key);
  if (start_poll_on_) return;
  start_poll_on_ = true;
  start_poll_.expires_after(kStartPoll);
  start_poll_.async_wait(
      [this, alive = std::weak_ptr<bool>(alive_)](boost::system::error_code failed) {
        if (alive.expired() || failed) return;
        start_poll_on_ = false;
        poll_starts();
      });
}

void LocalBackend::poll_starts() {
  const WatchedAttempt* waiting = nullptr;
  for (auto at = unstarted_.begin(); at != unstarted_.end();) {
    WatchedAttempt& attempt = attempts_.at(*at);
    const auto start = read_start(attempt.folder);
    if (start.has_value() && *start) {
      attempt.start = to_attempt_start(**start);
      report(attempt);
      at = unstarted_.erase(at);
    } else {
      waiting = &attempt;
      ++at;
    }
  }
  if (waiting != nullptr) expect_start(*waiting);
}

void LocalBackend::poll_remotes() {
  const auto now = steady_clock::now();
  for (const AttemptKey& key : std::vector<AttemptKey>(remote_.begin(), remote_.end())) {
    WatchedAttempt& attempt = attempts_.at(key);
    if (read_end(attempt)) continue;
    const FileSignature beat = heartbeat_of(attempt.folder);
    if (!(beat == attempt.heartbeat)) {
      attempt.heartbeat = beat;
      attempt.heartbeat_changed = now;
    }
    // The attempt kills its processes one lease after its last beat; half a lease for that.
    if (now - attempt.heartbeat_changed > attempt.lease * 3 / 2) {
      end(attempt,
          conclude(attempt.folder, Outcome::Lost, "its heartbeat stopped, on another machine"));
    }
  }
  if (remote_.empty() || remote_poll_on_) return;
  remote_poll_on_ = true;
  remote_poll_.expires_after(
      std::clamp(attempts_.at(*remote_.begin()).lease / 4, kRemotePollMin, kRemotePollMax));
  remote_poll_.async_wait(
      [this, alive = std::weak_ptr<bool>(alive_)](boost::system::error_code failed) {
        if (alive.expired() || failed) return;
        remote_poll_on_ = false;
        poll_remotes();
      });
}

Result<std::unique_ptr<Backend>> make_local(const BackendContext& context) {
  return make_local_backend(context.executor, {context.attempt_program});
}

const BackendEntry entry{"local", make_local};

}  // namespace

std::unique_ptr<Backend> make_local_backend(asio::any_io_executor executor,
                                            LocalBackendOptions options) {
  return std::make_unique<LocalBackend>(std::move(executor), std::move(options));
}

}  // namespace sweepjob
