#include "runner/io/environment_file.h"

#include <algorithm>
#include <cerrno>

#include <unistd.h>

#include "runner/io/posix_file.h"

namespace sweepjob {

Result<void> write_environment_file(const std::string& path,
                                    const std::vector<std::string>& entries) {
  std::string content;
  for (const std::string& entry : entries) {
    if (entry.find('=') == std::string::npos || entry.find('\0') != std::string::npos) continue;
    content += entry;
    content += '\0';
  }
  if (content.size() > kMaxEnvironmentBytes) {
    return Error(ErrorCode::StateFolder,
                 "the environment has more than " + std::to_string(kMaxEnvironmentBytes) + " bytes",
                 path);
  }
  const std::size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash);
  const auto published =
      publish_exclusively(folder, path.substr(slash + 1), content, 0600);  // npos + 1 is 0
  if (!published) return published.error();
  return sync_folder(folder);
}

Result<std::vector<std::string>> read_environment_file(const std::string& path) {
  const auto content = read_small_file(path, kMaxEnvironmentBytes);
  if (!content) return content.error();
  std::vector<std::string> entries;
  std::size_t start = 0;
  while (start < content->size()) {
    const std::size_t end = std::min(content->find('\0', start), content->size());
    entries.push_back(content->substr(start, end - start));
    start = end + 1;
  }
  return entries;
}

Result<void> remove_environment_file(const std::string& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
    return file_error(errno, "cannot remove", path);
  }
  return {};
}

std::vector<std::string> environment_of_this_process() {
  std::vector<std::string> entries;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    entries.emplace_back(*entry);
  }
  return entries;
}

}  // namespace sweepjob
