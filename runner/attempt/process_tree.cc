#include "runner/attempt/process_tree.h"

#include <cctype>
#include <csignal>
#include <cstdlib>
#include <unordered_map>

#include <dirent.h>
#include <unistd.h>

#include "model/process_identity.h"

namespace sweepjob {

std::vector<Descendant> descendants(pid_t except) {
  std::unordered_map<pid_t, std::vector<Descendant>> children;
  DIR* folder = ::opendir("/proc");
  if (folder == nullptr) return {};
  while (const dirent* entry = ::readdir(folder)) {
    if (std::isdigit(static_cast<unsigned char>(entry->d_name[0])) == 0) continue;
    const auto pid = static_cast<pid_t>(std::atol(entry->d_name));
    const auto stat = read_process_stat(entry->d_name);
    if (stat && pid != except) children[stat->parent].push_back({pid, stat->group});
  }
  ::closedir(folder);
  std::vector<Descendant> found = children[::getpid()];
  for (std::size_t i = 0; i < found.size(); ++i) {
    const std::vector<Descendant>& deeper = children[found[i].pid];
    found.insert(found.end(), deeper.begin(), deeper.end());
  }
  return found;
}

void signal_tree(int signal, pid_t group, pid_t except) {
  ::kill(-group, signal);
  for (const Descendant& process : descendants(except)) {
    if (process.group != group) ::kill(process.pid, signal);
  }
}

}  // namespace sweepjob
