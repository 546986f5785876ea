#include "runner/attempt/host.h"

#include <ctime>

#include <unistd.h>

namespace sweepjob {
namespace {

std::int64_t clock_us(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return std::int64_t{time.tv_sec} * 1'000'000 + time.tv_nsec / 1000;
}

}  // namespace

Host read_host() {
  Host host;
  host.machine = read_machine_identity();
  host.name = host.machine.host;
  for (const char* path : {"/bin/bash", "/usr/bin/bash"}) {
    if (host.bash.empty() && ::access(path, X_OK) == 0) host.bash = path;
  }
  return host;
}

std::int64_t wall_clock_us() { return clock_us(CLOCK_REALTIME); }
std::int64_t monotonic_us() { return clock_us(CLOCK_MONOTONIC); }

}  // namespace sweepjob
