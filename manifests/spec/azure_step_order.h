// The order in which a pipeline's steps run, and whether what they take from each other is there.
// Layer 1. Rules: spec azure-sweep section 15.
#pragma once

#include <vector>

#include "manifests/spec/azure_reader.h"
#include "manifests/spec/pipeline.h"

namespace sweepjob::azure {

// Fills in `needs` and sorts: a step stands behind all that it needs, else in the order of the
// file. Errors: an output that a step does not declare; steps that wait for each other.
void order_steps(std::vector<PipelineStep>& steps, AzureReader& reader);

}  // namespace sweepjob::azure
