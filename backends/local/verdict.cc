#include <algorithm>
#include <cerrno>
#include <optional>

#include <fmt/format.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "backends/attempt_folder.h"
#include "backends/local/leftovers.h"
#include "backends/local/local_backend_impl.h"

namespace asio = boost::asio;

namespace sweepjob {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using Watch = WatchedAttempt::Watch;

constexpr milliseconds kPollMin{50};
constexpr milliseconds kPollMax{5000};

}  // namespace

// Who cannot be asked now is asked again later: only what was seen is evidence of an end.
void LocalBackend::inspect(WatchedAttempt& attempt, std::string evidence) {
  const ExitSeen seen = read_end(attempt);
  if (seen == ExitSeen::Ended) return;
  const auto claim = read_claim(attempt.folder);
  if (claim.has_value() && *claim) return inspect_claimed(attempt, **claim, std::move(evidence));
  const bool is_absent = claim.has_value() && seen == ExitSeen::None;
  if (!is_absent) poll(attempt);
}

void LocalBackend::inspect_claimed(WatchedAttempt& attempt, const ClaimRecord& claim,
                                   std::string evidence) {
  if (is_here(claim, machine_)) {
    const Life life = life_of(claim);
    if (life == Life::Alive) return adopt(attempt, claim, std::move(evidence));
    if (life == Life::Unknown) return poll(attempt);
    return lose(attempt, &claim, evidence.empty() ? "the attempt program is gone" : evidence);
  }
  if (is_of_earlier_boot(claim, machine_)) {
    return lose(attempt, &claim, "the machine was restarted");
  }
  poll(attempt);
}

void LocalBackend::adopt(WatchedAttempt& attempt, const ClaimRecord& claim, std::string evidence) {
  const int pidfd = static_cast<int>(::syscall(SYS_pidfd_open, static_cast<pid_t>(claim.pid), 0));
  // Checked again after the open: the pid cannot change hands behind a pidfd.
  const Life life = pidfd < 0 && errno == ESRCH ? Life::Gone : life_of(claim);
  boost::system::error_code failed;
  if (pidfd >= 0 && life == Life::Alive) {
    attempt.pidfd.emplace(executor_);
    attempt.pidfd->assign(pidfd, failed);
  }
  if (pidfd < 0 || life != Life::Alive || failed) {
    attempt.pidfd.reset();
    if (pidfd >= 0) ::close(pidfd);
    if (life == Life::Gone) {
      return lose(attempt, &claim, evidence.empty() ? "the attempt program is gone" : evidence);
    }
    // No descriptor left, or a sandbox that knows no pidfd: /proc tells as well, a little later.
    poll(attempt);
    if (life == Life::Alive) attempt.heartbeat_changed = steady_clock::now();
    return;
  }
  polled_.erase(attempt.key);
  attempt.watch = Watch::Pidfd;
  attempt.pidfd->async_wait(asio::posix::stream_descriptor::wait_read,
                            [this, key = attempt.key,
                             alive = std::weak_ptr<bool>(alive_)](boost::system::error_code error) {
                              if (!alive.expired() && !error) on_pidfd(key);
                            });
  expect_start(attempt);
  poll_starts();
}

void LocalBackend::poll(WatchedAttempt& attempt) {
  if (attempt.watch == Watch::Polled) return;
  attempt.watch = Watch::Polled;
  attempt.pidfd.reset();
  if (const auto launch = read_launch(attempt.folder); launch.has_value() && *launch) {
    attempt.lease = milliseconds((*launch)->lease_ms);
  }
  attempt.heartbeat = heartbeat_of(attempt.folder).value_or(FileSignature{});
  attempt.heartbeat_changed = steady_clock::now();
  polled_.insert(attempt.key);
  expect_start(attempt);
  expect_news();
}

// No process of ours can claim it any more; a foreign one must not.
void LocalBackend::give_up_unclaimed(WatchedAttempt& attempt, std::string evidence) {
  const auto ours = claim_unstarted(attempt.folder, attempt.key);
  if (ours.has_value() && *ours) {
    return end(attempt, conclude(attempt.folder, Outcome::Lost, std::move(evidence)));
  }
  // Where not even a claim can be written (disk full), a program on its way may still find room.
  if (ours.has_error()) attempt.start_given_up = true;
  if (ours.has_value()) inspect(attempt, std::move(evidence));
  if (!attempt.end && attempt.watch == Watch::None) poll(attempt);
}

