#include "runner/app/line_follower.h"

#include <algorithm>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runner/io/posix_file.h"

namespace sweepjob {

void LineFollower::skip_to_end() {
  struct stat status {};
  if (::stat(path_.c_str(), &status) != 0 || status.st_size == 0) return;
  position_ = static_cast<std::uint64_t>(status.st_size);
  auto file = open_file(path_, O_RDONLY);
  char last = '\n';
  if (file && ::pread(file->get(), &last, 1, status.st_size - 1) == 1) {
    in_skipped_line_ = last != '\n';
  }
}

void LineFollower::take(std::string_view bytes, const Sink& sink) {
  while (!bytes.empty()) {
    const std::size_t newline = bytes.find('\n');
    const bool complete = newline != std::string_view::npos;
    const std::size_t room = kMaxLine - partial_.size();
    const std::size_t length = std::min(complete ? newline : bytes.size(), room);
    if (!in_skipped_line_) partial_.append(bytes.substr(0, length));
    bytes.remove_prefix(length);
    const bool ended = complete && !bytes.empty() && bytes.front() == '\n';
    if (ended) bytes.remove_prefix(1);
    if (in_skipped_line_) {
      in_skipped_line_ = !ended;
    } else if (ended || partial_.size() == kMaxLine) {
      sink(partial_);
      partial_.clear();
    }
  }
}

bool LineFollower::poll(const Sink& sink) {
  auto file = open_file(path_, O_RDONLY);
  if (!file) return false;
  char buffer[64 * 1024];
  bool any = false;
  for (;;) {
    const ssize_t got = ::pread(file->get(), buffer, sizeof buffer, static_cast<off_t>(position_));
    if (got <= 0) return any;
    any = true;
    position_ += static_cast<std::uint64_t>(got);
    take({buffer, static_cast<std::size_t>(got)}, sink);
  }
}

void LineFollower::finish(const Sink& sink) {
  poll(sink);
  if (!partial_.empty()) sink(partial_);
  partial_.clear();
}

}  // namespace sweepjob
