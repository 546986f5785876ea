#include "runner/metrics/file_follower.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

namespace sweepjob {

class FileFollower::OpenFile {
 public:
  // O_NONBLOCK: the trial may have made a FIFO of that name, whose open would wait for a writer.
  explicit OpenFile(const std::string& path)
      : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
    if (descriptor_ < 0) {
      error_ = errno;
    } else if (::fstat(descriptor_, &status_) != 0) {
      error_ = errno;
    } else if (!S_ISREG(status_.st_mode)) {
      error_ = EINVAL;
    }
  }
  ~OpenFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

  [[nodiscard]] int error() const { return error_; }
  [[nodiscard]] std::uint64_t size() const { return static_cast<std::uint64_t>(status_.st_size); }
  [[nodiscard]] std::uint64_t device() const { return status_.st_dev; }
  [[nodiscard]] std::uint64_t inode() const { return status_.st_ino; }

  // How many bytes came; 0 at the end or on an error, which error() then tells.
  std::size_t read(char* data, std::size_t size, std::uint64_t offset) {
    ssize_t got = 0;
    do {
      got = ::pread(descriptor_, data, size, static_cast<off_t>(offset));
    } while (got < 0 && errno == EINTR);
    if (got < 0) error_ = errno;
    return got < 0 ? 0 : static_cast<std::size_t>(got);
  }

 private:
  int descriptor_;
  int error_ = 0;
  struct stat status_ {};
};

namespace {

constexpr std::size_t kPieceBytes = 64 * 1024;

std::string short_name(const std::string& path) {
  return std::filesystem::path(path).filename().string();
}

}  // namespace

FileFollower::FileFollower(std::string path, std::uint64_t position, std::size_t max_line,
                           LineParser parser)
    : path_(std::move(path)),
      reader_(position, max_line),
      parser_(std::move(parser)),
      max_line_(max_line) {}

void FileFollower::warn_once(bool& warned, const char* kind, const std::string& text,
                             MetricBatch& batch) {
  if (std::exchange(warned, true)) return;
  batch.warnings.push_back({kind, short_name(path_) + ": " + text});
}

void FileFollower::check_identity(const OpenFile& file, MetricBatch& batch) {
  const bool replaced = device_ && (*device_ != file.device() || inode_ != file.inode());
  device_ = file.device();
  inode_ = file.inode();
  if (replaced || file.size() < reader_.offset()) {
    reader_.rewind();
    if (replaced || file.size() < reader_.position()) {
      warn_once(warned_rewritten_, "rewritten_file",
                "the file was rewritten; reading goes on at byte " +
                    std::to_string(reader_.position()) +
                    ", so what now stands before it is not read. Append to the file, or write the "
                    "whole history each time",
                batch);
    }
  }
}

void FileFollower::feed(std::string_view bytes, MetricBatch& batch) {
  batch.bytes_read += bytes.size();
  reader_.feed(bytes, [&](const Line& line) {
    if (line.shortened) {
      warn_once(warned_long_line_, "long_line",
                "a line is longer than " + std::to_string(max_line_) +
                    " bytes; what is beyond is not read",
                batch);
    }
    parser_(line, batch);
  });
}

bool FileFollower::settle(std::uint64_t readable, MetricBatch& batch) {
  if (!end_) return false;
  if (readable < *end_) {
    warn_once(warned_unreadable_, "unreadable_file",
              "only " + std::to_string(readable) + " of " + std::to_string(*end_) +
                  " bytes could be read",
              batch);
  }
  reader_.finish([&](const Line& line) { parser_(line, batch); });
  drained_ = true;
  return false;
}

bool FileFollower::read_some(std::size_t max_bytes, std::string& buffer, MetricBatch& batch) {
  if (drained_) return false;
  if (end_ && *end_ <= reader_.offset()) return settle(*end_, batch);
  OpenFile file(path_);
  if (file.error() != 0) {
    if (file.error() != ENOENT) {
      warn_once(warned_unreadable_, "unreadable_file",
                std::string("cannot be read: ") + std::strerror(file.error()), batch);
    }
    return settle(reader_.offset(), batch);
  }
  check_identity(file, batch);
  const std::uint64_t limit = end_ ? std::min(*end_, file.size()) : file.size();
  buffer.resize(kPieceBytes);
  std::size_t budget = max_bytes;
  while (reader_.offset() < limit && budget > 0) {
    const std::uint64_t wanted =
        std::min<std::uint64_t>({limit - reader_.offset(), budget, kPieceBytes});
    const std::size_t got = file.read(buffer.data(), wanted, reader_.offset());
    if (got == 0) {
      if (file.error() != 0) {
        warn_once(warned_unreadable_, "unreadable_file",
                  std::string("cannot be read: ") + std::strerror(file.error()), batch);
      }
      return settle(reader_.offset(), batch);
    }
    budget -= got;
    feed(std::string_view(buffer.data(), got), batch);
  }
  if (reader_.offset() < limit) return true;
  return settle(reader_.offset(), batch);
}

}  // namespace sweepjob
