// parse_policy(): an early-termination policy that stands by itself, read as a job's
// `early_termination` is. Layer 1.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "manifests/spec/sweep_spec.h"
#include "model/finding.h"

namespace sweepjob {

struct ParsedPolicy {
  std::optional<EarlyTermination> termination;  // only without errors
  Findings findings;
};

// `text` is YAML: a policy's name, {type: ..., ...}, or a job with the key early_termination.
// `overrides` are (dotted path, YAML) in order, over the text; `source` is their file in findings.
[[nodiscard]] ParsedPolicy parse_policy(
    std::string_view text, const std::string& file_name,
    const std::vector<std::pair<std::string, std::string>>& overrides = {},
    const std::string& source = "--set");

}  // namespace sweepjob
