#include "runner/attempt/supervisor.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <initializer_list>
#include <limits>

#include <sys/wait.h>
#include <unistd.h>

#include "model/attempt_cgroup.h"
#include "model/record_file.h"
#include "runner/attempt/host.h"
#include "runner/attempt/memory_kills.h"
#include "runner/attempt/own_cgroup.h"
#include "runner/attempt/process_tree.h"

namespace sweepjob {
namespace {

// What only matters for a command that runs for a while is done once it has run for this long: a
// trial of a millisecond does not pay for it.
constexpr std::int64_t kSettleUs = 20'000;
constexpr std::int64_t kSettleAgainUs = 5'000'000;
constexpr std::int64_t kKillPatienceUs = 10'000'000;
constexpr std::int64_t kKillRoundUs = 20'000;

constexpr std::int64_t kNoLeaseUs = std::numeric_limits<std::int64_t>::max() / 4;
constexpr std::int64_t kShutdownUs = 100'000;

// 0 when the time has come first.
int wait_for(std::initializer_list<int> signals, std::int64_t until_us) {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : signals) ::sigaddset(&set, signal);
  const std::int64_t wait_us = std::max<std::int64_t>(0, until_us - monotonic_us());
  const timespec time{wait_us / 1'000'000, wait_us % 1'000'000 * 1000};
  return std::max(0, ::sigtimedwait(&set, nullptr, &time));
}

bool ended_by_term(const std::vector<TrialProcess>& processes) {
  return std::any_of(processes.begin(), processes.end(), [](const TrialProcess& process) {
    return WIFSIGNALED(process.status) && WTERMSIG(process.status) == SIGTERM;
  });
}

// Who sent this program its SIGTERM: our own cancel leaves a file first.
Cause cause_of_term() {
  return ::access(attempt_file::kCancel, F_OK) == 0 ? Cause::Canceled : Cause::Stopped;
}

}  // namespace

Supervisor::Supervisor(const LaunchRecord& launch, StartRecord start,
                       std::vector<TrialProcess>& processes, std::int64_t now_us)
    : launch_(launch),
      start_(std::move(start)),
      processes_(processes),
      heartbeat_(launch.lease_ms > 0 ? launch.lease_ms * 1000 : kNoLeaseUs, now_us),
      settle_us_(now_us + kSettleUs) {
  if (launch.trial_timeout_ms > 0) timeout_us_ = now_us + launch.trial_timeout_ms * 1000;
}

Ending Supervisor::run() {
  while (true) {
    deadline_us_ = next_deadline();
    const int signal = wait_for({SIGCHLD, SIGTERM, SIGINT}, deadline_us_);
    const std::int64_t now_us = monotonic_us();
    reap();
    if (is_over(now_us)) break;
    if (signal == SIGTERM || signal == SIGINT) stop(cause_of_term(), now_us);
    on_time(now_us);
    if (is_over(now_us)) break;
  }
  Ending ending;
  ending.unkillable = kill_rest();
  ending.cause = cause_.value_or(Cause::Ended);
  // A shutdown ends the trial and this program by the same signal, in either order.
  if (ending.cause == Cause::Ended && ended_by_term(processes_) &&
      wait_for({SIGTERM}, monotonic_us() + kShutdownUs) == SIGTERM) {
    ending.cause = cause_of_term();
  }
  ending.failed_rank = failed_rank_;
  ending.not_run_us = not_run_us_;
  if (memory_kills_ && rank_failed_) {
    const auto kills = count_memory_kills();
    ending.memory_kill_seen = kills && *kills > *memory_kills_;
  }
  return ending;
}

std::int64_t Supervisor::next_deadline() const {
  std::int64_t next = std::min(heartbeat_.next_us(), heartbeat_.lease_ends_us());
  if (settle_us_) next = std::min(next, *settle_us_);
  if (cause_) return std::min(next, kill_us_);
  return timeout_us_ ? std::min(next, *timeout_us_) : next;
}

void Supervisor::reap() {
  while (true) {
    int status = 0;
    const pid_t pid = ::waitpid(-1, &status, WNOHANG);
    if (pid > 0) {
      on_ended(pid, status);
      continue;
    }
    if (pid < 0 && errno == EINTR) continue;
    children_left_ = pid == 0;
    return;
  }
}

