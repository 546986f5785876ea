// Small files, read and written whole. Layer 0; std and POSIX only; any thread.
//
// Shared by the attempt program and by those who watch it. Only what works on NFS and Lustre as
// well: create, append, rename, link. Nothing is synced: a record is evidence for a controller that
// journals what it concludes, and a machine that loses its disk cache loses the attempt as well.
// Functions return 0 or an errno value. `temporary` lies in the same folder and is the caller's
// own.
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace sweepjob {

// At most `limit` bytes; a longer file is EFBIG. For regular files, and those of /proc that come in
// one read: what comes short of the block is the end.
[[nodiscard]] inline int read_file(const char* path, std::string& text, std::size_t limit,
                                   bool to_end = false) {
  const int file = ::open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (file < 0) return errno;
  text.clear();
  char block[4096];
  int error = 0;
  while (true) {
    const ssize_t count = ::read(file, block, sizeof block);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) error = errno;
    if (count <= 0) break;
    text.append(block, static_cast<std::size_t>(count));
    if (static_cast<std::size_t>(count) < sizeof block && !to_end) break;
    if (text.size() > limit) {
      error = EFBIG;
      break;
    }
  }
  ::close(file);
  return error;
}

[[nodiscard]] inline int write_file(const char* path, std::string_view text, mode_t mode,
                                    int flags = O_TRUNC) {
  const int file = ::open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, mode);
  if (file < 0) return errno;
  int error = 0;
  while (!text.empty() && error == 0) {
    const ssize_t count = ::write(file, text.data(), text.size());
    if (count >= 0) {
      text.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno != EINTR) {
      error = errno;
    }
  }
  // NFS reports what it could not write at close.
  if (::close(file) != 0 && error == 0 && errno != EINTR) error = errno;
  if (error != 0) ::unlink(path);
  return error;
}

// Readers see the old file or the new one, whole.
[[nodiscard]] inline int replace_file(const char* path, const char* temporary,
                                      std::string_view text, mode_t mode) {
  int error = write_file(temporary, text, mode);
  if (error == 0 && ::rename(temporary, path) != 0) {
    error = errno;
    ::unlink(temporary);
  }
  return error;
}

// Moves a complete file to a name that nobody has yet: EEXIST when somebody has. By link(2), which
// is exclusive on every file system; a lost answer to a link that was made (NFS) is told by the
// link count.
[[nodiscard]] inline int publish_exclusively(const char* path, const char* temporary) {
  int error = ::link(temporary, path) == 0 ? 0 : errno;
  struct stat status {};
  if (error != 0 && ::stat(temporary, &status) == 0 && status.st_nlink == 2) error = 0;
  ::unlink(temporary);
  return error;
}

// The same in one call, on file systems that have it.
[[nodiscard]] inline int rename_exclusively(const char* path, const char* temporary) {
  if (::renameat2(AT_FDCWD, temporary, AT_FDCWD, path, RENAME_NOREPLACE) == 0) return 0;
  return publish_exclusively(path, temporary);
}

[[nodiscard]] inline int create_whole_file(const char* path, const char* temporary,
                                           std::string_view text, mode_t mode) {
  const int error = write_file(temporary, text, mode);
  return error != 0 ? error : publish_exclusively(path, temporary);
}

}  // namespace sweepjob
