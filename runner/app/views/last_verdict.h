// The policy's last word on a trial, found by replaying the journal. Layer 6.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/result.h"
#include "policies/policy.h"
#include "runner/app/load_sweep.h"

namespace sweepjob {

// The verdict that cut a trial, or the one at the last report at which the rule compared it with
// anything; where it never did, the one at its last judged report.
struct LastVerdict {
  std::uint64_t sequence = 0;  // of the report in the journal
  Timestamp time{};
  Report report;
  Verdict verdict;
  // A report that was judged, and compared with nothing.
  struct Spared {
    std::uint32_t interval = 0;
    std::string reason;
  };
  std::optional<Spared> later;  // the last that came after it
  std::vector<Spared> earlier;  // where none was compared: the last before it for each other reason
};

// Replays the journal twice with the policy: once to see which report was compared last, once to
// have it explained. Nothing when there is no policy, or no report of the trial was judged.
[[nodiscard]] Result<std::optional<LastVerdict>> find_last_verdict(const LoadedSweep& loaded,
                                                                   TrialId trial);

// A few of verdict.others: those that decide before the rest, then the best first.
[[nodiscard]] std::vector<Compared> most_telling(Goal goal, const Verdict& verdict);

}  // namespace sweepjob
