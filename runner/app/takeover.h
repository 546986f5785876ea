// Taking a sweep over: its fold with sampler and policy, and the journal's next segment. Layer 6.
#pragma once

#include <memory>
#include <string>

#include "model/result.h"
#include "runner/app/load_sweep.h"
#include "runner/io/journal_writer.h"
#include "runner/io/lease.h"

namespace sweepjob {

// The fold with sampler and policy: for those who decide.
[[nodiscard]] Result<LoadedSweep> load_with_deciders(const std::string& folder);

struct Taken {
  std::unique_ptr<JournalWriter> journal;  // asks `lease`, which outlives it
  LoadedSweep loaded;
};

// Seals what there is and opens the next segment. The fold is made again when the seal holds more
// than it had seen: a holder on another host that woke up in between may have added a last record.
[[nodiscard]] Result<Taken> take_over(const std::string& folder, LoadedSweep loaded,
                                      const Lease& lease);

}  // namespace sweepjob
