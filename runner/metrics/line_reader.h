// LineReader: from the bytes of a log to its lines. Layer 3; pure; one thread at a time.
// Called by the file follower, which feeds whatever it has read; how the stream is split into
// pieces makes no difference to the lines.
//
// What is a line (spec azure-sweep section 9):
// - it ends with "\n" or "\r\n". Text that a carriage return ends is no report: of a progress bar
//   only what stands after the last "\r" counts, once the newline has come;
// - terminal escape sequences (ECMA-48 and the OSC strings of xterm) are gone, other control
//   characters than tab are spaces, bytes that are not UTF-8 are U+FFFD, a byte order mark at the
//   start is dropped;
// - at most `max_line` bytes are kept. The rest is skipped without being stored, and what was kept
//   is cut back to its last blank, so that no number is cut in half.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sweepjob {

inline constexpr std::size_t kMaxLineBytes = 64 * 1024;

struct Line {
  std::string_view text;   // cleaned; valid until the reader is used again
  std::uint64_t end = 0;   // offset behind the newline: the position of what the line holds
  bool shortened = false;  // longer than `max_line`
};

// `raw` without escape sequences, control characters and broken UTF-8. Uses `buffer` only when
// something has to change; the result is valid as long as both are.
[[nodiscard]] std::string_view clean_text(std::string_view raw, std::string& buffer);

class LineReader {
 public:
  explicit LineReader(std::uint64_t position = 0, std::size_t max_line = kMaxLineBytes)
      : max_line_(max_line), offset_(position), position_(position) {}

  // Calls sink(const Line&) for each line that `bytes` complete.
  template <class Sink>
  void feed(std::string_view bytes, Sink&& sink) {
    while (!bytes.empty()) {
      Line line;
      const std::size_t used = take(bytes, line);
      bytes.remove_prefix(used);
      if (complete_) sink(static_cast<const Line&>(line));
    }
  }

  // The stream has ended for good: an unterminated last line counts as a line.
  template <class Sink>
  void finish(Sink&& sink) {
    if (offset_ == position_) return;
    if (return_pending_) kept_.clear();  // no newline came: this was no report
    const Line line = end_line();
    sink(line);
  }

  // Behind the last complete line: following from here gives exactly the lines not yet given.
  [[nodiscard]] std::uint64_t position() const { return position_; }
  // Behind the last byte fed.
  [[nodiscard]] std::uint64_t offset() const { return offset_; }
  // Forgets the incomplete line: the next bytes fed are those at position().
  void rewind();

 private:
  // Takes bytes up to and including the first newline, if there is one; says how many.
  std::size_t take(std::string_view bytes, Line& line);
  void keep(std::string_view part);
  Line end_line();

  std::size_t max_line_;
  std::uint64_t offset_;
  std::uint64_t position_;
  std::string kept_;     // the incomplete line, at most max_line_ bytes
  std::string cleaned_;  // storage of the last Line
  bool overflowed_ = false;
  bool return_pending_ = false;  // a "\r" whose meaning depends on the next byte
  bool complete_ = false;
};

}  // namespace sweepjob
