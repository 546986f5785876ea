// PipelineStep: one step of a pipeline as a sweep of its own, and what steps take from each other.
// Layer 1; plain values; pure; any thread. Rules: spec azure-sweep section 15.
//
// The reader leaves ${{parent.jobs.STEP.outputs.NAME}} in the path of an input; whoever runs the
// steps knows the folders and fills them in, each time before a step starts.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "manifests/spec/sweep_spec.h"

namespace sweepjob {

enum class StepType : std::uint8_t { Sweep, Command };
[[nodiscard]] const char* to_string(StepType type);  // "sweep", "command"

struct PipelineStep {
  std::string name;  // its key under `jobs`
  StepType type = StepType::Sweep;
  SweepSpec spec;                  // of a command: one trial, no search space, no objective
  std::vector<std::string> needs;  // the steps whose outputs it takes, each once
};

struct StepOutput {
  std::string step;
  std::string output;
};

inline constexpr std::string_view kStepOutputScope = "parent.jobs.";

// "parent.jobs.train.outputs.model", or nothing when it is not of that form.
[[nodiscard]] std::optional<StepOutput> parse_step_output(std::string_view placeholder);
// All that a path names: "${{parent.jobs.train.outputs.model}}/weights.bin" names one.
[[nodiscard]] std::vector<StepOutput> step_outputs_in(std::string_view path);

// Puts the folders into the inputs that name an output of another step, as their local paths. The
// first error of `folder_of` ends it.
[[nodiscard]] Result<void> fill_step_outputs(
    SweepSpec& spec, const std::function<Result<std::string>(const StepOutput&)>& folder_of);

// A step's part of its sweep's name: what such a name may not hold becomes '_'.
[[nodiscard]] std::string sweep_name_part(std::string_view step);

}  // namespace sweepjob
