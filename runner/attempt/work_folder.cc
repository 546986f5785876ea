#include "runner/attempt/work_folder.h"

#include <cerrno>
#include <cstring>
#include <vector>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace sweepjob {
namespace {

SetUpProblem problem_with(const std::string& path, int error) {
  return {error, path + ": " + std::strerror(error)};
}

// The names in a folder, or errno.
int list_folder(const std::string& path, std::vector<std::string>& names) {
  DIR* folder = ::opendir(path.c_str());
  if (folder == nullptr) return errno;
  while (const dirent* entry = ::readdir(folder)) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
  }
  ::closedir(folder);
  return 0;
}

int copy_bytes(int from, int to) {
  while (true) {
    const ssize_t count = ::copy_file_range(from, nullptr, to, nullptr, std::size_t{1} << 30, 0);
    if (count == 0) return 0;
    if (count < 0 && errno != EINTR) break;
  }
  // File systems that cannot copy between themselves.
  std::vector<char> block(std::size_t{1} << 16);
  while (true) {
    const ssize_t count = ::read(from, block.data(), block.size());
    if (count == 0) return 0;
    if (count < 0 && errno != EINTR) return errno;
    for (ssize_t done = 0; done < count;) {
      const ssize_t written =
          ::write(to, block.data() + done, static_cast<std::size_t>(count - done));
      if (written < 0 && errno != EINTR) return errno;
      if (written > 0) done += written;
    }
  }
}

int copy_file(const std::string& from, const std::string& to, mode_t mode) {
  const int source = ::open(from.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (source < 0) return errno;
  const int target = ::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
                            (mode & 0777) | 0600);
  int error = target < 0 ? errno : copy_bytes(source, target);
  if (target >= 0 && ::close(target) != 0 && error == 0) error = errno;
  ::close(source);
  return error;
}

int copy_link(const std::string& from, const std::string& to) {
  char text[4096];
  const ssize_t length = ::readlink(from.c_str(), text, sizeof text - 1);
  if (length < 0) return errno;
  text[length] = '\0';
  return ::symlink(text, to.c_str()) == 0 ? 0 : errno;
}

SetUpProblem fill(const std::string& from, const std::string& to, bool link) {
  std::vector<std::string> names;
  if (const int error = list_folder(from, names)) return problem_with(from, error);
  for (const std::string& name : names) {
    const std::string source = from + '/' + name;
    const std::string target = to + '/' + name;
    struct stat status {};
    if (::lstat(source.c_str(), &status) != 0) return problem_with(source, errno);
    int error = 0;
    if (S_ISDIR(status.st_mode)) {
      if (::mkdir(target.c_str(), 0777) != 0 && errno != EEXIST) error = errno;
      if (error == 0) {
        SetUpProblem inner = fill(source, target, link);
        if (inner.error != 0) return inner;
      }
    } else if (S_ISLNK(status.st_mode)) {
      error = copy_link(source, target);
    } else if (S_ISREG(status.st_mode)) {
      if (!link) {
        error = copy_file(source, target, status.st_mode);
      } else if (::symlink(source.c_str(), target.c_str()) != 0) {
        error = errno;
      }
    }
    // Ours (outputs, logs, user_logs) were made first and stay folders.
    if (error == EEXIST) error = 0;
    if (error != 0) return problem_with(target, error);
  }
  return {};
}

// mkdir -p
int make_folders(const std::string& path) {
  for (std::size_t at = 1; at <= path.size(); ++at) {
    if (at < path.size() && path[at] != '/') continue;
    if (::mkdir(path.substr(0, at).c_str(), 0777) != 0 && errno != EEXIST) return errno;
  }
  return 0;
}

}  // namespace

SetUpProblem make_work_folder(const LaunchRecord& launch) {
  for (const char* folder : {"work", "work/outputs", "work/logs", "work/user_logs"}) {
    if (::mkdir(folder, 0777) != 0 && errno != EEXIST) return problem_with(folder, errno);
  }
  if (!launch.code_folder.empty()) {
    SetUpProblem problem = fill(launch.code_folder, attempt_file::kWork, launch.link_code);
    if (problem.error != 0) return problem;
  }
  for (const std::string& folder : launch.folders) {
    if (const int error = make_folders(folder)) return problem_with(folder, error);
  }
  return {};
}

bool prepare_checkpoint(const std::string& checkpoint_folder) {
  if (checkpoint_folder.empty()) return false;
  if (::mkdir(checkpoint_folder.c_str(), 0777) == 0) return false;
  std::vector<std::string> names;
  return list_folder(checkpoint_folder, names) == 0 && !names.empty();
}

}  // namespace sweepjob
