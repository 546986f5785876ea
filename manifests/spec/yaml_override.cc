// apply_override(): `--set a.b=c`.
#include <algorithm>
#include <charconv>

#include "manifests/spec/yaml_node.h"

namespace sweepjob {
namespace {

constexpr std::size_t kMaxPath = 1024;

std::optional<std::size_t> list_index(std::string_view text) {
  std::size_t index = 0;
  const auto [stop, code] = std::from_chars(text.data(), text.data() + text.size(), index);
  if (code != std::errc() || stop != text.data() + text.size()) return std::nullopt;
  return index;
}

// The key that `rest` begins with: an existing key may hold dots, so the longest one that fits.
std::string_view next_key(const YamlNode& node, std::string_view rest) {
  std::string_view best = rest.substr(0, rest.find('.'));
  for (const YamlNode& item : node.items) {
    const std::string_view key = item.key;
    const bool fits =
        rest.starts_with(key) && (rest.size() == key.size() || rest[key.size()] == '.');
    if (fits && key.size() > best.size()) best = rest.substr(0, key.size());
  }
  return best;
}

YamlNode empty_mapping(const YamlNode& like) {
  YamlNode node;
  node.kind = YamlKind::Mapping;
  node.file = like.file;
  node.line = like.line;
  node.column = like.column;
  return node;
}

}  // namespace

bool apply_override(YamlNode& root, std::string_view path, std::string_view yaml_text,
                    Findings& findings, const std::string& source) {
  const std::string shown = std::string(path.substr(0, 200));
  const auto fail = [&](const std::string& message, const std::string& hint = {}) {
    findings.error({source, 1, 1}, shown, message, hint);
    return false;
  };
  if (path.empty() || path.size() > kMaxPath) {
    return fail("expected a key path such as limits.max_total_trials");
  }
  YamlNode value;
  value.file = std::make_shared<const std::string>(source);
  value.line = value.column = 1;
  if (!yaml_text.empty()) {
    auto parsed = load_yaml(yaml_text, source, findings);
    if (!parsed) return false;
    value = std::move(*parsed);
  }
  YamlNode* node = &root;
  while (true) {
    if (node->is_sequence()) {
      const std::string_view word = path.substr(0, path.find('.'));
      const auto index = list_index(word);
      if (!index || *index >= node->items.size()) {
        return fail("'" + std::string(word) + "' is no entry of this list, which has " +
                    std::to_string(node->items.size()));
      }
      node = &node->items[*index];
      path.remove_prefix(std::min(path.size(), word.size() + 1));
      if (!path.empty()) continue;
      value.key = node->key;
      *node = std::move(value);
      return true;
    }
    if (!node->is_mapping() && !node->is_null()) {
      return fail("cannot set a key inside " + std::string(describe(node->kind)));
    }
    node->kind = YamlKind::Mapping;
    const std::string_view word = next_key(*node, path);
    if (word.empty()) return fail("the path has an empty key");
    if (word.size() == path.size()) {
      node->set(word, std::move(value));
      return true;
    }
    path.remove_prefix(word.size() + 1);
    YamlNode* next = node->find(word);
    node = next != nullptr ? next : &node->set(word, empty_mapping(value));
  }
}

}  // namespace sweepjob
