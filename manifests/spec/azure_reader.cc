#include "manifests/spec/azure_reader.h"

#include <algorithm>
#include <cctype>
#include <cmath>

namespace sweepjob::azure {
namespace {

constexpr std::size_t kShown = 100;

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

std::string list_of(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

}  // namespace

std::string shown(std::string_view text) {
  std::string result;
  for (const char c : text.substr(0, kShown)) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      result += c == '\n' ? "\\n" : "?";
    } else {
      result += c;
    }
  }
  if (text.size() > kShown) {
    // Not in the middle of a character.
    while (!result.empty() && (static_cast<unsigned char>(result.back()) & 0xC0U) == 0x80) {
      result.pop_back();
    }
    if (!result.empty() && static_cast<unsigned char>(result.back()) >= 0xC0) result.pop_back();
    result += "...";
  }
  return result;
}

std::string join(const std::string& path, std::string_view key) {
  return path.empty() ? shown(key) : path + "." + shown(key);
}

std::string snake_case(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i > 0 && is_upper(text[i]) && is_lower_or_digit(text[i - 1])) result += '_';
    result += static_cast<char>(std::tolower(static_cast<unsigned char>(text[i])));
  }
  return result;
}

bool is_key_name(std::string_view name) {
  if (name.empty() || name.size() > kMaxName || (name.front() >= '0' && name.front() <= '9')) {
    return false;
  }
  return std::all_of(name.begin(), name.end(),
                     [](char c) { return is_upper(c) || is_lower_or_digit(c) || c == '_'; });
}

bool is_hyphenated_name(std::string_view name) {
  std::string plain(name.substr(0, kMaxName + 1));
  std::replace(plain.begin() + (plain.empty() ? 0 : 1), plain.end(), '-', '_');
  return is_key_name(plain);
}

void AzureReader::error(const SourceLocation& where, const std::string& path,
                        const std::string& message, const std::string& hint) {
  ++errors_said_;
  findings_.error(where, path, message, hint);
}

void AzureReader::warning(const SourceLocation& where, const std::string& path,
                          const std::string& message, const std::string& hint) {
  findings_.warning(where, path, message, hint);
}

void AzureReader::note(const SourceLocation& where, const std::string& path,
                       const std::string& message, const std::string& hint) {
  findings_.note(where, path, message, hint);
}

void AzureReader::deviation(const SourceLocation& where, const std::string& path,
                            const std::string& message, const std::string& hint) {
  findings_.add({strict_ ? Severity::Error : Severity::Warning, where, path, message, hint});
}

void AzureReader::missing_to_run(const SourceLocation& where, const std::string& path,
                                 const std::string& message, const std::string& hint) {
  findings_.add({schema_only_ ? Severity::Warning : Severity::Error, where, path, message, hint});
}

void AzureReader::ignore(const YamlNode& node, const std::string& path) {
  if (ignored_.empty()) ignored_where_ = node.key_where();
  if (std::find(ignored_.begin(), ignored_.end(), path) == ignored_.end()) ignored_.push_back(path);
}

void AzureReader::report_ignored() {
  if (ignored_.empty()) return;
  if (ignored_.size() > 20) ignored_.resize(20);
  note(ignored_where_, ignored_.front(),
       "accepted and ignored, because it has no meaning here" +
           (ignored_.size() == 1 ? std::string() : ": " + list_of(ignored_)));
}

std::string AzureReader::suggest(std::string_view word,
                                 const std::vector<std::string>& candidates) {
  if (suggestions_left_ <= 0 || word.size() > kMaxName) return {};
  --suggestions_left_;
  const std::size_t looked_at = std::min<std::size_t>(candidates.size(), 500);
  const std::string nearest = nearest_word(
      word, std::vector<std::string>(candidates.begin(),
                                     candidates.begin() + static_cast<std::ptrdiff_t>(looked_at)));
  return nearest.empty() ? std::string() : "did you mean '" + shown(nearest) + "'?";
}

bool AzureReader::expect_mapping(const YamlNode& node, const std::string& path) {
  if (node.is_mapping() || node.is_null()) return true;
  error(node.where(), path, "expected a mapping, not " + std::string(describe(node.kind)));
  return false;
}

void AzureReader::check_keys(const YamlNode& mapping, const std::string& path,
                             const std::vector<std::string>& known, UnknownKeys unknown) {
  for (const YamlNode& item : mapping.items) {
    if (std::find(known.begin(), known.end(), item.key) != known.end()) continue;
    std::string hint = suggest(item.key, known);
    if (hint.empty() && known.size() <= 12) hint = "expected one of " + list_of(known);
    if (unknown == UnknownKeys::Deviate) {
      deviation(item.key_where(), join(path, item.key), "unknown key", hint);
    } else {
      warning(item.key_where(), join(path, item.key), "unknown key", hint);
    }
  }
}

