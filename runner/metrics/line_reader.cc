#include "runner/metrics/line_reader.h"

#include <algorithm>
#include <cstring>

#include <boost/locale/utf.hpp>

namespace sweepjob {
namespace {

namespace utf = boost::locale::utf;

constexpr char kEscape = '\x1b';
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool is_plain(char c) { return (c >= ' ' && c <= '~') || c == '\t'; }

bool between(char c, char low, char high) { return c >= low && c <= high; }

// An escape sequence starts at text[0]. How many bytes it takes; ECMA-48 section 5.4 for control
// sequences, 5.6 for control strings. One that is broken off loses only what is surely its own.
std::size_t escape_length(std::string_view text) {
  std::size_t i = 1;
  if (i == text.size()) return i;
  const char kind = text[i];
  if (kind == '[') {
    ++i;
    while (i < text.size() && between(text[i], '\x30', '\x3f')) ++i;
    while (i < text.size() && between(text[i], '\x20', '\x2f')) ++i;
    return i < text.size() && between(text[i], '\x40', '\x7e') ? i + 1 : i;
  }
  if (kind == ']' || kind == 'P' || kind == 'X' || kind == '^' || kind == '_') {
    const std::size_t stop = text.find_first_of("\a\x1b", 2);
    if (stop == std::string_view::npos) return 2;
    if (text[stop] == '\a') return stop + 1;
    return stop + 1 < text.size() && text[stop + 1] == '\\' ? stop + 2 : 2;
  }
  while (i < text.size() && between(text[i], '\x20', '\x2f')) ++i;
  return i < text.size() && between(text[i], '\x30', '\x7e') ? i + 1 : i;
}

// Appends the character at text[0], or its replacement; how many bytes it took.
std::size_t append_character(std::string_view text, std::string& out) {
  const char* next = text.data();
  const char* const end = text.data() + text.size();
  const utf::code_point code = utf::utf_traits<char>::decode(next, end);
  if (code == utf::illegal || code == utf::incomplete) {
    out += kReplacement;
    return 1;
  }
  const auto length = static_cast<std::size_t>(next - text.data());
  if (code < 0x20 || (code >= 0x7f && code < 0xa0)) {
    out += code == '\t' ? '\t' : ' ';
  } else {
    out.append(text.data(), length);
  }
  return length;
}

}  // namespace

std::string_view clean_text(std::string_view raw, std::string& buffer) {
  const auto first = std::find_if_not(raw.begin(), raw.end(), is_plain);
  if (first == raw.end()) return raw;
  buffer.assign(raw.begin(), first);
  std::size_t i = buffer.size();
  while (i < raw.size()) {
    if (is_plain(raw[i])) {
      buffer += raw[i++];
    } else if (raw[i] == kEscape) {
      i += escape_length(raw.substr(i));
    } else {
      i += append_character(raw.substr(i), buffer);
    }
  }
  return buffer;
}

void LineReader::rewind() {
  offset_ = position_;
  kept_.clear();
  overflowed_ = false;
  return_pending_ = false;
}

void LineReader::keep(std::string_view part) {
  // Only the text after the last carriage return can become a report.
  while (!part.empty()) {
    if (return_pending_ && part.front() != '\r') {
      kept_.clear();
      overflowed_ = false;
      return_pending_ = false;
    }
    const std::size_t cut = part.find('\r');
    const std::string_view text = part.substr(0, cut);
    const std::size_t room = max_line_ - kept_.size();
    kept_.append(text.substr(0, room));
    if (text.size() > room) overflowed_ = true;
    if (cut == std::string_view::npos) return;
    return_pending_ = true;
    part.remove_prefix(cut + 1);
  }
}

std::size_t LineReader::take(std::string_view bytes, Line& line) {
  const void* const newline = std::memchr(bytes.data(), '\n', bytes.size());
  complete_ = newline != nullptr;
  const std::size_t length =
      complete_ ? static_cast<std::size_t>(static_cast<const char*>(newline) - bytes.data())
                : bytes.size();
  const std::string_view part = bytes.substr(0, length);
  if (complete_ && position_ == offset_ && length <= max_line_ &&
      part.find('\r') == std::string_view::npos) {
    // Most lines: whole, in one piece, nothing to store.
    offset_ = position_ = position_ + length + 1;
    line.text = clean_text(part, cleaned_);
    line.end = position_;
    if (line.end == length + 1 && line.text.starts_with(kByteOrderMark)) {
      line.text.remove_prefix(kByteOrderMark.size());
    }
    return length + 1;
  }
  keep(part);
  offset_ += length + (complete_ ? 1 : 0);
  if (complete_) line = end_line();
  return length + (complete_ ? 1 : 0);
}

Line LineReader::end_line() {
  Line line;
  line.end = offset_;
  line.shortened = overflowed_;
  if (overflowed_) {
    const std::size_t blank = kept_.find_last_of(" \t");
    kept_.resize(blank == std::string::npos ? 0 : blank);
  }
  // The view must outlive `kept_`, which the next line fills.
  line.text = clean_text(kept_, cleaned_);
  if (line.text.data() != cleaned_.data()) {
    cleaned_.swap(kept_);
    line.text = cleaned_;
  }
  if (position_ == 0 && line.text.starts_with(kByteOrderMark)) {
    line.text.remove_prefix(kByteOrderMark.size());
  }
  kept_.clear();
  overflowed_ = false;
  return_pending_ = false;
  position_ = offset_;
  return line;
}

}  // namespace sweepjob
