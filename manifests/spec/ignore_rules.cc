#include "manifests/spec/ignore_rules.h"

#include <fnmatch.h>

namespace sweepjob {
namespace {

constexpr const char* kAnyFolders = "**";

// In a backslash that is not itself escaped.
bool ends_in_escape(std::string_view text) {
  const std::size_t last = text.find_last_not_of('\\');
  const std::size_t backslashes = text.size() - (last == std::string_view::npos ? 0 : last + 1);
  return backslashes % 2 == 1;
}

// Trailing spaces do not count, unless a backslash keeps the last one.
std::string_view without_trailing_spaces(std::string_view line) {
  while (!line.empty() && line.back() == ' ' && !ends_in_escape(line.substr(0, line.size() - 1))) {
    line.remove_suffix(1);
  }
  return line;
}

bool part_matches(const std::string& pattern, const std::string& name) {
  return fnmatch(pattern.c_str(), name.c_str(), 0) == 0;
}

}  // namespace

IgnoreRules::IgnoreRules(std::string_view text) {
  if (text.substr(0, 3) == "\xef\xbb\xbf") text.remove_prefix(3);  // a byte order mark
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    add(without_trailing_spaces(line));
  }
}

void IgnoreRules::add(std::string_view line) {
  if (line.empty() || line[0] == '#') return;
  Rule rule;
  if (line[0] == '!') {
    rule.negated = true;
    line.remove_prefix(1);
  }
  if (!line.empty() && line.back() == '/') {
    rule.folders_only = true;
    line.remove_suffix(1);
  }
  rule.anchored = line.find('/') != std::string_view::npos;
  if (!line.empty() && line[0] == '/') line.remove_prefix(1);
  if (line.empty()) return;
  for (std::size_t slash = 0; slash != std::string_view::npos;) {
    slash = line.find('/');
    // An empty part, as behind the first slash of "a//", matches nothing, as in git.
    std::string part(line.substr(0, slash));
    if (slash != std::string_view::npos) {
      if (ends_in_escape(part)) part.pop_back();  // an escaped slash parts names all the same
      line.remove_prefix(slash + 1);
    }
    const bool repeated =
        part == kAnyFolders && !rule.parts.empty() && rule.parts.back() == kAnyFolders;
    if (!repeated) rule.parts.push_back(std::move(part));
  }
  rules_.push_back(std::move(rule));
}

// Going back to the last `**` only is enough, as with `*` in one name: linear times linear.
bool IgnoreRules::matches(const Rule& rule, const std::vector<std::string>& parts) {
  if (!rule.anchored) return part_matches(rule.parts.front(), parts.back());
  std::size_t r = 0, p = 0;
  std::size_t retry_r = 0, retry_p = 0;
  bool can_retry = false;
  while (p < parts.size()) {
    if (r < rule.parts.size() && rule.parts[r] == kAnyFolders) {
      if (r + 1 == rule.parts.size()) return true;  // everything below
      retry_r = ++r;
      retry_p = p;
      can_retry = true;
    } else if (r < rule.parts.size() && part_matches(rule.parts[r], parts[p])) {
      ++r;
      ++p;
    } else if (can_retry) {
      r = retry_r;
      p = ++retry_p;
    } else {
      return false;
    }
  }
  return r == rule.parts.size();
}

std::optional<bool> IgnoreRules::decide(const std::vector<std::string>& parts,
                                        bool is_folder) const {
  for (auto rule = rules_.rbegin(); rule != rules_.rend(); ++rule) {
    if ((!rule->folders_only || is_folder) && matches(*rule, parts)) return !rule->negated;
  }
  return std::nullopt;
}

}  // namespace sweepjob
