// How an attempt ended, in the words of its exit record.
#pragma once

#include <string>
#include <vector>

#include "model/attempt_record.h"
#include "runner/attempt/supervisor.h"

namespace sweepjob {

// For a command that ran. Without times and sizes.
[[nodiscard]] ExitRecord describe_ending(const Ending& ending,
                                         const std::vector<TrialProcess>& processes);

// Of the files in the working directory, the attempt folder.
void fill_sizes(ExitRecord& record, const std::vector<TrialProcess>& processes);

// Publishes the record; the first one in a folder stands. Tries again for `patience_us` while the
// disk is full or away. False when there is still no exit record then.
[[nodiscard]] bool publish_exit(const ExitRecord& record, std::int64_t patience_us);

}  // namespace sweepjob
