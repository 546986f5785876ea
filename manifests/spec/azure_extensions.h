// Our own keys, which an Azure file carries under properties.sweepjob (docs/extensions.md): a block
// of text that holds YAML, so that Azure's tools accept the file, or a mapping. Layer 1.
#pragma once

#include <string>

#include "manifests/spec/azure_reader.h"
#include "manifests/spec/sweep_spec.h"

namespace sweepjob::azure {

// Replaces the text at job.properties.sweepjob by the mapping that it holds, every node placed
// where it stands in the job's file, so that `--set` and findings reach inside.
void expand_extensions(YamlNode& job, const std::string& path, AzureReader& reader);

// `node` is properties.sweepjob after expansion, or null. Unknown keys are errors: nobody but us
// reads them, and a misspelt `retries` must not be lost.
[[nodiscard]] Extensions read_extensions(const YamlNode* node, const std::string& path,
                                         AzureReader& reader);

}  // namespace sweepjob::azure
