// Watches over a running command until nothing of it is left: the lease, trial_timeout, a cancel,
// TERM - grace - KILL. Needs no controller.
//
// SIGCHLD, SIGTERM and SIGINT must be blocked: it waits for them. A SIGTERM with a `cancel` file is
// our own cancel; without one somebody else (a shutdown, a scheduler) ends this program, and the
// attempt is lost, not cancelled.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/attempt_record.h"
#include "runner/attempt/command.h"
#include "runner/attempt/heartbeat.h"

namespace sweepjob {

enum class Cause {
  Ended,         // by itself
  RankFailed,    // one of several processes failed, the others were ended
  Canceled,      // `cancel` file
  TimedOut,      // trial_timeout
  Stopped,       // SIGTERM that was not ours
  LeaseOver,     // not renewed for a whole lease: somebody else may have declared it lost
  DeclaredLost,  // somebody else wrote the exit record
};

struct Ending {
  Cause cause = Cause::Ended;
  std::size_t failed_rank = 0;    // for RankFailed
  std::size_t unkillable = 0;     // processes that outlived SIGKILL
  bool memory_kill_seen = false;  // the machine killed something for memory meanwhile
  // For LeaseOver: this program was not run for so long at least, and that is why. 0: it was.
  std::int64_t not_run_us = 0;
};

class Supervisor {
 public:
  Supervisor(const LaunchRecord& launch, StartRecord start, std::vector<TrialProcess>& processes,
             std::int64_t now_us);

  // Returns when every process of the tree has ended. Their wait statuses are in `processes`.
  [[nodiscard]] Ending run();

 private:
  [[nodiscard]] std::int64_t next_deadline() const;
  void reap();
  void on_ended(pid_t pid, int status);
  void on_time(std::int64_t now_us);
  void end_lease(std::int64_t now_us);
  void settle(std::int64_t now_us);
  void enter_cgroup();
  void stop(Cause cause, std::int64_t now_us);
  [[nodiscard]] bool is_over(std::int64_t now_us) const;
  [[nodiscard]] std::size_t kill_rest();
  [[nodiscard]] bool anything_left() const;

  const LaunchRecord& launch_;
  StartRecord start_;
  std::vector<TrialProcess>& processes_;
  Heartbeat heartbeat_;
  std::optional<Cause> cause_;
  std::size_t failed_rank_ = 0;
  bool rank_failed_ = false;
  bool children_left_ = true;
  std::optional<std::int64_t> settle_us_;
  std::optional<std::int64_t> timeout_us_;
  std::int64_t kill_us_ = 0;  // once there is a cause
  std::int64_t deadline_us_ = 0;
  std::int64_t not_run_us_ = 0;
  std::optional<std::uint64_t> memory_kills_;
};

}  // namespace sweepjob
