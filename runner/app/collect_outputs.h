// Copies what a trial left behind to where the user wants it: `download`. Layer 6; blocking.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "model/result.h"
#include "runner/app/load_sweep.h"

namespace sweepjob {

struct OutputSelection {
  bool all = false;                        // logs, metrics and checkpoints as well
  std::optional<std::string> output_name;  // one declared output alone
};

struct CollectedOutputs {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  std::uint64_t left_out = 0;  // sockets, pipes, devices
};

// Where a declared output of the trial's latest attempt lies, whether or not it was written.
// NotFound names the nearest output there is.
[[nodiscard]] Result<std::string> output_path(const LoadedSweep& loaded, TrialId trial,
                                              const std::string& name);

// From the trial's latest attempt into `destination`, which is made and must hold nothing yet
// (Conflict). Links are copied as links, never followed. NotFound: there is nothing of that kind.
[[nodiscard]] Result<CollectedOutputs> collect_outputs(const LoadedSweep& loaded, TrialId trial,
                                                       const OutputSelection& selection,
                                                       const std::string& destination);

}  // namespace sweepjob
