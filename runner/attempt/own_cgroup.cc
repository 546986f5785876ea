#include "runner/attempt/own_cgroup.h"

#include <cerrno>
#include <string_view>
#include <unordered_set>
#include <vector>

#include <sys/stat.h>

#include "model/attempt_cgroup.h"
#include "model/record_file.h"
#include "runner/attempt/process_tree.h"

namespace sweepjob {
namespace {

constexpr std::size_t kMaxMountsBytes = std::size_t{4} << 20;
constexpr int kMaxRounds = 100;

struct Mount {
  std::string root;   // of the hierarchy, the part that is mounted
  std::string point;  // where
};

std::string_view take_word(std::string_view& line) {
  const std::size_t end = std::min(line.find(' '), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return word;
}

// proc(5), /proc/pid/mountinfo: "36 35 98:0 /root /point options ... - type source options".
bool find_mount(Mount& mount) {
  std::string text;
  if (read_file("/proc/self/mountinfo", text, kMaxMountsBytes, true) != 0) return false;
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.find(" - cgroup2 ") == std::string_view::npos) continue;
    for (int i = 0; i < 3; ++i) take_word(line);
    mount.root = take_word(line);
    mount.point = take_word(line);
    // A mount point with a space is written with a backslash; nobody has one.
    return mount.point.find('\\') == std::string::npos;
  }
  return false;
}

// cgroups(7), /proc/pid/cgroup: the line of version 2 is "0::/path".
bool find_own_path(std::string& path) {
  std::string text;
  if (read_file("/proc/self/cgroup", text, kMaxMountsBytes, true) != 0) return false;
  const std::size_t at = text.starts_with("0::") ? 0 : text.find("\n0::") + 1;
  if (at == 0 && !text.starts_with("0::")) return false;
  path = text.substr(at + 3, text.find('\n', at) - at - 3);
  return path.starts_with('/') && path.find("/..") == std::string::npos;
}

}  // namespace

std::string own_cgroup_folder(const std::string& token) {
  Mount mount;
  std::string path;
  if (!find_mount(mount) || !find_own_path(path)) return {};
  if (mount.root != "/") {
    if (!path.starts_with(mount.root)) return {};
    path.erase(0, mount.root.size());
  }
  if (path == "/") path.clear();
  return mount.point + path + '/' + cgroup_name(token);
}

bool make_cgroup(const std::string& folder) {
  return !folder.empty() && (::mkdir(folder.c_str(), 0755) == 0 || errno == EEXIST);
}

bool enclose_descendants(const std::string& folder, pid_t except) {
  const std::string members = folder + "/cgroup.procs";
  std::unordered_set<pid_t> seen;
  bool any = false;
  // A child forked before its parent was moved is outside, and in the next look; one forked later
  // is inside. So a look that finds nobody new has found everybody.
  for (int round = 0; round < kMaxRounds; ++round) {
    bool news = false;
    for (const Descendant& process : descendants(except)) {
      if (!seen.insert(process.pid).second) continue;
      news = true;
      if (write_to_cgroup(members, std::to_string(process.pid)) == 0) any = true;
    }
    if (!news) break;
  }
  return any;
}

}  // namespace sweepjob
