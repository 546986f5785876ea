#include "runner/attempt/heartbeat.h"

#include <cerrno>
#include <csignal>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "model/attempt_record.h"
#include "model/record_file.h"
#include "runner/attempt/host.h"

namespace sweepjob {
namespace {

constexpr int kRenewed = 0;
constexpr int kFailed = 1;
constexpr int kCancelAsked = 2;
constexpr int kDeclaredLost = 3;

int renew(pid_t pid, std::uint64_t count) {
  if (::access(attempt_file::kExit, F_OK) == 0) return kDeclaredLost;
  const HeartbeatRecord record{pid, count, wall_clock_us()};
  int error = replace_file(attempt_file::kHeartbeat, "heartbeat.new", to_text(record), 0644);
  if (error == ENOSPC || error == EDQUOT) {
    error = 0;
    if (::utimensat(AT_FDCWD, attempt_file::kHeartbeat, nullptr, 0) != 0 &&
        ::utimensat(AT_FDCWD, attempt_file::kClaim, nullptr, 0) != 0) {
      error = errno;
    }
  }
  if (error != 0) return kFailed;
  return ::access(attempt_file::kCancel, F_OK) == 0 ? kCancelAsked : kRenewed;
}

}  // namespace

Heartbeat::Heartbeat(std::int64_t lease_us, std::int64_t now_us)
    : lease_us_(lease_us), renewed_us_(now_us), next_us_(now_us + lease_us / 4) {}

void Heartbeat::on_time(std::int64_t now_us) {
  if (now_us < next_us_) return;
  next_us_ = now_us + lease_us_ / 4;
  if (pid_ != 0) return;
  begun_us_ = now_us;
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::_exit(renew(parent, count_ + 1));
  }
  if (pid_ < 0) pid_ = 0;
}

Heartbeat::News Heartbeat::on_ended(int wait_status) {
  pid_ = 0;
  const int code = WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : kFailed;
  if (code == kDeclaredLost) return News::DeclaredLost;
  if (code == kFailed) {
    // Try again well before the lease is over.
    next_us_ = begun_us_ + lease_us_ / 20 + 1;
    return News::None;
  }
  renewed_us_ = begun_us_;
  ++count_;
  return code == kCancelAsked ? News::CancelAsked : News::None;
}

}  // namespace sweepjob
