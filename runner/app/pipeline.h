// A pipeline: its steps one after the other, each a sweep NAME_STEP of its own. Layer 6.
//
// The driver has no state. A step is made by create_sweep and run by a session, as `submit` does it
// with one sweep; where the pipeline stands is what stands in the journals of its steps. Submitting
// it again under its name finds the finished steps (create_sweep compares them), goes on with the
// one that was running, and starts the next: so a killed driver loses nothing and runs nothing
// twice. An input that another step makes is filled in before its step starts, from the best trial
// of a sweep, the only one of a command.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runner/app/cli/verb.h"
#include "runner/app/read_job.h"

namespace sweepjob {

struct PipelineOptions {
  const GlobalOptions& globals;
  std::string state;                  // resolved state folder
  std::string file;                   // as the user gave it
  std::string name;                   // --name; empty: the file's, else made up
  std::optional<std::uint64_t> seed;  // --seed, of every sweep step
  bool detach = false;                // the driver goes on in the background
  bool background = false;            // this is that driver
  // What a driver in the background is told besides the file, --name, --state and --config.
  std::vector<std::string> driver_arguments;
};

// Runs `job.steps`, which all have been checked. 0, or 4 where a sweep step has no best trial; else
// the exit code of the step that ended it (or was left to the background), having said which steps
// were not run. With `detach`: returns when the driver has begun.
[[nodiscard]] int run_pipeline(const ReadJob& job, const PipelineOptions& options);

// The sweep of a step.
[[nodiscard]] std::string step_sweep_name(const std::string& pipeline, const std::string& step);
// Usage: the names that a pipeline of this name would give its sweeps are none.
[[nodiscard]] Result<void> check_step_names(const std::string& pipeline, const ReadJob& job);

}  // namespace sweepjob
