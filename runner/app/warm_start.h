// Warm start: the results of earlier sweeps that a job's sampler begins with. Layer 6; blocking;
// any thread. They are read once, when the job is read, and travel with its settings: what becomes
// of the earlier sweep afterwards changes nothing.
#pragma once

#include <string>

#include "manifests/spec/sweep_spec.h"
#include "model/finding.h"

namespace sweepjob {

// Gives each warm_start of the sampling algorithm (its own, or of the sampler inside it) its
// results: of every trial that has ended, but those that another one continues. A sweep that is not
// in the state folder, or measures something else, is an error.
void add_warm_start(SweepSpec& spec, const std::string& state, Findings& findings);

// As it was before: two jobs are the same whatever their earlier sweeps have come to since.
[[nodiscard]] SweepSpec without_warm_start_results(SweepSpec spec);

}  // namespace sweepjob
