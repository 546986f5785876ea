// Files the way the state folder needs them: close-on-exec, complete or absent, names from errno.
// Layer 4; any thread. Only plain writes, rename and link: the folder may be on NFS or Lustre.
// std::filesystem and std::fstream offer no exclusive creation, no sync and no O_NOFOLLOW.
//
// Errors are NotFound (ENOENT), Conflict (EEXIST) and otherwise StateFolder; `where` is the path.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/types.h>

#include "model/result.h"

namespace sweepjob {

class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept;
  ~FileDescriptor() { reset(); }

  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool is_open() const { return fd_ >= 0; }
  void reset();

 private:
  int fd_ = -1;
};

// "No space left on device (ENOSPC)"
[[nodiscard]] std::string errno_text(int error);
[[nodiscard]] Error file_error(int error, std::string_view doing, const std::string& path);

[[nodiscard]] Result<FileDescriptor> open_file(const std::string& path, int flags,
                                               mode_t mode = 0644);
// Every byte, or an error; a signal does not interrupt it.
[[nodiscard]] Result<void> write_all(int fd, std::string_view bytes, const std::string& path);
// A regular file of at most `max_bytes`; symbolic links are not followed.
[[nodiscard]] Result<std::string> read_small_file(const std::string& path, std::size_t max_bytes);
// Makes the names in a folder durable.
[[nodiscard]] Result<void> sync_folder(const std::string& path);
// Succeeds as well when it exists already and is a folder.
[[nodiscard]] Result<void> make_folder(const std::string& path, mode_t mode = 0755);
// Names but "." and "..", sorted. A folder that does not exist is NotFound.
[[nodiscard]] Result<std::vector<std::string>> list_folder(const std::string& path);
[[nodiscard]] bool path_exists(const std::string& path);

// A complete, synced file appears under `name`, by link(2): exactly one of several creators wins
// and the others get Conflict. The folder itself is not synced. The descriptor stays open for
// reading and writing.
[[nodiscard]] Result<FileDescriptor> publish_exclusively(const std::string& folder,
                                                         const std::string& name,
                                                         std::string_view content, mode_t mode);
// The same by rename: it replaces what was there.
[[nodiscard]] Result<void> publish_replacing(const std::string& folder, const std::string& name,
                                             std::string_view content, mode_t mode);
// What publish_* leaves behind when the process dies in the middle starts with this.
inline constexpr std::string_view kTemporaryPrefix = ".tmp-";

[[nodiscard]] Result<std::uint64_t> free_bytes(const std::string& folder);

// `digits` lower-case hexadecimal digits from the system's random source.
[[nodiscard]] std::string random_hex(std::size_t digits);

}  // namespace sweepjob
