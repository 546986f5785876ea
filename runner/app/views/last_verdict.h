// The policy's last word on a trial, found by replaying the journal. Layer 6.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "model/result.h"
#include "policies/policy.h"
#include "runner/app/load_sweep.h"

namespace sweepjob {

// The verdict that cut a trial, or the one at its last judged interval, with what had been accepted
// until then.
struct LastVerdict {
  std::uint64_t sequence = 0;  // of the report in the journal
  Timestamp time{};
  Report report;
  Verdict verdict;
  struct Compared {
    TrialId trial{};
    double best = 0;  // up to that interval
  };
  std::vector<Compared> compared;  // the best of them, this trial not among them
  std::size_t compared_count = 0;  // all that had reported so many intervals
};

// Replays the journal twice: once to see which report was judged last, once with the policy up to
// it. Nothing when there is no policy, or none of its reports was judged.
[[nodiscard]] Result<std::optional<LastVerdict>> find_last_verdict(const LoadedSweep& loaded,
                                                                   TrialId trial);

}  // namespace sweepjob
