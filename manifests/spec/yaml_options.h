// read_option(): a key of a YAML mapping as an Option, with the places of all that is inside it.
// For every dialect's reader. Layer 1.
#pragma once

#include "manifests/spec/options.h"
#include "manifests/spec/yaml_node.h"

namespace sweepjob {

[[nodiscard]] Option read_option(const YamlNode& item);

}  // namespace sweepjob
