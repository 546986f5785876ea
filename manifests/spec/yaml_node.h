// YamlNode: a YAML document as a plain tree in which every node knows its place. Layer 1.
//
// Who calls it: every reader of a YAML file (jobs, components, config.yaml), on any thread.
// Scalars are typed as PyYAML's safe_load types them (YAML 1.1 with PyYAML's own resolver), because
// that is what Azure's tools read a job with: `yes` is a boolean, `010` is eight, and `1e-3`
// (without a dot) is a string.
// Errors: every problem is a Finding with file:line:column; a syntax error is exactly one.
// Files are untrusted: size, depth and the number of nodes after aliases are bounded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/finding.h"
#include "model/value.h"

namespace sweepjob {

enum class YamlKind : std::uint8_t { Null, Bool, Integer, Float, String, Sequence, Mapping };

// "a number", "text", "a list": for messages.
[[nodiscard]] const char* describe(YamlKind kind);

struct YamlNode {
  YamlKind kind = YamlKind::Null;
  char style = 0;    // scalars: 0 plain, else the character it starts with: ' " | >
  std::string text;  // scalars: the text after unescaping and folding
  std::string tag;   // an explicit tag ("tag:yaml.org,2002:str"), or empty

  // Children of a sequence or mapping, in the order of the file. Those of a mapping have a key.
  std::vector<YamlNode> items;
  std::string key;

  std::shared_ptr<const std::string> file;
  int line = 0, column = 0;
  int key_line = 0, key_column = 0;
  int content_column = 0;  // of a literal block's first line; 0 for everything else

  [[nodiscard]] bool is_null() const { return kind == YamlKind::Null; }
  [[nodiscard]] bool is_mapping() const { return kind == YamlKind::Mapping; }
  [[nodiscard]] bool is_sequence() const { return kind == YamlKind::Sequence; }
  [[nodiscard]] bool is_scalar() const { return !is_mapping() && !is_sequence(); }

  [[nodiscard]] SourceLocation where() const;
  [[nodiscard]] SourceLocation key_where() const;  // where() when it has no key

  // The child of that key, or null (also when this is no mapping).
  [[nodiscard]] const YamlNode* find(std::string_view name) const;
  [[nodiscard]] YamlNode* find(std::string_view name);
  // Adds (or replaces) a child; its key is placed where `child` is unless it has a place.
  YamlNode& set(std::string_view name, YamlNode child);
  // Removes the child of that key and gives it back.
  std::optional<YamlNode> take(std::string_view name);
};

struct YamlLimits {
  std::size_t bytes = 1 << 20;
  std::size_t nodes = 100'000;  // after expansion of aliases and merge keys
  int depth = 100;
};

// Where a text begins inside another file: for YAML held in a block string.
struct YamlOrigin {
  int line = 1;
  int column = 1;
};

// The one document in `text`. Nothing when there is an error; a duplicate key is a warning that
// names both places (PyYAML takes the last one, so does this).
[[nodiscard]] std::optional<YamlNode> load_yaml(std::string_view text, const std::string& file,
                                                Findings& findings, const YamlLimits& limits = {},
                                                YamlOrigin origin = {});

// Null, bool, int64, double, string, list or map. An integer beyond 64 bits keeps its digits, as
// text; a timestamp is text.
[[nodiscard]] Value to_value(const YamlNode& node);

// What a number field takes: a number, or text that Python's float() or int() would read. A
// floating-point number counts as an integer only when it is one.
[[nodiscard]] std::optional<double> as_number(const YamlNode& node);
[[nodiscard]] std::optional<std::int64_t> as_integer(const YamlNode& node);

// The kind a plain scalar has by PyYAML's resolver; String when nothing else matches.
[[nodiscard]] YamlKind resolve_plain_scalar(std::string_view text);

// `--set a.b.0.c=text`: sets the node at a dotted path (list entries by index), making mappings on
// the way as needed; `yaml_text` is read as YAML. False and one finding when it cannot be. Findings
// about it name `source` as their file.
bool apply_override(YamlNode& root, std::string_view path, std::string_view yaml_text,
                    Findings& findings, const std::string& source = "--set");

}  // namespace sweepjob
