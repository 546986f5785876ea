// LineProcess: a command of the user's that is started once and answers one line with one line, as
// the objective of `simulate` does. Layer 6; blocking, with a limit of time; one thread.
//
// It runs through the shell in a process group of its own, with our standard error. When this
// object goes, its input is closed, and what is left of the group a moment later is killed; it dies
// with us as well. The caller ignores SIGPIPE.
//
// Why not Boost.Process: 1.81's has neither process groups that it can wait for nor a read with a
// limit of time that does not need an io_context, which here belongs to the simulated sweep.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include <sys/types.h>

#include "model/result.h"
#include "runner/io/posix_file.h"

namespace sweepjob {

class LineProcess {
 public:
  // A million doubles in full are 26 million bytes as Python writes them (kMaxSimSteps).
  static constexpr std::size_t kMaxLineBytes = std::size_t{32} << 20;

  [[nodiscard]] static Result<LineProcess> start(const std::string& command,
                                                 std::chrono::milliseconds patience);
  LineProcess(LineProcess&& other) noexcept;
  LineProcess& operator=(LineProcess&&) = delete;
  ~LineProcess();

  // Gives it `line` and a newline, and waits for its answer, without the newline. Usage errors: it
  // ended (with its exit code), said nothing in time, or said too much: more than a line, a line
  // beyond kMaxLineBytes. After an error it is of no more use.
  [[nodiscard]] Result<std::string> ask(std::string_view line);

 private:
  using Deadline = std::chrono::steady_clock::time_point;

  LineProcess(pid_t pid, FileDescriptor input, FileDescriptor output,
              std::chrono::milliseconds patience)
      : pid_(pid), input_(std::move(input)), output_(std::move(output)), patience_(patience) {}

  [[nodiscard]] Result<void> give(std::string_view text, Deadline deadline);
  // More of what it prints into heard_; false when nothing comes before the deadline.
  [[nodiscard]] Result<bool> hear(Deadline deadline);
  [[nodiscard]] Error ended();
  [[nodiscard]] Error too_slow() const;

  pid_t pid_ = 0;  // the leader of its group; 0: moved from
  FileDescriptor input_;
  FileDescriptor output_;
  std::chrono::milliseconds patience_;
  std::string heard_;
};

}  // namespace sweepjob
