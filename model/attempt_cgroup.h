// The cgroup that holds the processes of one attempt, version 2 (Linux's
// Documentation/admin-guide/cgroup-v2.rst). Layer 0; std and Linux only; any thread.
//
// A process cannot leave it by leaving its session, its parents or its environment, so it finds
// what those do not. The attempt program makes it and takes it away; the backend ends what is in it
// when that program was killed itself.
#pragma once

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "model/record_file.h"

namespace sweepjob {

[[nodiscard]] inline std::string cgroup_name(std::string_view token) {
  return "sweepjob-" + std::string(token);
}

// The folder is named by a file that the trial itself could write: only a cgroup with the name of
// this attempt counts, whatever else that file says.
[[nodiscard]] inline bool is_cgroup_of(const std::string& folder, std::string_view token) {
  const std::string name = '/' + cgroup_name(token);
  struct statfs status {};
  return folder.size() > name.size() && folder.ends_with(name) &&
         ::statfs(folder.c_str(), &status) == 0 && status.f_type == CGROUP2_SUPER_MAGIC;
}

// The folder and all below it, which are cgroups too: a trial may have made its own.
[[nodiscard]] inline std::vector<std::string> cgroups_below(const std::string& folder) {
  std::vector<std::string> folders{folder};
  for (std::size_t i = 0; i < folders.size(); ++i) {
    DIR* open = ::opendir(folders[i].c_str());
    if (open == nullptr) continue;
    const std::string parent = folders[i];
    while (const dirent* entry = ::readdir(open)) {
      const std::string_view name = entry->d_name;
      if (entry->d_type != DT_DIR || name == "." || name == "..") continue;
      folders.push_back(parent + '/' + entry->d_name);
    }
    ::closedir(open);
  }
  return folders;
}

// To a file that the kernel offers: 0 or an errno value.
[[nodiscard]] inline int write_to_cgroup(const std::string& path, std::string_view text) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (file < 0) return errno;
  const int error = ::write(file, text.data(), text.size()) < 0 ? errno : 0;
  ::close(file);
  return error;
}

// SIGKILL to everything in it. It goes on until the next look: see remove_cgroup().
inline void kill_cgroup(const std::string& folder) {
  if (write_to_cgroup(folder + "/cgroup.kill", "1") == 0) return;
  // Before Linux 5.14, process by process.
  for (const std::string& cgroup : cgroups_below(folder)) {
    std::string pids;
    if (read_file((cgroup + "/cgroup.procs").c_str(), pids, std::size_t{16} << 20, true) != 0) {
      continue;
    }
    for (const char* at = pids.c_str(); *at != '\0';) {
      char* end = nullptr;
      const long pid = std::strtol(at, &end, 10);
      if (end == at) break;
      // 0 stands for a process of another pid namespace.
      if (pid > 0) ::kill(static_cast<pid_t>(pid), SIGKILL);
      at = *end == '\n' ? end + 1 : end;
    }
  }
}

// False while anything lives in it.
[[nodiscard]] inline bool remove_cgroup(const std::string& folder) {
  std::vector<std::string> folders = cgroups_below(folder);
  std::reverse(folders.begin(), folders.end());
  for (const std::string& cgroup : folders) {
    if (::rmdir(cgroup.c_str()) != 0 && errno != ENOENT) return false;
  }
  return true;
}

}  // namespace sweepjob