void Supervisor::on_ended(pid_t pid, int status) {
  if (pid == heartbeat_.pid()) {
    const Heartbeat::News news = heartbeat_.on_ended(status);
    if (news == Heartbeat::News::DeclaredLost) cause_ = Cause::DeclaredLost;
    if (news == Heartbeat::News::CancelAsked) stop(Cause::Canceled, monotonic_us());
    return;
  }
  for (std::size_t rank = 0; rank < processes_.size(); ++rank) {
    TrialProcess& process = processes_[rank];
    if (process.pid != pid) continue;
    process.status = status;
    process.ended = true;
    if (status != 0 && !rank_failed_ && !cause_) {
      rank_failed_ = true;
      failed_rank_ = rank;
    }
  }
}

void Supervisor::on_time(std::int64_t now_us) {
  if (settle_us_ && now_us >= *settle_us_) settle(now_us);
  heartbeat_.on_time(now_us);
  if (now_us >= heartbeat_.lease_ends_us()) end_lease(now_us);
  if (!cause_ && timeout_us_ && now_us >= *timeout_us_) stop(Cause::TimedOut, now_us);
  if (!cause_ && rank_failed_) stop(Cause::RankFailed, now_us);
}

// Renewing it now would be too late: another attempt may have begun.
void Supervisor::end_lease(std::int64_t now_us) {
  cause_ = Cause::LeaseOver;
  // Nothing here takes that long, so it was stopped (SIGSTOP, a frozen cgroup, a paused machine).
  const std::int64_t late_us = now_us - deadline_us_;
  if (late_us >= launch_.lease_ms * 1000 / 4) not_run_us_ = late_us;
}

void Supervisor::settle(std::int64_t now_us) {
  settle_us_.reset();
  if (!memory_kills_) memory_kills_ = count_memory_kills();
  if (launch_.own_cgroup && start_.cgroup.empty()) enter_cgroup();
  if (replace_file(attempt_file::kStart, "start.new", to_text(start_), 0644) != 0) {
    settle_us_ = now_us + kSettleAgainUs;
  }
}

void Supervisor::enter_cgroup() {
  const std::string folder = own_cgroup_folder(launch_.token);
  if (!make_cgroup(folder)) return;
  if (enclose_descendants(folder, heartbeat_.pid())) {
    start_.cgroup = folder;
  } else {
    static_cast<void>(remove_cgroup(folder));
  }
}

void Supervisor::stop(Cause cause, std::int64_t now_us) {
  if (cause_) return;
  cause_ = cause;
  kill_us_ = now_us + launch_.grace_ms * 1000;
  const pid_t group = processes_.front().pid;
  signal_tree(SIGTERM, group, heartbeat_.pid());
  // What is stopped (job control, a debugger's leftovers) must run to see its TERM.
  ::kill(-group, SIGCONT);
}

bool Supervisor::is_over(std::int64_t now_us) const {
  if (cause_ == Cause::LeaseOver || cause_ == Cause::DeclaredLost) return true;
  // Once it is being stopped, what the command has left behind has its grace as well.
  if (cause_) return now_us >= kill_us_ || !anything_left();
  return std::all_of(processes_.begin(), processes_.end(),
                     [](const TrialProcess& process) { return process.ended; });
}

bool Supervisor::anything_left() const {
  return children_left_ && (heartbeat_.pid() == 0 || !descendants(heartbeat_.pid()).empty());
}

// The number of processes that would not go.
std::size_t Supervisor::kill_rest() {
  const std::int64_t patience_us = monotonic_us() + kKillPatienceUs;
  while (anything_left()) {
    if (monotonic_us() >= patience_us) return descendants(heartbeat_.pid()).size();
    if (!start_.cgroup.empty()) kill_cgroup(start_.cgroup);
    // The group of a leader that has been reaped may be a stranger's by now, so pid by pid.
    for (const Descendant& process : descendants(heartbeat_.pid())) {
      ::kill(process.pid, SIGKILL);
    }
    wait_for({SIGCHLD}, monotonic_us() + kKillRoundUs);
    reap();
  }
  if (heartbeat_.pid() != 0) ::kill(heartbeat_.pid(), SIGKILL);
  if (!start_.cgroup.empty()) static_cast<void>(remove_cgroup(start_.cgroup));
  return 0;
}

}  // namespace sweepjob
