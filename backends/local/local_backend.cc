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
#include "backends/local/leftovers.h"
#include "backends/local/local_backend_impl.h"
#include "model/check.h"
#include "model/process_identity.h"

namespace asio = boost::asio;

namespace sweepjob {
namespace {

using std::chrono::milliseconds;
using Watch = WatchedAttempt::Watch;

constexpr auto kWait = asio::as_tuple(asio::use_awaitable);
constexpr milliseconds kStartPoll{50};
constexpr std::size_t kSubmitTurn = 16;

}  // namespace

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
  auto record = to_launch_record(request);
  if (record) record->own_cgroup = true;
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
    if (life_of(**claim) == Life::Alive && pid != ::getpid()) {
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
  std::vector<std::string> absent;
  for (std::size_t i = 0; i < live.size(); ++i) {
    WatchedAttempt& attempt = attempts_[live[i]];
    if (attempt.folder.empty()) {
      attempt.key = live[i];
      attempt.folder = std::move(folders[i]);
    }
    if (attempt.watch == Watch::None && !attempt.end) inspect(attempt, {});
    statuses.push_back(attempt.status());
    if (statuses.back().phase == AttemptPhase::Absent) absent.push_back(live[i].token());
  }
  // Absent is acted on as "nothing of it runs", also where somebody has removed its records.
  if (!absent.empty() && !kill_leftovers(absent, nullptr).known) {
    co_return Error(ErrorCode::BackendUnavailable, "not every process can be looked at", "/proc");
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

void LocalBackend::on_reply(const AttemptServerReply& reply) {
  const auto known = by_id_.find(reply.id);
  if (known == by_id_.end()) return;
  const auto found = attempts_.find(known->second);
  by_id_.erase(known);
  if (found == attempts_.end() || found->second.watch != Watch::Server) return;
  WatchedAttempt& attempt = found->second;
  attempt.watch = Watch::None;
  const ExitSeen seen = read_end(attempt);
  if (seen == ExitSeen::Ended) return;
  if (seen == ExitSeen::Unreadable) return poll(attempt);
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
  WatchedAttempt& attempt = found->second;
  attempt.watch = Watch::None;
  inspect(attempt, "the attempt program was killed");
  // Its claim was there when it was adopted, so somebody has removed its records.
  if (attempt.watch == Watch::None && !attempt.end) {
    lose(attempt, nullptr, "the attempt program was killed, and its claim is gone");
  }
}

void LocalBackend::end(WatchedAttempt& attempt, AttemptEnd how) {
  if (!attempt.start && how.outcome == Outcome::Lost) {
    if (const auto start = find_start(attempt.folder)) attempt.start = to_attempt_start(*start);
  }
  attempt.end = std::move(how);
  attempt.watch = Watch::None;
  attempt.pidfd.reset();
  unstarted_.erase(attempt.key);
  polled_.erase(attempt.key);
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
    if (start.has_value() && *start && (*start)->pid > 0) {
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

namespace {

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
