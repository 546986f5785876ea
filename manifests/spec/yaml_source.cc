#include "manifests/spec/yaml_source.h"

#include <algorithm>

namespace sweepjob {
namespace {

// Line breaks as LF and no byte order mark: what remains has the same lines.
std::string normalise(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  std::string result;
  result.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\r') {
      result += text[i];
    } else {
      result += '\n';
      if (i + 1 < text.size() && text[i + 1] == '\n') ++i;
    }
  }
  return result;
}

// The length of the UTF-8 sequence at `at`, 0 when it is not valid there.
std::size_t utf8_length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(at);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || at + length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xC0U) != 0x80) return 0;
  }
  const unsigned second = byte(at + 1);
  const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
  const bool surrogate_or_beyond =
      (first == 0xED && second >= 0xA0) || (first == 0xF4 && second >= 0x90);
  return overlong || surrogate_or_beyond ? 0 : length;
}

// The offset of the first byte that no YAML text may hold, or npos.
std::size_t first_bad_byte(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto c = static_cast<unsigned char>(text[i]);
    const std::size_t length = utf8_length(text, i);
    if (length == 0 || (c < 0x20 && c != '\t' && c != '\n') || c == 0x7F) return i;
    i += length;
  }
  return std::string_view::npos;
}

}  // namespace

YamlSource::YamlSource(std::string_view text, std::string file, YamlOrigin origin)
    : text_(normalise(text)), file_(std::move(file)), origin_(origin) {
  line_starts_.push_back(0);
  for (std::size_t i = 0; i < text_.size(); ++i) {
    if (text_[i] == '\n') line_starts_.push_back(i + 1);
  }
}

std::string_view YamlSource::line(int index) const {
  const auto i = static_cast<std::size_t>(index);
  if (index < 0 || i >= line_starts_.size()) return {};
  const std::size_t end = i + 1 < line_starts_.size() ? line_starts_[i + 1] - 1 : text_.size();
  return std::string_view(text_).substr(line_starts_[i], end - line_starts_[i]);
}

std::size_t YamlSource::offset_of(int line, std::size_t byte_column) const {
  const auto i = static_cast<std::size_t>(std::max(0, line));
  return i < line_starts_.size() ? line_starts_[i] + byte_column : text_.size();
}

SourceLocation YamlSource::place(int line_index, int byte_column) const {
  const std::string_view text = line(line_index);
  const std::size_t end = std::min(text.size(), static_cast<std::size_t>(std::max(0, byte_column)));
  if (counted_.line != line_index || counted_.byte > end) counted_ = {line_index, 0, 0};
  for (; counted_.byte < end; ++counted_.byte) {
    if ((static_cast<unsigned char>(text[counted_.byte]) & 0xC0U) == 0x80) ++counted_.continuations;
  }
  return {file_, line_index + origin_.line, byte_column - counted_.continuations + origin_.column};
}

SourceLocation YamlSource::place_of_offset(std::size_t offset) const {
  const auto next = std::upper_bound(line_starts_.begin(), line_starts_.end(), offset);
  return place(static_cast<int>(next - line_starts_.begin()) - 1,
               static_cast<int>(offset - *(next - 1)));
}

bool YamlSource::report_bad_byte(Findings& findings) const {
  const std::size_t bad = first_bad_byte(text_);
  if (bad == std::string::npos) return false;
  const auto byte = static_cast<unsigned char>(text_[bad]);
  if (byte < 0x80) {
    findings.error(
        place_of_offset(bad), "",
        "a control character (byte " + std::to_string(byte) + "), which YAML does not allow");
  } else {
    findings.error(place_of_offset(bad), "", "not valid UTF-8", "save the file as UTF-8");
  }
  return true;
}

bool YamlSource::quote_closes(std::size_t offset) const {
  const char quote = text_[offset];
  for (std::size_t i = offset + 1; i < text_.size(); ++i) {
    if (quote == '"' && text_[i] == '\\') {
      ++i;
    } else if (text_[i] == quote) {
      if (quote == '"' || i + 1 >= text_.size() || text_[i + 1] != quote) return true;
      ++i;
    }
  }
  return false;
}

}  // namespace sweepjob
