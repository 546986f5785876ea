// Old forms of Azure's sweep files (2021 previews, and users' common slips), rewritten in the tree
// before it is read. Layer 1. Rules: the table in spec azure-sweep section 15.
#pragma once

#include <string>

#include "manifests/spec/azure_reader.h"

namespace sweepjob::azure {

// A job of its own: `job_type`, `algorithm`, limits at the top, `trial.inputs`, ... One warning for
// each (an error under --strict). Also a component-like `trial` keeps its declarations.
void translate_legacy_job(YamlNode& job, AzureReader& reader);

// The forms that occur in a pipeline's steps and components too: inputs, code, environment,
// search space, early termination.
void translate_legacy_sections(YamlNode& job, const std::string& path, AzureReader& reader);

}  // namespace sweepjob::azure
