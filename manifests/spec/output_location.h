// Where an output of a trial lies on this machine. Layer 1; pure; any thread; called by render.cc.
#pragma once

#include <string>

#include "manifests/spec/sweep_spec.h"

namespace sweepjob {

// Below `outputs_folder` (the attempt's work/outputs), so that attempts never overwrite each other:
//   no path, or storage elsewhere (wasbs://...)   <outputs>/<output's name>
//   azureml://datastores/D/paths/P                <outputs>/datastores/D/P
//   ${{default_datastore}}/P                      <outputs>/datastores/default_datastore/P
//   P                                             <outputs>/P
// A local absolute path (also as file:) is taken as it is. ${{name}} is the trial's name, which
// keeps trials apart there. Error (InvalidManifest): P leaves the folder by "..".
[[nodiscard]] Result<std::string> output_location(const OutputSpec& output,
                                                  const std::string& trial_name,
                                                  const std::string& outputs_folder);

}  // namespace sweepjob
