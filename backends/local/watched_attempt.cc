#include "backends/local/watched_attempt.h"

#include <cerrno>

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "model/attempt_record.h"

namespace sweepjob {
namespace {

std::optional<FileSignature> signature_of(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    if (errno != ENOENT && errno != ENOTDIR) return std::nullopt;
    return FileSignature{};
  }
  return FileSignature{std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec,
                       status.st_ino, status.st_size};
}

}  // namespace

std::optional<FileSignature> heartbeat_of(const std::string& folder) {
  const auto beat = signature_of(folder + '/' + attempt_file::kHeartbeat);
  return beat == FileSignature{} ? signature_of(folder + '/' + attempt_file::kClaim) : beat;
}

std::string describe_wait_status(int status) {
  if (WIFSIGNALED(status)) {
    return fmt::format("the attempt program was killed by signal {}", WTERMSIG(status));
  }
  switch (WEXITSTATUS(status)) {
    case attempt_exit::kCannotClaim: return "the claim could not be written";
    case attempt_exit::kNoExitRecord: return "the exit record could not be written";
    default: return fmt::format("the attempt program ended with code {}", WEXITSTATUS(status));
  }
}

}  // namespace sweepjob
