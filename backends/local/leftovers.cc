#include "backends/local/leftovers.h"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <string_view>
#include <unordered_set>

#include <dirent.h>
#include <unistd.h>

#include "backends/attempt_folder.h"
#include "model/attempt_cgroup.h"
#include "model/process_identity.h"
#include "model/record_file.h"

namespace sweepjob {
namespace {

constexpr timespec kRoundPause{0, 5'000'000};
constexpr int kMaxRounds = 100;
constexpr std::size_t kMaxEnvironmentBytes = std::size_t{16} << 20;

constexpr std::string_view kTokenName{"\0SWEEPJOB_ATTEMPT_TOKEN=", 24};

struct Search {
  std::unordered_set<std::string> tokens;
  pid_t session = 0;  // 0: none
};

struct Found {
  std::vector<pid_t> pids;
  bool known = true;
};

// It ended while we looked, or it belongs to another user and is none of ours.
bool is_nobody(int error) {
  return error == ENOENT || error == ESRCH || error == EACCES || error == EPERM;
}

// 0 or an errno value.
int has_token(const char* pid, const Search& search, bool& has) {
  std::string text;
  const std::string path = std::string("/proc/") + pid + "/environ";
  const int error = read_file(path.c_str(), text, kMaxEnvironmentBytes, true);
  if (error != 0 && error != EFBIG) return error;
  text.insert(text.begin(), '\0');
  for (std::size_t at = text.find(kTokenName); at != std::string::npos && !has;) {
    at += kTokenName.size();
    const std::size_t end = text.find('\0', at);
    has = end != std::string::npos && search.tokens.contains(text.substr(at, end - at));
    at = text.find(kTokenName, at);
  }
  return 0;
}

int is_leftover(const char* pid, const Search& search, bool& is) {
  ProcessStat stat;
  if (const int error = read_process_stat(pid, stat)) return error;
  if (stat.state == 'Z' || stat.state == 'X') return 0;
  is = search.session != 0 && stat.session == search.session;
  return is ? 0 : has_token(pid, search, is);
}

Found find_leftovers(const Search& search) {
  Found found;
  DIR* folder = ::opendir("/proc");
  if (folder == nullptr) return {{}, false};
  errno = 0;
  while (const dirent* item = ::readdir(folder)) {
    const auto pid = static_cast<pid_t>(std::atol(item->d_name));
    bool is = false;
    const int error = pid > 0 && pid != ::getpid() ? is_leftover(item->d_name, search, is) : 0;
    if (error != 0 && !is_nobody(error)) found.known = false;
    if (is) found.pids.push_back(pid);
    errno = 0;
  }
  if (errno != 0) found.known = false;
  ::closedir(folder);
  return found;
}

}  // namespace

Leftovers kill_leftovers(const std::vector<std::string>& tokens, const ClaimRecord* claim) {
  Search search{{tokens.begin(), tokens.end()}, 0};
  if (claim != nullptr) {
    // The session's number is the claimer's pid, which the kernel does not use again while the
    // session lives. Once somebody has that pid again, the session is not ours.
    const auto leader = static_cast<pid_t>(claim->pid);
    ProcessStat stat;
    const int error = read_process_stat(std::to_string(leader).c_str(), stat);
    if (error != 0 && !is_nobody(error)) return {0, false};
    if (error != 0 || stat.start_ticks == claim->start_ticks) search.session = leader;
  }
  Found found;
  for (int round = 0; round < kMaxRounds; ++round) {
    found = find_leftovers(search);
    for (const pid_t pid : found.pids) ::kill(pid, SIGKILL);
    if (found.pids.empty() || !found.known) break;
    ::nanosleep(&kRoundPause, nullptr);
  }
  return {found.pids.size(), found.known};
}

bool kill_own_cgroup(const std::string& attempt_folder, const std::string& token) {
  const auto start = read_start(attempt_folder);
  if (!start.has_value() || !*start) return true;
  const std::string& folder = (*start)->cgroup;
  if (folder.empty() || !is_cgroup_of(folder, token)) return true;
  for (int round = 0; round < kMaxRounds; ++round) {
    kill_cgroup(folder);
    if (remove_cgroup(folder)) return true;
    ::nanosleep(&kRoundPause, nullptr);
  }
  return false;
}

}  // namespace sweepjob
