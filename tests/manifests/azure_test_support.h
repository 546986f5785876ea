// What the tests of the Azure reader share: a small job made of sections, and findings as text.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "manifests/spec/parse_manifest.h"

namespace sweepjob::azure_test {

// A job that loads without a finding; `changes` replace, add or (empty text) remove sections.
inline std::string job(const std::map<std::string, std::string>& changes = {}) {
  std::vector<std::pair<std::string, std::string>> sections = {
      {"type", "type: sweep\n"},
      {"trial",
       "trial:\n  command: echo ${{search_space.lr}} ${{inputs.n}}\n  environment: "
       "azureml:env:1\n"},
      {"inputs", "inputs:\n  n: 3\n"},
      {"compute", "compute: azureml:cpu\n"},
      {"sampling_algorithm", "sampling_algorithm: random\n"},
      {"search_space",
       "search_space:\n  lr:\n    type: uniform\n    min_value: 0.1\n    max_value: 0.5\n"},
      {"objective", "objective:\n  goal: maximize\n  primary_metric: acc\n"},
      {"limits", "limits:\n  max_total_trials: 5\n"}};
  std::string text;
  for (auto& [key, section] : sections) {
    const auto change = changes.find(key);
    text += change != changes.end() ? change->second : section;
  }
  for (const auto& [key, section] : changes) {
    bool known = false;
    for (const auto& entry : sections) known = known || entry.first == key;
    if (!known) text += section;
  }
  return text;
}

inline ParsedManifest parse(const std::string& text, ParseOptions options = {.schema_only = true}) {
  return parse_manifest(text, "job.yml", options);
}

inline ParsedManifest parse_strict(const std::string& text) {
  return parse(text, {.strict = true, .schema_only = true});
}

// "error: path: message; hint" lines, without the places.
inline std::string said(const ParsedManifest& manifest, bool with_places = false) {
  std::string text;
  for (Finding finding : manifest.findings.all()) {
    if (!with_places) finding.where = {};
    text += to_text(finding) + "\n";
  }
  return text;
}

inline std::string said(const std::string& text) { return said(parse(text)); }

}  // namespace sweepjob::azure_test
