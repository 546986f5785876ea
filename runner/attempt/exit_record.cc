#include "runner/attempt/exit_record.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "model/record_file.h"
#include "runner/attempt/host.h"

namespace sweepjob {
namespace {

constexpr std::size_t kMaxMessageBytes = 300;
constexpr std::int64_t kRetryUs = 1'000'000;

std::uint64_t size_of(const char* path) {
  struct stat status {};
  return ::stat(path, &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

std::uint64_t size_of(int file) {
  struct stat status {};
  return ::fstat(file, &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

// The shell's own complaint, when it is the last line of the log: "bash: line 1: foo: command not
// found". A script that exits with 127 or 126 by itself leaves none.
std::string complaint_of_shell(int log) {
  char tail[1024];
  const std::uint64_t size = size_of(log);
  const std::uint64_t from = size > sizeof tail ? size - sizeof tail : 0;
  const ssize_t count = ::pread(log, tail, sizeof tail, static_cast<off_t>(from));
  if (count <= 0) return {};
  std::string text(tail, static_cast<std::size_t>(count));
  while (!text.empty() && text.back() == '\n') text.pop_back();
  const std::size_t line = text.rfind('\n');
  if (line != std::string::npos) text.erase(0, line + 1);
  const bool ours = text.rfind("bash: line ", 0) == 0 || text.rfind("sh: ", 0) == 0 ||
                    text.rfind("/bin/bash: ", 0) == 0 || text.rfind("mpirun", 0) == 0;
  if (!ours) return {};
  text.resize(std::min(text.size(), kMaxMessageBytes));
  return text;
}

void describe_signal(int signal, const Ending& ending, ExitRecord& record) {
  const char* name = ::sigabbrev_np(signal);
  record.message = "killed by SIG" + std::string(name ? name : std::to_string(signal).c_str());
  record.outcome = "signalled";
  record.code = signal;
  if (signal == SIGKILL && ending.memory_kill_seen) {
    record.outcome = "out_of_memory";
    record.message = "killed by SIGKILL while the kernel was killing for memory";
  }
}

void describe_process(const Ending& ending, const TrialProcess& process, ExitRecord& record) {
  if (WIFSIGNALED(process.status)) return describe_signal(WTERMSIG(process.status), ending, record);
  record.outcome = "exited";
  record.code = WEXITSTATUS(process.status);
  if (record.code == 127 || record.code == 126) {
    record.message = complaint_of_shell(process.log);
    if (!record.message.empty()) record.outcome = "missing_program";
  } else if (record.code == 128 + SIGKILL && ending.memory_kill_seen) {
    // The shell outlived the program that it ran, and passes its end on.
    record.outcome = "out_of_memory";
    record.message = "a program of the command was killed for memory";
  }
}

std::string describe_lease_end(const Ending& ending) {
  if (ending.not_run_us == 0) {
    return "could not renew its lease: the state folder could not be written";
  }
  const std::int64_t tenths = ending.not_run_us / 100'000;
  return "its attempt program was not run for at least " + std::to_string(tenths / 10) + '.' +
         std::to_string(tenths % 10) +
         " s (SIGSTOP, or a machine that was paused), so its lease ran out";
}

// The trial is over and harms nobody while its record waits for space: what it cost is not thrown
// away because a disk is full for an hour.
constexpr std::int64_t kPatienceForSpaceUs = 7LL * 24 * 3600 * 1'000'000;

bool is_lack_of_space(int error) { return error == ENOSPC || error == EDQUOT; }

// Whoever watches from another host goes by these times.
void show_life() {
  if (::utimensat(AT_FDCWD, attempt_file::kHeartbeat, nullptr, 0) != 0) {
    static_cast<void>(::utimensat(AT_FDCWD, attempt_file::kClaim, nullptr, 0));
  }
}

}  // namespace

ExitRecord describe_ending(const Ending& ending, const std::vector<TrialProcess>& processes) {
  ExitRecord record;
  switch (ending.cause) {
    case Cause::Ended:
    case Cause::RankFailed: describe_process(ending, processes[ending.failed_rank], record); break;
    case Cause::Canceled: record.outcome = "canceled"; break;
    case Cause::TimedOut:
      record.outcome = "timed_out";
      record.message = "trial_timeout";
      break;
    case Cause::Stopped:
      record.outcome = "lost";
      record.message = "the attempt program was ended by a SIGTERM from outside (shutdown?)";
      break;
    case Cause::LeaseOver:
      record.outcome = "lost";
      record.message = describe_lease_end(ending);
      break;
    case Cause::DeclaredLost:
      record.outcome = "lost";
      record.message = "somebody else declared it lost";
      break;
  }
  if (processes.size() > 1 && processes[ending.failed_rank].status != 0 &&
      (ending.cause == Cause::Ended || ending.cause == Cause::RankFailed)) {
    const std::string what = record.message.empty() ? "failed" : record.message;
    record.message = "rank " + std::to_string(ending.failed_rank) + ": " + what;
    if (ending.cause == Cause::RankFailed) record.message += "; the other processes were ended";
  }
  if (ending.unkillable > 0) {
    record.message += (record.message.empty() ? "" : "; ") + std::to_string(ending.unkillable) +
                      " process(es) outlived SIGKILL";
  }
  return record;
}

void fill_sizes(ExitRecord& record, const std::vector<TrialProcess>& processes) {
  if (!processes.empty()) record.stdout_bytes = size_of(processes.front().log);
  record.metrics_bytes = size_of(attempt_file::kMetrics);
  if (processes.size() < 2) return;
  for (const TrialProcess& process : processes) {
    record.process_log_bytes.push_back(size_of(process.log));
  }
}

bool publish_exit(const ExitRecord& record, std::int64_t patience_us) {
  const std::string text = to_text(record);
  const std::string temporary = "exit." + std::to_string(::getpid());
  const std::int64_t begin_us = monotonic_us();
  while (true) {
    int error = write_file(temporary.c_str(), text, 0644);
    if (error == 0) error = rename_exclusively(attempt_file::kExit, temporary.c_str());
    if (error == 0 || error == EEXIST) return true;
    if (::access(attempt_file::kExit, F_OK) == 0)
      return true;  // somebody else has declared its end
    const bool full = is_lack_of_space(error);
    if (monotonic_us() - begin_us >= (full ? kPatienceForSpaceUs : patience_us)) return false;
    if (full) show_life();
    ::usleep(kRetryUs);
  }
}

}  // namespace sweepjob
