// Repairing a journal with a damaged middle. Layer 4; blocking; for doctor only.
//
// Nothing is cut: a new segment journal.<last + 1> seals the damaged one behind its last good
// record, as a takeover would have done there. Segments in between become void. The files stay for
// a person to look at, epochs only ever grow, and the repair is undone by removing one file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "model/result.h"
#include "runner/io/journal_format.h"

namespace sweepjob {

struct JournalDamage {
  SweepUid uid;
  Error error;  // where it is and what is wrong
  // The last place from which the journal can go on; nothing: not even its beginning is readable.
  std::optional<Seal> keep;
  std::uint64_t new_epoch = 0;
  // The last event that can be recognised anywhere: those behind `keep` would be given up.
  std::uint64_t last_sequence = 0;
};

// Nothing when the journal is sound (a torn tail is). Decodes every event.
[[nodiscard]] Result<std::optional<JournalDamage>> find_damage(const std::string& folder);
// Creates the segment that leaves the damage out. The lease must be held.
[[nodiscard]] Result<void> leave_out_damage(const std::string& folder, const JournalDamage& damage);

}  // namespace sweepjob
