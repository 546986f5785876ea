// check_rendering(): what every trial, or the trial with the longest values, would fail with. Layer
// 1; pure; any thread. Called once a job by whoever reads it, so that nothing starts in vain.
#pragma once

#include "manifests/spec/sweep_spec.h"
#include "model/finding.h"
#include "model/trial.h"

namespace sweepjob {

// A sample that the space can give in which every choice is the entry of the longest text.
[[nodiscard]] Params longest_params(const SearchSpace& space);

// The command's placeholders, the names of its variables, and whether Linux would take command and
// variables with longest_params().
void check_rendering(const SweepSpec& spec, Findings& findings);

}  // namespace sweepjob
