#include "manifests/spec/spec_diff.h"

#include <algorithm>

namespace sweepjob {
namespace {

std::string shown(const Value* value) {
  if (value == nullptr) return "(none)";
  std::string text = to_json(*value, true);
  constexpr std::size_t kShownMax = 120;
  if (text.size() > kShownMax) text = text.substr(0, kShownMax - 3) + "...";
  return text;
}

bool is_label(const std::string& path) {
  return path == "display_name" || path == "description" || path == "tags";
}

void compare(const std::string& path, const Value* before, const Value* after, bool ordered,
             std::vector<std::string>& out);

void compare_maps(const std::string& path, const Value& before, const Value& after, bool ordered,
                  std::vector<std::string>& out) {
  const std::string prefix = path.empty() ? "" : path + ".";
  std::string keys_before, keys_after;
  const std::size_t found = out.size();
  for (const auto& [key, value] : *before.get<Value::Map>()) {
    keys_before += (keys_before.empty() ? "" : ", ") + key;
    compare(prefix + key, &value, after.find(key), ordered || prefix + key == "search_space", out);
  }
  for (const auto& [key, value] : *after.get<Value::Map>()) {
    keys_after += (keys_after.empty() ? "" : ", ") + key;
    if (before.find(key) == nullptr) compare(prefix + key, nullptr, &value, ordered, out);
  }
  if (ordered && out.size() == found && keys_before != keys_after) {
    out.push_back(path + ": order of keys " + keys_before + " -> " + keys_after);
  }
}

void compare(const std::string& path, const Value* before, const Value* after, bool ordered,
             std::vector<std::string>& out) {
  if (is_label(path)) return;
  if (before != nullptr && after != nullptr) {
    if (*before == *after) return;
    if (before->get<Value::Map>() != nullptr && after->get<Value::Map>() != nullptr) {
      return compare_maps(path, *before, *after, ordered, out);
    }
    const auto* list_before = before->get<Value::List>();
    const auto* list_after = after->get<Value::List>();
    if (list_before != nullptr && list_after != nullptr) {
      for (std::size_t i = 0; i < std::max(list_before->size(), list_after->size()); ++i) {
        compare(path + "[" + std::to_string(i) + "]",
                i < list_before->size() ? &(*list_before)[i] : nullptr,
                i < list_after->size() ? &(*list_after)[i] : nullptr, ordered, out);
      }
      return;
    }
  }
  out.push_back(path + ": " + shown(before) + " -> " + shown(after));
}

}  // namespace

std::vector<std::string> differing_keys(const Value& before, const Value& after) {
  std::vector<std::string> out;
  compare("", &before, &after, false, out);
  return out;
}

}  // namespace sweepjob
