// The Azure reader's inputs and outputs, of a job and of the component that it runs. Layer 1.
// Rules: spec azure-sweep sections 4 and 15.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "manifests/spec/azure_reader.h"
#include "manifests/spec/sweep_spec.h"

namespace sweepjob::azure {

// A mapping of the file, the key path it stands at, and what its relative paths start from.
// `node` may be null: the key is absent.
struct Section {
  const YamlNode* node = nullptr;
  std::string path;
  std::filesystem::path folder;
  bool in_pipeline = false;  // a path may name what another step makes
};

// `declared` are a component's inputs (types, defaults), `sampled` the search space, whose keys
// need no value. In the order: declared ones first, then the job's own.
[[nodiscard]] std::vector<InputSpec> read_inputs(const Section& values, const Section& declared,
                                                 const YamlNode* sampled, AzureReader& reader);

[[nodiscard]] std::vector<OutputSpec> read_outputs(const Section& values, const Section& declared,
                                                   AzureReader& reader);

}  // namespace sweepjob::azure
