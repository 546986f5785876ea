#include "runner/io/posix_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <memory>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "model/ids.h"

namespace sweepjob {
namespace {

// A temporary file in `folder`, complete and synced, for link or rename.
Result<FileDescriptor> write_temporary(const std::string& path, std::string_view content,
                                       mode_t mode) {
  auto file = open_file(path, O_RDWR | O_CREAT | O_EXCL, mode);
  if (!file) return file.error();
  auto written = write_all(file->get(), content, path);
  if (written && ::fsync(file->get()) != 0) written = file_error(errno, "cannot sync", path);
  if (!written) {
    ::unlink(path.c_str());
    return written.error();
  }
  return std::move(*file);
}

std::string temporary_path(const std::string& folder) {
  return folder + "/" + std::string(kTemporaryPrefix) + random_hex(16);
}

}  // namespace

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
  if (this != &other) {
    reset();
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

void FileDescriptor::reset() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

std::string errno_text(int error) {
  const char* name = ::strerrorname_np(error);
  const char* text = ::strerrordesc_np(error);
  return std::string(text != nullptr ? text : "unknown error") + " (" +
         (name != nullptr ? std::string(name) : std::to_string(error)) + ")";
}

Error file_error(int error, std::string_view doing, const std::string& path) {
  ErrorCode code = ErrorCode::StateFolder;
  if (error == ENOENT) code = ErrorCode::NotFound;
  if (error == EEXIST) code = ErrorCode::Conflict;
  return Error(code, std::string(doing) + ": " + errno_text(error), path);
}

Result<FileDescriptor> open_file(const std::string& path, int flags, mode_t mode) {
  int fd = -1;
  do {
    fd = ::open(path.c_str(), flags | O_CLOEXEC, mode);
  } while (fd < 0 && errno == EINTR);
  if (fd < 0) return file_error(errno, "cannot open", path);
  return FileDescriptor(fd);
}

Result<void> write_all(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return file_error(errno, "cannot write", path);
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

Result<std::string> read_small_file(const std::string& path, std::size_t max_bytes) {
  // Without O_NONBLOCK a FIFO under this name would hold us up for ever.
  auto file = open_file(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  if (!file) return file.error();
  struct stat status {};
  if (::fstat(file->get(), &status) != 0) return file_error(errno, "cannot stat", path);
  if (!S_ISREG(status.st_mode)) return Error(ErrorCode::StateFolder, "is no regular file", path);
  std::string content(max_bytes + 1, '\0');
  std::size_t size = 0;
  while (size < content.size()) {
    const ssize_t count = ::read(file->get(), content.data() + size, content.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return file_error(errno, "cannot read", path);
    if (count == 0) break;
    size += static_cast<std::size_t>(count);
  }
  if (size > max_bytes) {
    return Error(ErrorCode::StateFolder, "is larger than " + std::to_string(max_bytes) + " bytes",
                 path);
  }
  content.resize(size);
  return content;
}

Result<void> sync_folder(const std::string& path) {
  auto folder = open_file(path, O_RDONLY | O_DIRECTORY);
  if (!folder) return folder.error();
  // Some file systems cannot sync a folder and say EINVAL; there its names are durable anyway.
  if (::fsync(folder->get()) != 0 && errno != EINVAL) {
    return file_error(errno, "cannot sync", path);
  }
  return {};
}

Result<void> make_folder(const std::string& path, mode_t mode) {
  if (::mkdir(path.c_str(), mode) == 0) return {};
  const int error = errno;
  struct stat status {};
  if (error == EEXIST && ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) return {};
  return file_error(error, "cannot create the folder", path);
}

Result<std::vector<std::string>> list_folder(const std::string& path) {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(path.c_str()), ::closedir);
  if (folder == nullptr) return file_error(errno, "cannot list", path);
  std::vector<std::string> names;
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(folder.get());
    if (entry == nullptr) break;
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  if (errno != 0) return file_error(errno, "cannot list", path);
  std::sort(names.begin(), names.end());
  return names;
}

bool path_exists(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0;
}

Result<FileDescriptor> publish_exclusively(const std::string& folder, const std::string& name,
                                           std::string_view content, mode_t mode) {
  const std::string temporary = temporary_path(folder);
  const std::string path = folder + "/" + name;
  auto file = write_temporary(temporary, content, mode);
  if (!file) return file.error();
  int error = ::link(temporary.c_str(), path.c_str()) == 0 ? 0 : errno;
  if (error != 0) {
    // Over NFS the reply to a link that succeeded may be lost, and its repetition then fails.
    struct stat status {};
    if (::fstat(file->get(), &status) == 0 && status.st_nlink == 2) error = 0;
  }
  ::unlink(temporary.c_str());
  if (error != 0) return file_error(error, "cannot create", path);
  return std::move(*file);
}

Result<void> publish_replacing(const std::string& folder, const std::string& name,
                               std::string_view content, mode_t mode) {
  const std::string temporary = temporary_path(folder);
  const std::string path = folder + "/" + name;
  const auto file = write_temporary(temporary, content, mode);
  if (!file) return file.error();
  if (::rename(temporary.c_str(), path.c_str()) != 0) {
    const int error = errno;
    ::unlink(temporary.c_str());
    return file_error(error, "cannot replace", path);
  }
  return {};
}

Result<std::uint64_t> free_bytes(const std::string& folder) {
  struct statvfs status {};
  if (::statvfs(folder.c_str(), &status) != 0) {
    return file_error(errno, "cannot tell the free space", folder);
  }
  // Unlimited tmpfs and some FUSE file systems do not say how large they are.
  if (status.f_blocks == 0) return std::numeric_limits<std::uint64_t>::max();
  return static_cast<std::uint64_t>(status.f_bavail) * status.f_frsize;
}

std::string random_hex(std::size_t digits) {
  std::string text;
  while (text.size() < digits) text += SweepUid::random().hex();
  text.resize(digits);
  return text;
}

}  // namespace sweepjob
