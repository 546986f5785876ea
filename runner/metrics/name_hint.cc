#include "runner/metrics/name_hint.h"

#include <algorithm>
#include <cctype>

#include "model/finding.h"
#include "runner/metrics/metric_text.h"

namespace sweepjob {
namespace {

constexpr std::size_t kMaxListed = 20;
constexpr std::size_t kMaxCompared = 10'000;

bool is_alphanumeric(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

// Whether `part` stands in `whole` between characters that are no letters or digits.
bool has_part(std::string_view whole, std::string_view part) {
  if (part.empty() || part.size() >= whole.size()) return false;
  for (std::size_t at = 0; at + part.size() <= whole.size(); ++at) {
    if (!equal_ignoring_case(whole.substr(at, part.size()), part)) continue;
    const bool starts = at == 0 || !is_alphanumeric(whole[at - 1]);
    const std::size_t end = at + part.size();
    if (starts && (end == whole.size() || !is_alphanumeric(whole[end]))) return true;
  }
  return false;
}

std::string nearest_name(std::string_view primary, const std::vector<std::string>& seen) {
  std::string nearest = nearest_word(primary, seen);
  if (!nearest.empty()) return nearest;
  // Of several the shortest that holds it, and else the longest that it holds.
  for (const std::string& name : seen) {
    if (has_part(name, primary) && (nearest.empty() || name.size() < nearest.size())) {
      nearest = name;
    }
  }
  if (!nearest.empty()) return nearest;
  for (const std::string& name : seen) {
    if (has_part(primary, name) && name.size() > nearest.size()) nearest = name;
  }
  return nearest;
}

std::string in_quotes(std::string_view name) { return "'" + std::string(name) + "'"; }

}  // namespace

MissingMetric explain_missing_metric(std::string_view primary, std::vector<std::string> seen) {
  std::sort(seen.begin(), seen.end());
  seen.erase(std::unique(seen.begin(), seen.end()), seen.end());
  seen.resize(std::min(seen.size(), kMaxCompared));
  MissingMetric missing;
  missing.text = "no trial has logged the primary metric " + in_quotes(primary);
  if (seen.empty()) {
    missing.text += ", nor any other. Print a line such as \"" + std::string(primary) +
                    "=0.5\", or append {\"" + std::string(primary) +
                    "\": 0.5} to the file named by SWEEPJOB_METRICS_FILE";
    return missing;
  }
  missing.nearest = nearest_name(primary, seen);
  missing.text += "; logged were: ";
  for (std::size_t i = 0; i < std::min(seen.size(), kMaxListed); ++i) {
    missing.text += (i == 0 ? "" : ", ") + in_quotes(seen[i]);
  }
  if (seen.size() > kMaxListed) {
    missing.text += " and " + std::to_string(seen.size() - kMaxListed) + " more";
  }
  if (!missing.nearest.empty()) {
    missing.text += ". Was " + in_quotes(missing.nearest) +
                    " meant? Write it as objective.primary_metric, or log the metric as " +
                    in_quotes(primary);
  }
  return missing;
}

}  // namespace sweepjob