void AzureReader::check_name(const YamlNode& node, const std::string& path) {
  if (is_key_name(node.key)) return;
  const std::string message =
      "Key name " + shown(node.key) + " must be composed of letters, numbers and underscore";
  if (is_hyphenated_name(node.key)) {
    std::string plain = node.key;
    std::replace(plain.begin(), plain.end(), '-', '_');
    deviation(node.key_where(), path, message, "write " + shown(plain));
    return;
  }
  error(node.key_where(), path, message,
        node.key.size() > kMaxName ? "at most " + std::to_string(kMaxName) + " characters" : "");
}

const YamlNode* AzureReader::require(const YamlNode& mapping, const std::string& path,
                                     std::string_view key, std::string_view expected) {
  const YamlNode* child = mapping.find(key);
  if (child != nullptr && !child->is_null()) return child;
  error(child != nullptr ? child->key_where() : mapping.where(), join(path, key),
        "missing; expected " + std::string(expected));
  return nullptr;
}

std::optional<std::string> AzureReader::text(const YamlNode& node, const std::string& path) {
  if (node.is_scalar() && !node.is_null()) {
    if (node.text.size() <= kMaxText) return node.text;
    error(node.where(), path, "too long: at most " + std::to_string(kMaxText) + " bytes");
    return std::nullopt;
  }
  error(node.where(), path, "expected text, not " + std::string(describe(node.kind)));
  return std::nullopt;
}

std::optional<double> AzureReader::number(const YamlNode& node, const std::string& path) {
  const auto value = as_number(node);
  if (value && std::isfinite(*value)) return value;
  error(node.where(), path,
        node.is_scalar() && !node.is_null()
            ? "expected a number, not '" + shown(node.text) + "'"
            : "expected a number, not " + std::string(describe(node.kind)));
  return std::nullopt;
}

std::optional<std::int64_t> AzureReader::integer(const YamlNode& node, const std::string& path,
                                                 std::int64_t least, std::int64_t most) {
  const auto value = as_integer(node);
  if (value && *value >= least && *value <= most) return value;
  std::string message = "expected an integer";
  message += most == INT64_MAX ? " of at least " + std::to_string(least)
                               : " from " + std::to_string(least) + " to " + std::to_string(most);
  message += node.is_scalar() && !node.is_null() ? ", not '" + shown(node.text) + "'"
                                                 : ", not " + std::string(describe(node.kind));
  error(node.where(), path, message);
  return std::nullopt;
}

std::optional<bool> AzureReader::boolean(const YamlNode& node, const std::string& path) {
  if (node.kind == YamlKind::Bool) return *to_value(node).get<bool>();
  // Marshmallow's boolean field reads these words too.
  const std::string lower = node.is_scalar() ? snake_case(node.text) : std::string();
  if (lower == "true" || lower == "yes" || lower == "on" || lower == "1") return true;
  if (lower == "false" || lower == "no" || lower == "off" || lower == "0") return false;
  error(node.where(), path, "expected true or false, not " + std::string(describe(node.kind)));
  return std::nullopt;
}

std::optional<std::string> AzureReader::word(const YamlNode& node, const std::string& path,
                                             const std::vector<std::string>& words) {
  const auto written = text(node, path);
  if (!written) return std::nullopt;
  const std::string snake = snake_case(*written);
  std::string joined = snake;
  std::erase(joined, '_');
  for (const std::string& candidate : words) {
    if (candidate == snake || candidate == joined) return candidate;
  }
  const std::string hint = suggest(*written, words);
  error(node.where(), path,
        "unknown value '" + shown(*written) + "'; expected one of " + list_of(words), hint);
  return std::nullopt;
}

void AzureReader::refuse_nul(const YamlNode& node, const std::string& path) {
  if (node.text.find('\0') != std::string::npos) {
    error(node.where(), path, "holds a NUL byte, which no command, path or variable can");
  }
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    const YamlNode& item = node.items[i];
    const std::string item_path =
        node.is_sequence() ? path + "[" + std::to_string(i) + "]" : join(path, item.key);
    if (node.is_mapping() && item.key.find('\0') != std::string::npos) {
      error(item.key_where(), item_path, "the key holds a NUL byte");
    }
    refuse_nul(item, item_path);
  }
}

void AzureReader::read_text(const YamlNode& mapping, const std::string& path, std::string_view key,
                            std::string& target) {
  const YamlNode* child = mapping.find(key);
  if (child == nullptr || child->is_null()) return;
  if (auto value = text(*child, join(path, key))) target = std::move(*value);
}

}  // namespace sweepjob::azure
