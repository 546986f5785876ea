// The steps of an Azure pipeline, each as a job of its own. Layer 1.
// Rules: spec azure-sweep section 15.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "manifests/spec/azure_job.h"
#include "manifests/spec/pipeline.h"

namespace sweepjob::azure {

struct StepSource {
  StepType type = StepType::Sweep;
  SweepSource source;
};

// With `step`, that sweep step alone (others are named in a note). Without, all of them, in the
// order of the file; a step of another type than sweep and command is an error, which becomes a
// warning when only the text is checked and some other step could run.
[[nodiscard]] std::vector<StepSource> find_steps(const YamlNode& pipeline,
                                                 const std::filesystem::path& folder,
                                                 const std::optional<std::string>& step,
                                                 AzureReader& reader);

}  // namespace sweepjob::azure
