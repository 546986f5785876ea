#include "runner/app/line_process.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runner/app/interrupt_watch.h"

namespace sweepjob {
namespace {

using std::chrono::steady_clock;

// For its own end, once its input is closed.
constexpr std::chrono::milliseconds kFarewell{500};

struct Pipe {
  FileDescriptor reading;
  FileDescriptor writing;
};

Result<Pipe> make_pipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) {
    return Error(ErrorCode::Internal, "cannot make a pipe: " + errno_text(errno));
  }
  return Pipe{FileDescriptor(ends[0]), FileDescriptor(ends[1])};
}

int milliseconds_until(steady_clock::time_point deadline) {
  const auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(deadline - steady_clock::now());
  return static_cast<int>(std::clamp<std::int64_t>(left.count() + 1, 0, 1'000'000));
}

// In the child, between fork and exec: system calls alone.
[[noreturn]] void become(const char* command, int input, int output, pid_t parent) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);  // it died before it could be told to us
  signal(SIGPIPE, SIG_DFL);
  dup2(input, STDIN_FILENO);
  dup2(output, STDOUT_FILENO);
  execlp("bash", "bash", "-c", command, static_cast<char*>(nullptr));
  execl("/bin/sh", "sh", "-c", command, static_cast<char*>(nullptr));
  _exit(127);
}

// Its end without taking it away: its group's number stays its own until then.
bool has_ended(pid_t pid, siginfo_t& info) {
  info = siginfo_t{};
  return waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         info.si_pid == pid;
}

Error interrupted() { return {ErrorCode::Usage, "interrupted"}; }

bool wait_for_end(pid_t pid, std::chrono::milliseconds patience, siginfo_t& info) {
  const auto deadline = steady_clock::now() + patience;
  while (!has_ended(pid, info)) {
    if (steady_clock::now() >= deadline) return false;
    poll(nullptr, 0, 2);
  }
  return true;
}

}  // namespace

Result<LineProcess> LineProcess::start(const std::string& command,
                                       std::chrono::milliseconds patience) {
  auto to_it = make_pipe();
  if (to_it.has_error()) return to_it.error();
  auto from_it = make_pipe();
  if (from_it.has_error()) return from_it.error();
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid < 0) return Error(ErrorCode::Internal, "cannot start a process: " + errno_text(errno));
  if (pid == 0) {
    become(command.c_str(), to_it->reading.get(), from_it->writing.get(), parent);
  }
  setpgid(pid, pid);  // by whoever comes first
  fcntl(to_it->writing.get(), F_SETFL, O_NONBLOCK);
  return LineProcess(pid, std::move(to_it->writing), std::move(from_it->reading), patience);
}

LineProcess::LineProcess(LineProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)),
      input_(std::move(other.input_)),
      output_(std::move(other.output_)),
      patience_(other.patience_),
      heard_(std::move(other.heard_)) {}

LineProcess::~LineProcess() {
  if (pid_ == 0) return;
  input_.reset();
  output_.reset();
  siginfo_t info;
  (void)wait_for_end(pid_, kFarewell, info);
  kill(-pid_, SIGKILL);
  while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

Result<std::string> LineProcess::ask(std::string_view line) {
  const Deadline deadline = steady_clock::now() + patience_;
  while (heard_.empty()) {
    auto more = hear(steady_clock::now());
    if (more.has_error()) return more.error();
    if (!*more) break;
  }
  if (!heard_.empty()) {
    return Error(ErrorCode::Usage, "it said something before it was asked: '" + heard_ + "'");
  }
  std::string text(line);
  text.push_back('\n');
  if (auto given = give(text, deadline); given.has_error()) return given.error();
  for (std::size_t looked = 0;;) {
    const std::size_t end = heard_.find('\n', looked);
    if (end != std::string::npos) {
      std::string answer = heard_.substr(0, end);
      heard_.erase(0, end + 1);
      return answer;
    }
    if (heard_.size() > kMaxLineBytes) {
      return Error(ErrorCode::Usage,
                   fmt::format("its answer is a line of more than {} MiB", kMaxLineBytes >> 20));
    }
    looked = heard_.size();
    auto more = hear(deadline);
    if (more.has_error()) return more.error();
    if (!*more) return too_slow();
  }
}

// It may print while it does not read: both pipes are served.
Result<void> LineProcess::give(std::string_view text, Deadline deadline) {
  while (!text.empty()) {
    pollfd ends[2] = {{input_.get(), POLLOUT, 0}, {output_.get(), POLLIN, 0}};
    const int ready =
        poll(ends, heard_.size() > kMaxLineBytes ? 1 : 2, milliseconds_until(deadline));
    if (ready < 0 && errno == EINTR && interrupting_signal() != 0) return interrupted();
    if (ready < 0 && errno == EINTR) continue;
    if (ready == 0) return too_slow();
    if (ends[1].revents != 0) {
      auto more = hear(steady_clock::now());
      if (more.has_error()) return more.error();
    }
    if (ends[0].revents == 0) continue;
    const ssize_t written = write(input_.get(), text.data(), text.size());
    if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
    if (written < 0 && errno == EPIPE) return ended();
  }
  return {};
}

Result<bool> LineProcess::hear(Deadline deadline) {
  pollfd end{output_.get(), POLLIN, 0};
  int ready = 0;
  do {
    if (interrupting_signal() != 0) return interrupted();
    ready = poll(&end, 1, milliseconds_until(deadline));
  } while (ready < 0 && errno == EINTR);
  if (ready == 0) return false;
  char buffer[64 * 1024];
  ssize_t size = 0;
  do {
    size = read(output_.get(), buffer, sizeof buffer);
  } while (size < 0 && errno == EINTR);
  if (size <= 0) return ended();
  heard_.append(buffer, static_cast<std::size_t>(size));
  return true;
}

Error LineProcess::ended() {
  siginfo_t info;
  std::string how = "it closed its standard input or output";
  if (wait_for_end(pid_, kFarewell, info)) {
    how = info.si_code == CLD_EXITED
              ? fmt::format("it ended with exit code {}", info.si_status)
              : fmt::format("it was killed by SIG{}", sigabbrev_np(info.si_status));
  }
  if (!heard_.empty()) how += fmt::format(", in the middle of a line: '{}'", heard_);
  return {ErrorCode::Usage, how};
}

Error LineProcess::too_slow() const {
  return {ErrorCode::Usage, fmt::format("it gave no answer within {:g} s (--objective-timeout)",
                                        std::chrono::duration<double>(patience_).count())};
}

}  // namespace sweepjob
