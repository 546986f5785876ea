// The private working directory of an attempt: work/ with the trial's code, outputs/, logs/ and
// user_logs/.
#pragma once

#include <string>

#include "model/attempt_record.h"

namespace sweepjob {

struct SetUpProblem {
  int error = 0;  // errno; 0: all is well
  std::string message;
};

// In the working directory, which is the attempt folder. Code is copied, or, with link_code, every
// folder is made and every file is a symbolic link into the snapshot: new files stay private, and
// the snapshot has no write bits.
[[nodiscard]] SetUpProblem make_work_folder(const LaunchRecord& launch);

// Makes the checkpoint folder if need be. True when it already held something: the attempt may
// continue from there.
[[nodiscard]] bool prepare_checkpoint(const std::string& checkpoint_folder);

}  // namespace sweepjob
