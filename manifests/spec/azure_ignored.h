// What Azure knows and this runner has no use for: identity, services, queue_settings, shm_size and
// the like. Accepted with one note, and checked as Azure checks it, so that --strict refuses what
// Azure refuses; otherwise a mistake there is a warning. Layer 1. Rules: spec azure-sweep sections
// 2 and 3.
#pragma once

#include <string>

#include "manifests/spec/azure_reader.h"

namespace sweepjob::azure {

// `identity`, `services` and `queue_settings` of `parent`, as far as they are there.
void check_ignored_sections(const YamlNode& parent, const std::string& path, AzureReader& reader);
// `queue_settings` alone, which a trial may have as well.
void check_queue_settings(const YamlNode& parent, const std::string& path, AzureReader& reader);
// Those of the keys of `resources` that change nothing here.
void check_ignored_resources(const YamlNode& resources, const std::string& path,
                             AzureReader& reader);

}  // namespace sweepjob::azure
