// The placeholders of a trial's command and environment variables: old forms rewritten, every name
// checked, values that a shell would take apart pointed out. Layer 1.
// Rules: spec azure-sweep section 4.
#pragma once

#include <string>

#include "manifests/spec/azure_trial.h"

namespace sweepjob::azure {

// Called when all else of `spec` is read. In a component ${{inputs.K}} of a sampled K is the form
// that Azure wants; in a job of its own it is a slip.
void check_command(SweepSpec& spec, const TrialSource& source, AzureReader& reader);

}  // namespace sweepjob::azure
