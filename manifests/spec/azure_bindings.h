// Placeholders that stand where the reader wants a value: ${{parent.inputs.N}} in a pipeline's
// step, ${{inputs.N}} in bounds and limits. They are replaced in the tree before it is read, so
// that everything behind sees plain values. Layer 1. Rules: spec azure-sweep sections 4 and 15.
#pragma once

#include <cstdint>
#include <string>

#include "manifests/spec/azure_reader.h"

namespace sweepjob::azure {

enum class OtherSteps : std::uint8_t { AreRun, AreNotRun };

// In a step: parent.inputs and parent.outputs. What another step makes has no value here: when the
// others run, too, an input keeps ${{parent.jobs.STEP.outputs.NAME}} as its path (pipeline.h).
void bind_to_pipeline(YamlNode& step, const std::string& step_path, const YamlNode& pipeline,
                      OtherSteps others, AzureReader& reader);

// In search_space, limits, objective, sampling_algorithm and early_termination: the job's own
// literal inputs (an extension outside pipelines).
void bind_to_inputs(YamlNode& job, const std::string& path, bool in_pipeline, AzureReader& reader);

}  // namespace sweepjob::azure
