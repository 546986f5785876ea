#include "backends/local/leftovers.h"

#include <cctype>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <vector>

#include <dirent.h>
#include <unistd.h>

#include "model/process_identity.h"
#include "model/record_file.h"

namespace sweepjob {
namespace {

constexpr int kMaxRounds = 100;
constexpr long kRoundNs = 5'000'000;
constexpr std::size_t kMaxEnvironmentBytes = std::size_t{16} << 20;

bool has_token(const char* pid, const std::string& entry) {
  std::string text;
  const std::string path = std::string("/proc/") + pid + "/environ";
  if (read_file(path.c_str(), text, kMaxEnvironmentBytes, true) != 0) return false;
  text.insert(text.begin(), '\0');
  const std::size_t at = text.find(entry);
  return at != std::string::npos;
}

std::vector<pid_t> find_leftovers(const std::string& token, pid_t session) {
  std::vector<pid_t> found;
  std::string entry(1, '\0');
  entry += "SWEEPJOB_ATTEMPT_TOKEN=" + token;
  entry += '\0';
  DIR* folder = ::opendir("/proc");
  if (folder == nullptr) return found;
  while (const dirent* item = ::readdir(folder)) {
    if (std::isdigit(static_cast<unsigned char>(item->d_name[0])) == 0) continue;
    const auto stat = read_process_stat(item->d_name);
    if (!stat || stat->state == 'Z' || stat->state == 'X') continue;
    const auto pid = static_cast<pid_t>(std::atol(item->d_name));
    if (pid == ::getpid()) continue;
    if ((session != 0 && stat->session == session) || has_token(item->d_name, entry)) {
      found.push_back(pid);
    }
  }
  ::closedir(folder);
  return found;
}

}  // namespace

std::size_t kill_leftovers(const std::string& token, const ClaimRecord& claim) {
  // The session's number is the claimer's pid, which the kernel does not use again while the
  // session lives. Once somebody has that pid again, the session is not ours.
  const auto leader = static_cast<pid_t>(claim.pid);
  const auto reused = read_process_stat(leader);
  const bool foreign = reused && reused->start_ticks != claim.start_ticks;
  std::size_t left = 0;
  for (int round = 0; round < kMaxRounds; ++round) {
    const std::vector<pid_t> found = find_leftovers(token, foreign ? 0 : leader);
    left = found.size();
    if (left == 0) return 0;
    for (const pid_t pid : found) ::kill(pid, SIGKILL);
    const timespec pause{0, kRoundNs};
    ::nanosleep(&pause, nullptr);
  }
  return left;
}

}  // namespace sweepjob
