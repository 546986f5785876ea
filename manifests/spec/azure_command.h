// The placeholders of a trial's command and environment variables: old forms rewritten, every name
// checked, values that a shell would take apart pointed out. Layer 1.
// Rules: spec azure-sweep section 4.
#pragma once

#include <string>

#include "manifests/spec/azure_trial.h"

namespace sweepjob::azure {

// Which sections could be read: a name is looked for only where all names are known.
struct KnownSections {
  bool inputs = true;
  bool outputs = true;
  bool search_space = true;
};

// Called when all else of `spec` is read. In a component ${{inputs.K}} of a sampled K is the form
// that Azure wants; in a job of its own it is a slip.
void check_command(SweepSpec& spec, const TrialSource& source, const KnownSections& known,
                   AzureReader& reader);

// Two parameters (m_C and m.C) whose variables would have one name: a warning that names both.
void warn_of_hidden_variables(const SearchSpace& space, const std::string& path,
                              AzureReader& reader);

}  // namespace sweepjob::azure
