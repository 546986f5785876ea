// The Azure reader's small sections: sampling_algorithm, objective, early_termination, limits.
// Layer 1. Rules: spec azure-sweep sections 5, 7 and 8. A sampler's and a policy's own keys are
// kept as Options: the file that implements them checks them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "manifests/spec/azure_reader.h"
#include "manifests/spec/sweep_spec.h"

namespace sweepjob::azure {

// `node` may be null (the key is absent) in all of these; `job` is where a missing key is reported.
[[nodiscard]] Options read_sampling(const YamlNode* node, const YamlNode& job,
                                    const std::string& path, AzureReader& reader);
// The base of the log distributions: the sampler's logbase, or e.
[[nodiscard]] double log_base_of(const Options& sampling);
[[nodiscard]] std::vector<Objective> read_objectives(const YamlNode* node, const YamlNode& job,
                                                     const std::string& path, AzureReader& reader);
// Of the first one's `goal`; nowhere when there is none.
[[nodiscard]] SourceLocation place_of_goal(const YamlNode* objective);
[[nodiscard]] std::optional<EarlyTermination> read_early_termination(const YamlNode* node,
                                                                     const std::string& path,
                                                                     AzureReader& reader);
[[nodiscard]] Limits read_limits(const YamlNode* node, const YamlNode& job, const std::string& path,
                                 AzureReader& reader);

}  // namespace sweepjob::azure
