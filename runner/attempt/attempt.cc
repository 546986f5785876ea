#include "runner/attempt/attempt.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "model/record_file.h"
#include "runner/attempt/claim.h"
#include "runner/attempt/command.h"
#include "runner/attempt/environment.h"
#include "runner/attempt/exit_record.h"
#include "runner/attempt/supervisor.h"
#include "runner/attempt/work_folder.h"

namespace sweepjob {
namespace {

// Trouble of the machine, not of the job: another attempt may do better.
bool is_passing(int error) {
  switch (error) {
    case ENOSPC:
    case EDQUOT:
    case EIO:
    case ESTALE:
    case ENOMEM:
    case EAGAIN:
    case EMFILE:
    case ENFILE:
    case ETIMEDOUT:
    case EROFS:
    case EINTR: return true;
    default: return false;
  }
}

int finish(ExitRecord record, const std::vector<TrialProcess>& processes,
           const LaunchRecord& launch) {
  record.ended_us = wall_clock_us();
  fill_sizes(record, processes);
  const std::int64_t patience_us = std::max<std::int64_t>(launch.lease_ms, 1000) * 1000;
  return publish_exit(record, patience_us) ? 0 : attempt_exit::kNoExitRecord;
}

int finish_unstarted(const char* outcome, std::string message, const LaunchRecord& launch) {
  ExitRecord record;
  record.outcome = outcome;
  record.message = std::move(message);
  return finish(std::move(record), {}, launch);
}

// Goes to the folder and reads what to run: 0 or an exit code of attempt_exit.
int read_launch(const std::string& attempt_folder, LaunchRecord& launch) {
  std::string text;
  std::optional<LaunchRecord> parsed;
  int error = ::chdir(attempt_folder.c_str()) == 0 ? 0 : errno;
  if (error == 0) error = read_file(attempt_file::kLaunch, text, kMaxRecordBytes);
  if (error == 0) parsed = parse_launch(text);
  if (error == 0 && !parsed) {
    // Some file systems give less than was asked for before the end.
    error = read_file(attempt_file::kLaunch, text, kMaxRecordBytes, true);
    if (error == 0) parsed = parse_launch(text);
  }
  if (parsed) {
    launch = std::move(*parsed);
    return 0;
  }
  std::fprintf(stderr, "sweepjob-attempt: no launch record can be read in %s: %s\n",
               attempt_folder.c_str(), error != 0 ? std::strerror(error) : "damaged");
  return is_passing(error) ? attempt_exit::kCannotClaim : attempt_exit::kBadLaunch;
}

int run_claimed(const LaunchRecord& launch, const std::string& attempt_folder, const Host& host) {
  // Both once more, after the claim: who looks for a claim after it cancelled or took over, and
  // finds none, then knows that nothing will start.
  if (::access(attempt_file::kCancel, F_OK) == 0) {
    return finish_unstarted("canceled", "cancelled before its start", launch);
  }
  if (is_superseded(launch)) {
    return finish_unstarted("lost", kSupersededMessage, launch);
  }
  const SetUpProblem problem = make_work_folder(launch);
  if (problem.error != 0) {
    return finish_unstarted(is_passing(problem.error) ? "lost" : "rejected",
                            "cannot set up the working directory: " + problem.message, launch);
  }
  StartRecord start;
  start.host = host.name;
  start.had_checkpoint = prepare_checkpoint(launch.checkpoint_folder);
  // Whether the curve goes on must be known even if this program dies at once: no record, no
  // checkpoint.
  if (start.had_checkpoint) {
    const int error = write_file(attempt_file::kStart, to_text(start), 0644);
    if (error != 0) {
      return finish_unstarted(is_passing(error) ? "lost" : "rejected",
                              std::string("cannot write its start: ") + std::strerror(error),
                              launch);
    }
  }
  Environment environment;
  const std::string refusal = build_environment(launch, attempt_folder, environment);
  if (!refusal.empty()) return finish_unstarted("rejected", refusal, launch);

  start.started_us = wall_clock_us();
  StartedCommand command = start_command(launch, host, environment);
  if (command.error != 0) {
    for (const TrialProcess& process : command.processes) ::kill(process.pid, SIGKILL);
    const std::string message = command.problem + ": " + std::strerror(command.error);
    const char* outcome = command.error == ENOENT     ? "missing_program"
                          : is_passing(command.error) ? "lost"
                                                      : "rejected";
    return finish_unstarted(outcome, message, launch);
  }
  start.pid = command.processes.front().pid;
  const Ending ending = Supervisor(launch, start, command.processes, monotonic_us()).run();
  ExitRecord record = describe_ending(ending, command.processes);
  record.start = start;
  return finish(std::move(record), command.processes, launch);
}

}  // namespace

void block_signals() {
  // SIGHUP and SIGQUIT stay pending for good, which ignores them without the trial inheriting that.
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : {SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGQUIT}) ::sigaddset(&set, signal);
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
}

void detach() {
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  for (const int standard : {0, 1, 2}) ::dup2(null, standard);
  if (null > 2) ::close(null);
}

int run_attempt(const std::string& attempt_folder, const Host& host) {
  LaunchRecord launch;
  if (const int refused = read_launch(attempt_folder, launch)) return refused;
  if (is_superseded(launch)) {
    std::fprintf(stderr, "sweepjob-attempt: %s: a later controller runs this sweep\n",
                 launch.token.c_str());
    return attempt_exit::kSuperseded;
  }
  const int refused = take_claim(launch, host);
  if (refused != 0) {
    std::fprintf(stderr, "sweepjob-attempt: %s: %s\n", launch.token.c_str(),
                 refused == attempt_exit::kClaimLost ? "somebody else has claimed it"
                                                     : "the claim cannot be written");
    return refused;
  }
  ::setsid();
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  ::close_range(3, ~0U, 0);
  if (!host.is_detached) detach();
  return run_claimed(launch, attempt_folder, host);
}

}  // namespace sweepjob
