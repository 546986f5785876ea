// sweepjob-attempt: runs one attempt in its folder, see README.md.
#include <csignal>
#include <cstdio>
#include <cstring>

#include "model/attempt_record.h"
#include "runner/attempt/attempt.h"
#include "runner/attempt/server.h"

namespace {

constexpr char kUsage[] =
    "usage: sweepjob-attempt FOLDER   run the attempt whose `launch` record is in FOLDER\n"
    "       sweepjob-attempt --serve  start attempts for a controller, on descriptor 0\n"
    "Exit codes: 0 there is an exit record in FOLDER, 120 usage, 121 a later controller runs the\n"
    "sweep, 122 another program holds the claim, 123 no readable launch record, 124 the claim\n"
    "cannot be written, 125 the exit record cannot be written.\n";

// What a caller ignores (nohup, a controller's SIGPIPE) the trial shall not inherit.
void restore_default_signals() {
  for (int number = 1; number < 32; ++number) {
    if (number != SIGKILL && number != SIGSTOP) std::signal(number, SIG_DFL);
  }
}

}  // namespace

int main(int count, char** arguments) {
  sweepjob::block_signals();
  restore_default_signals();
  if (count == 2 && std::strcmp(arguments[1], "--help") == 0) {
    std::fputs(kUsage, stdout);
    return 0;
  }
  if (count == 2 && std::strcmp(arguments[1], "--serve") == 0) return sweepjob::serve_attempts();
  if (count != 2 || arguments[1][0] != '/') {
    std::fputs(kUsage, stderr);
    return sweepjob::attempt_exit::kUsage;
  }
  return sweepjob::run_attempt(arguments[1], sweepjob::read_host());
}
