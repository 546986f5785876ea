// The sweep steps of an Azure pipeline, each as a job of its own. Layer 1.
// Rules: spec azure-sweep section 15.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "manifests/spec/azure_job.h"

namespace sweepjob::azure {

// With `step`, that one. Without, the only sweep step (other steps are named in a note); several
// are an error that lists them, or all of them when only the text is checked. Empty after errors.
[[nodiscard]] std::vector<SweepSource> find_sweep_steps(const YamlNode& pipeline,
                                                        const std::filesystem::path& folder,
                                                        const std::optional<std::string>& step,
                                                        AzureReader& reader);

}  // namespace sweepjob::azure
