#include "backends/local/shared_code.h"

#include <cerrno>

#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

namespace sweepjob {
namespace {

// As the attempt program does it, in a child that shares nothing of the kind with us.
bool can_mount_read_only() {
  const pid_t child = ::vfork();
  if (child == 0) {
    const bool can = ::unshare(CLONE_NEWNS) == 0 &&
                     ::mount("none", "/", nullptr, MS_REC | MS_SLAVE, nullptr) == 0;
    ::_exit(can ? 0 : 1);
  }
  if (child < 0) return false;
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return false;
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

bool is_unprotected(const std::string& snapshot) {
  return ::access(snapshot.c_str(), W_OK) == 0 && !can_mount_read_only();
}

}  // namespace sweepjob
