// AzureReader: what every part of the Azure reader shares: the strictness rule, typed fields with
// their findings, and known keys. Layer 1; one per parse_manifest() call; not thread safe.
//
// Three degrees (spec azure-sweep section 1): error() always refuses; deviation() is what Azure's
// tools refuse and we understand (a warning, an error under --strict); missing_to_run() is what a
// run needs and the text alone cannot show (an error, a warning under --schema-only).
#pragma once

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "manifests/spec/yaml_node.h"
#include "model/finding.h"

namespace sweepjob::azure {

inline constexpr std::size_t kMaxName = 256;
inline constexpr std::size_t kMaxText = 1 << 20;

// "a.b": a key path; keys are shortened and control characters escaped.
[[nodiscard]] std::string join(const std::string& path, std::string_view key);
// Untrusted text as it may stand in a message.
[[nodiscard]] std::string shown(std::string_view text);
// Lower case, CamelCase to snake_case, as Azure compares its enumerations.
[[nodiscard]] std::string snake_case(std::string_view text);
// [A-Za-z_][A-Za-z0-9_]*, at most kMaxName characters.
[[nodiscard]] bool is_key_name(std::string_view name);
// The same with hyphens inside, as in `learning-rate`: Azure refuses it, the meaning is clear.
[[nodiscard]] bool is_hyphenated_name(std::string_view name);

enum class UnknownKeys : std::uint8_t { Deviate, Warn };  // a pipeline step only warns, as in Azure

class AzureReader {
 public:
  AzureReader(Findings& findings, bool strict, bool schema_only)
      : findings_(findings), strict_(strict), schema_only_(schema_only) {}

  [[nodiscard]] bool strict() const { return strict_; }
  [[nodiscard]] bool schema_only() const { return schema_only_; }
  [[nodiscard]] Findings& findings() { return findings_; }
  // Of error() so far: whether a section has one of its own.
  [[nodiscard]] std::size_t errors_said() const { return errors_said_; }

  void error(const SourceLocation& where, const std::string& path, const std::string& message,
             const std::string& hint = {});
  void warning(const SourceLocation& where, const std::string& path, const std::string& message,
               const std::string& hint = {});
  void note(const SourceLocation& where, const std::string& path, const std::string& message,
            const std::string& hint = {});
  void deviation(const SourceLocation& where, const std::string& path, const std::string& message,
                 const std::string& hint = {});
  void missing_to_run(const SourceLocation& where, const std::string& path,
                      const std::string& message, const std::string& hint = {});

  // Remembers a key that Azure knows and this runner has no use for; one note names them all.
  void ignore(const YamlNode& node, const std::string& path);
  void report_ignored();

  // "did you mean 'x'?" or "". After many questions it stops looking: files are untrusted.
  [[nodiscard]] std::string suggest(std::string_view word,
                                    const std::vector<std::string>& candidates);

  // False, with an error, when `node` is no mapping. Null counts as an empty one.
  bool expect_mapping(const YamlNode& node, const std::string& path);
  void check_keys(const YamlNode& mapping, const std::string& path,
                  const std::vector<std::string>& known,
                  UnknownKeys unknown = UnknownKeys::Deviate);
  // The key of an input, output or parameter.
  void check_name(const YamlNode& node, const std::string& path);
  // The child, or null with an error that says what is expected.
  const YamlNode* require(const YamlNode& mapping, const std::string& path, std::string_view key,
                          std::string_view expected);

  // Typed fields: nothing, with an error, when the type is wrong.
  [[nodiscard]] std::optional<std::string> text(const YamlNode& node, const std::string& path);
  [[nodiscard]] std::optional<double> number(const YamlNode& node, const std::string& path);
  [[nodiscard]] std::optional<std::int64_t> integer(const YamlNode& node, const std::string& path,
                                                    std::int64_t least, std::int64_t most);
  [[nodiscard]] std::optional<bool> boolean(const YamlNode& node, const std::string& path);
  // One of `words`, which are in lower snake case.
  [[nodiscard]] std::optional<std::string> word(const YamlNode& node, const std::string& path,
                                                const std::vector<std::string>& words);
  // No command, path or variable of a process can hold a NUL byte: an error for each text that has
  // one, in `node` or below.
  void refuse_nul(const YamlNode& node, const std::string& path);
  // The fields above when `mapping` has the key; `target` is unchanged otherwise.
  void read_text(const YamlNode& mapping, const std::string& path, std::string_view key,
                 std::string& target);

 private:
  Findings& findings_;
  bool strict_;
  bool schema_only_;
  int suggestions_left_ = 50;
  std::size_t errors_said_ = 0;
  std::vector<std::string> ignored_;
  SourceLocation ignored_where_;
};

}  // namespace sweepjob::azure
