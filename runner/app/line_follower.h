// LineFollower: the lines of a growing file, as they become complete. Layer 6; blocking, quick.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace sweepjob {

class LineFollower {
 public:
  using Sink = std::function<void(std::string_view line)>;

  // A line that is longer comes in pieces.
  static constexpr std::size_t kMaxLine = std::size_t{64} << 10;

  explicit LineFollower(std::string path) : path_(std::move(path)) {}

  // Skips what is there now. A line that has begun is skipped to its end.
  void skip_to_end();
  // Delivers what has come, without the newlines. False when nothing had; a file that is not there
  // yet is empty.
  bool poll(const Sink& sink);
  // What stands behind the last newline: when nothing more will come.
  void finish(const Sink& sink);

 private:
  void take(std::string_view bytes, const Sink& sink);

  std::string path_;
  std::uint64_t position_ = 0;
  std::string partial_;
  bool in_skipped_line_ = false;
};

}  // namespace sweepjob
