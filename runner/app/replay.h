// replay_sweep(): re-derives every proposal and verdict of a journal and says where it first
// disagrees. Layer 6; blocking, read-only; works on a copy of a sweep's folder.
//
// The journal is folded in order with the sampler and the policy that its specification names, and
//   - proposals that were journaled together are what the sampler now proposes for so many trials
//     (a slow one: as it stood when it was asked), of which they are the first;
//   - what react() says to a report is exactly what follows it in the journal: a stop by the
//     policy, or none.
// The words of a reason may change from version to version: they are counted, and no difference.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "model/result.h"
#include "runner/core/event.h"

namespace sweepjob {

struct ReplayDifference {
  std::uint64_t sequence = 0;  // of the event that is not as derived; past the last: one is missing
  std::string what;            // "proposal" or "verdict"
  std::optional<TrialId> trial;
  std::string journaled;  // in words, with its numbers; bounded and printable
  std::string derived;
};

struct ReplayResult {
  std::string name;
  std::string uid;
  std::uint64_t events = 0;
  std::uint64_t proposals = 0;            // compared
  std::uint64_t verdicts = 0;             // compared: reports that were judged
  std::uint64_t cuts = 0;                 // of them
  std::uint64_t reworded = 0;             // cuts whose reason reads differently today
  std::optional<ReplayDifference> first;  // replaying ends there
};

// JournalCorrupt, NotFound or StateFolder when the journal cannot be read, or names a sampler or
// policy that this version does not have.
[[nodiscard]] Result<ReplayResult> replay_sweep(const std::string& folder);

}  // namespace sweepjob