void LocalBackend::lose(WatchedAttempt& attempt, const ClaimRecord* claim, std::string evidence) {
  if (claim == nullptr || is_here(*claim, machine_)) {
    const bool cgroup_ended = kill_own_cgroup(attempt.folder, attempt.key.token());
    const Leftovers leftovers = kill_leftovers({attempt.key.token()}, claim);
    if (!leftovers.known) {
      if (!is_overdue(attempt)) return poll(attempt);
      evidence += "; whether processes of it are left cannot be seen";
    } else if (leftovers.left > 0) {
      evidence += fmt::format("; {} of its processes cannot be killed", leftovers.left);
    } else if (!cgroup_ended) {
      evidence += "; processes in its cgroup cannot be killed";
    }
  }
  // It may have written its exit record between our look and its end.
  switch (read_end(attempt)) {
    case ExitSeen::Ended: return;
    case ExitSeen::Unreadable:
      if (!is_overdue(attempt)) return poll(attempt);
      evidence += "; its exit record cannot be read";
      break;
    case ExitSeen::Damaged: evidence += "; its exit record is damaged"; break;
    case ExitSeen::None: break;
  }
  end(attempt, conclude(attempt.folder, Outcome::Lost, std::move(evidence)));
}

LocalBackend::ExitSeen LocalBackend::read_end(WatchedAttempt& attempt) {
  const auto record = read_exit(attempt.folder);
  if (!record) return is_damaged(record.error()) ? ExitSeen::Damaged : ExitSeen::Unreadable;
  if (!*record) return ExitSeen::None;
  if ((*record)->start) attempt.start = to_attempt_start(*(*record)->start);
  end(attempt, to_attempt_end(**record));
  return ExitSeen::Ended;
}

// The attempt kills its processes one lease after its last beat; half a lease for that.
bool LocalBackend::is_overdue(const WatchedAttempt& attempt) {
  return attempt.watch == Watch::Polled && attempt.lease > milliseconds::zero() &&
         steady_clock::now() - attempt.heartbeat_changed > attempt.lease * 3 / 2;
}

void LocalBackend::listen_to_heart(WatchedAttempt& attempt) {
  const auto beat = heartbeat_of(attempt.folder);
  if (beat && *beat == attempt.heartbeat) return;
  // A state folder that does not answer says nothing about the attempt: the lease begins anew.
  if (beat) attempt.heartbeat = *beat;
  attempt.heartbeat_changed = steady_clock::now();
}

void LocalBackend::look_again(WatchedAttempt& attempt) {
  listen_to_heart(attempt);
  inspect(attempt, {});
  const bool overdue = is_overdue(attempt);
  if (attempt.watch != Watch::Polled || (!overdue && !attempt.start_given_up)) return;
  const auto claim = read_claim(attempt.folder);
  if (claim.has_value() && !*claim && attempt.start_given_up) {
    return give_up_unclaimed(attempt, "no process could be started for it");
  }
  if (!overdue) return;
  const ClaimRecord* known = claim.has_value() && *claim ? &**claim : nullptr;
  const bool elsewhere = known != nullptr && !is_here(*known, machine_);
  lose(attempt, known,
       elsewhere ? "its heartbeat stopped, on another machine" : "its heartbeat stopped");
}

void LocalBackend::expect_news() {
  if (polled_.empty() || news_on_) return;
  news_on_ = true;
  news_.expires_after(std::clamp(attempts_.at(*polled_.begin()).lease / 4, kPollMin, kPollMax));
  news_.async_wait([this, alive = std::weak_ptr<bool>(alive_)](boost::system::error_code failed) {
    if (alive.expired() || failed) return;
    news_on_ = false;
    for (const AttemptKey& key : std::vector<AttemptKey>(polled_.begin(), polled_.end())) {
      look_again(attempts_.at(key));
    }
    expect_news();
  });
}

}  // namespace sweepjob
