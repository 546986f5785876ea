// The Azure reader's sweep as a whole: a job of its own or one step of a pipeline. Layer 1.
// Rules: spec azure-sweep sections 2 and 15.
#pragma once

#include <filesystem>
#include <string>

#include "manifests/spec/azure_reader.h"
#include "manifests/spec/sweep_spec.h"

namespace sweepjob::azure {

struct SweepSource {
  YamlNode node;                 // the sweep's mapping, old forms translated, bindings resolved
  std::string path;              // "" or "jobs.train"
  std::filesystem::path folder;  // what relative paths start from
  bool in_pipeline = false;
};

[[nodiscard]] SweepSpec read_sweep(const SweepSource& source, AzureReader& reader);

// A command step of a pipeline, written out or as `component: FILE`: a sweep of one trial.
[[nodiscard]] SweepSpec read_command_step(const SweepSource& source, AzureReader& reader);

// A component's file by itself, for `validate`: nothing to run.
void check_component(const YamlNode& node, const std::filesystem::path& folder,
                     AzureReader& reader);

}  // namespace sweepjob::azure
