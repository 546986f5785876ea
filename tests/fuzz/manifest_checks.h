// What must hold for any bytes taken as a manifest: no crash, every finding has a place and words,
// a spec exactly when there is no error (or nothing to run), and a spec survives being written.
// Shared by the test that runs always (manifest_fuzz_test.cc) and by libFuzzer
// (manifest_fuzz_target.cc).
#pragma once

#include <string>
#include <string_view>

#include "manifests/spec/parse_manifest.h"

namespace sweepjob::fuzz {

// What does not hold, or empty.
inline std::string broken_promise(std::string_view text, const ParseOptions& options) {
  const ParsedManifest parsed = parse_manifest(text, "fuzz.yml", options);
  for (const Finding& finding : parsed.findings.all()) {
    if (finding.where.line < 1 || finding.where.column < 1 || finding.where.file.empty()) {
      return "a finding without a place: " + to_text(finding);
    }
    if (finding.message.empty()) return "a finding without words";
    if (to_text(finding).size() > 10'000) return "a finding that floods the terminal";
  }
  if (parsed.findings.all().size() > 1000) return "more findings than anybody reads";
  if (parsed.spec && parsed.findings.has_errors()) return "a spec in spite of an error";
  if (!parsed.spec && parsed.findings.all().empty()) return "neither a spec nor a finding";
  if (!parsed.spec) return {};
  const std::string written = to_json(to_value(*parsed.spec), true);
  const auto read = spec_from_value(to_value(*parsed.spec));
  if (!read) return "a spec that cannot be read back: " + read.error().text();
  if (to_json(to_value(*read), true) != written) return "a spec that changes when written";
  return {};
}

// The ways in which the program calls the reader.
inline std::string broken_promise(std::string_view text) {
  ParseOptions options;
  options.base_folder = "/nonexistent";
  for (const bool strict : {false, true}) {
    for (const bool schema_only : {false, true}) {
      options.strict = strict;
      options.schema_only = schema_only;
      std::string broken = broken_promise(text, options);
      if (!broken.empty()) return broken;
    }
  }
  return {};
}

}  // namespace sweepjob::fuzz
