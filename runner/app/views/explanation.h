// Why: why a trial was cut or kept, is pending, failed; why a sweep is where it is. Layer 6.
#pragma once

#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "model/result.h"
#include "model/value.h"
#include "runner/app/load_sweep.h"
#include "runner/app/views/last_verdict.h"
#include "runner/app/views/words.h"

namespace sweepjob {

struct TrialExplanation {
  TrialId trial{};
  std::string why;  // a few sentences
  std::optional<LastVerdict> verdict;
  std::vector<std::string> log;  // the last lines, of a failed trial
};

// `loaded` is the sweep as it is now; its folder is read for the verdict and the log.
[[nodiscard]] Result<TrialExplanation> explain_trial(const LoadedSweep& loaded, TrialId trial,
                                                     const ControllerState& controller);
[[nodiscard]] Value explanation_document(const Sweep& sweep, const TrialExplanation& explanation);
void print_explanation(std::ostream& out, const Sweep& sweep, const TrialExplanation& explanation);

// Why the sweep is in its state.
[[nodiscard]] std::string sweep_why(const Sweep& sweep, const ControllerState& controller);
// State, policy, and all trials that were cut, were to be cut, or failed, with their reasons.
[[nodiscard]] Value sweep_explanation_document(const LoadedSweep& loaded,
                                               const ControllerState& controller);
void print_sweep_explanation(std::ostream& out, const LoadedSweep& loaded,
                             const ControllerState& controller);

}  // namespace sweepjob
