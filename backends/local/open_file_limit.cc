#include "backends/local/open_file_limit.h"

#include <optional>

#include <sys/resource.h>

namespace sweepjob {
namespace {

std::optional<rlimit> limit_before;

}  // namespace

void raise_open_file_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= limit.rlim_max) return;
  const rlimit raised{limit.rlim_max, limit.rlim_max};
  if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) limit_before = limit;
}

void restore_open_file_limit(pid_t child) {
  if (limit_before) ::prlimit(child, RLIMIT_NOFILE, &*limit_before, nullptr);
}

}  // namespace sweepjob
