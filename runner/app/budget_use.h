// Whether a job's script can learn its budget: a sampler that trains trials to budgets is wasted on
// one that always trains as long. Layer 6; reads the code folder; blocking; any thread.
#pragma once

#include "manifests/spec/sweep_spec.h"
#include "model/finding.h"
#include "samplers/sampler.h"

namespace sweepjob {

// An error unless the command, an environment variable or a file of the code names the budget (for
// a plan without budgets, as PBT's may be: the checkpoint to go on from), or the plan says that it
// is used. A code folder too large to be read through is believed.
void check_budget_use(const SweepSpec& spec, const BudgetPlan& plan, Findings& findings);

}  // namespace sweepjob
