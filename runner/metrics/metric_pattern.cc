#include "runner/metrics/metric_pattern.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <utility>

#include <re2/re2.h>

#include "runner/metrics/metric_text.h"

namespace sweepjob {
namespace {

constexpr std::size_t kMaxPatterns = 100;
constexpr std::size_t kMaxPatternBytes = 1024;
constexpr std::int64_t kMaxPatternMemory = 4 << 20;
// One match is linear in the line, so all matches of a line could be quadratic: both are bounded.
constexpr std::size_t kMaxSearchedBytes = 16 * 1024;
constexpr int kMaxMatches = 64;
constexpr int kMaxGroups = 16;

Error invalid(const std::string& regex, std::string message) {
  return Error(ErrorCode::InvalidManifest, std::move(message), "pattern '" + regex + "'");
}

std::string_view view(const re2::StringPiece& piece) { return {piece.data(), piece.size()}; }

std::size_t character_length(char lead) {
  const auto byte = static_cast<unsigned char>(lead);
  return byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
}

}  // namespace

struct MetricPatterns::Pattern {
  std::unique_ptr<RE2> regex;
  std::string metric;
  int name_group = 0;  // 0: none
  int value_group = 0;
  int step_group = 0;

  [[nodiscard]] Result<void> find_groups();
  void add_point(const std::array<re2::StringPiece, kMaxGroups>& groups, const MetricPoint& blank,
                 std::vector<MetricPoint>& out) const;
  bool parse(std::string_view line, const MetricPoint& blank, std::vector<MetricPoint>& out) const;
};

Result<void> MetricPatterns::Pattern::find_groups() {
  const std::map<std::string, int>& named = regex->NamedCapturingGroups();
  const int count = regex->NumberOfCapturingGroups();
  const auto group = [&](const char* name) {
    const auto found = named.find(name);
    return found == named.end() ? 0 : found->second;
  };
  step_group = group("step");
  name_group = group("name");
  value_group = group("value");
  if (count >= kMaxGroups) return invalid(regex->pattern(), "more than 15 groups");
  if (value_group == 0 && name_group == 0 && step_group == 0) {
    if (!metric.empty() && count == 1) value_group = 1;
    if (metric.empty() && count == 2) {
      name_group = 1;
      value_group = 2;
    }
  }
  if (value_group == 0 || (name_group == 0) == metric.empty()) {
    return invalid(regex->pattern(),
                   "expected the groups (?P<name>...) and (?P<value>...), or two groups for name "
                   "and value, or `metric` and one group for the value");
  }
  return {};
}

void MetricPatterns::Pattern::add_point(const std::array<re2::StringPiece, kMaxGroups>& groups,
                                        const MetricPoint& blank,
                                        std::vector<MetricPoint>& out) const {
  const auto text = [&](int group) { return view(groups[static_cast<std::size_t>(group)]); };
  const std::optional<double> value = whole_number(text(value_group));
  const std::string_view name = name_group == 0 ? std::string_view(metric) : text(name_group);
  if (!value || !is_valid_metric_name(name)) return;
  MetricPoint point = blank;
  point.name = name;
  point.value = *value;
  if (step_group != 0) point.step = whole_number(text(step_group));
  out.push_back(std::move(point));
}

bool MetricPatterns::Pattern::parse(std::string_view line, const MetricPoint& blank,
                                    std::vector<MetricPoint>& out) const {
  const re2::StringPiece text(line.data(), line.size());
  std::array<re2::StringPiece, kMaxGroups> groups;
  std::size_t start = 0;
  bool matched = false;
  for (int i = 0; i < kMaxMatches && start <= line.size(); ++i) {
    if (!regex->Match(text, start, line.size(), RE2::UNANCHORED, groups.data(), kMaxGroups)) break;
    matched = true;
    add_point(groups, blank, out);
    const auto end = static_cast<std::size_t>(groups[0].data() - line.data()) + groups[0].size();
    if (!groups[0].empty()) {
      start = end;
    } else {
      start = end + (end < line.size() ? character_length(line[end]) : 1);
    }
  }
  return matched;
}

MetricPatterns::MetricPatterns() = default;
MetricPatterns::~MetricPatterns() = default;

Result<std::shared_ptr<const MetricPatterns>> MetricPatterns::compile(
    const std::vector<MetricPatternText>& texts) {
  if (texts.size() > kMaxPatterns) {
    return Error(ErrorCode::InvalidManifest, "more than 100 metric patterns");
  }
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kMaxPatternMemory);
  std::shared_ptr<MetricPatterns> all(new MetricPatterns);
  for (const MetricPatternText& text : texts) {
    if (text.regex.size() > kMaxPatternBytes) {
      return invalid(text.regex.substr(0, 60) + "...", "longer than 1024 bytes");
    }
    if (!text.metric.empty() && !is_valid_metric_name(text.metric)) {
      return invalid(text.regex, "`metric` is longer than 256 bytes or has control characters");
    }
    Pattern pattern;
    pattern.regex = std::make_unique<RE2>(text.regex, options);
    pattern.metric = text.metric;
    if (!pattern.regex->ok()) return invalid(text.regex, pattern.regex->error());
    if (const Result<void> found = pattern.find_groups(); !found) return found.error();
    all->patterns_.push_back(std::move(pattern));
  }
  return std::shared_ptr<const MetricPatterns>(std::move(all));
}

bool MetricPatterns::parse(std::string_view line, const MetricPoint& blank,
                           std::vector<MetricPoint>& out) const {
  bool matched = false;
  for (const Pattern& pattern : patterns_) {
    matched |= pattern.parse(line.substr(0, kMaxSearchedBytes), blank, out);
  }
  return matched;
}

bool MetricPatterns::claims(std::string_view name) const {
  return std::any_of(patterns_.begin(), patterns_.end(),
                     [&](const Pattern& pattern) { return pattern.metric == name; });
}

}  // namespace sweepjob
