// The Azure reader's trial: command, code, environment, distribution, resources, written out in
// the job or in a component's file. Layer 1. Rules: spec azure-sweep sections 3 and 15.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "manifests/spec/azure_reader.h"
#include "manifests/spec/sweep_spec.h"

namespace sweepjob::azure {

// The mapping that says what a trial runs.
struct TrialSource {
  YamlNode node;
  std::string path;              // "trial", or "" for a component of its own file
  std::filesystem::path folder;  // what its relative paths start from
  bool is_component = false;     // its inputs are declarations, and are what is sampled
  bool unavailable = false;      // a reference that cannot be followed: said already
};

// `node` is the job's `trial`: a mapping, or a reference (./train.yml, file:./train.yml), which is
// read. azureml:NAME:VERSION is refused, as a workspace cannot be asked from here.
[[nodiscard]] TrialSource find_trial(const YamlNode& node, const std::string& path,
                                     const std::filesystem::path& folder, bool in_pipeline,
                                     AzureReader& reader);

// The command is as written: check_command() (azure_command.h) makes it new-style.
[[nodiscard]] TrialSpec read_trial(const TrialSource& source, AzureReader& reader);

// `resources`, of the trial or (for serverless) of the job; what the trial says wins.
void read_resources(const YamlNode& node, const std::string& path, TrialSpec& trial,
                    AzureReader& reader);

}  // namespace sweepjob::azure
