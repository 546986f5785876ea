// YamlSource: the text of a YAML file with its lines: which bytes are at fault, where a place is.
// Layer 1; internal to yaml_node.cc.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "manifests/spec/yaml_node.h"

namespace sweepjob {

class YamlSource {
 public:
  // Line breaks become LF and a byte order mark goes: what remains has the same lines.
  YamlSource(std::string_view text, std::string file, YamlOrigin origin);

  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] int line_count() const { return static_cast<int>(line_starts_.size()); }
  [[nodiscard]] std::string_view line(int index) const;
  [[nodiscard]] std::size_t offset_of(int line, std::size_t byte_column) const;
  // From a line and a byte column counted from 0 to a place whose columns count characters. Quick
  // when asked in the order of the text: a file may be one line of a megabyte.
  [[nodiscard]] SourceLocation place(int line, int byte_column) const;

  // Reports the first byte that no YAML text may hold (a control character, invalid UTF-8).
  [[nodiscard]] bool report_bad_byte(Findings& findings) const;
  // What yaml-cpp does not check: that the quote opened at `offset` closes before the end.
  [[nodiscard]] bool quote_closes(std::size_t offset) const;

 private:
  [[nodiscard]] SourceLocation place_of_offset(std::size_t offset) const;

  std::string text_;
  std::string file_;
  YamlOrigin origin_;
  std::vector<std::size_t> line_starts_;

  // Continuation bytes in [start of the line, byte): where the last place() stopped counting.
  struct Counted {
    int line = -1;
    std::size_t byte = 0;
    int continuations = 0;
  };
  mutable Counted counted_;
};

}  // namespace sweepjob
