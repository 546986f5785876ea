// Doctor: checks a sweep folder, and repairs what can be repaired safely. Layer 4; blocking.
//
// Repairs need the sweep to have no controller: the lease is taken for the time they last. What is
// removed without being asked for is leftovers alone: temporary files, answers nobody fetched, the
// environment of an ended sweep.
//
// A damaged journal is only repaired with `truncate`: a new segment continues it behind the last
// good record, and no byte of the old ones is changed or removed (they become void). The finding
// says what is lost. Trials that were started by lost events are found by their claims: a start
// under the same AttemptId is refused by the attempt program, and adopted.
#pragma once

#include <string>
#include <vector>

#include "model/finding.h"
#include "model/result.h"
#include "model/time.h"
#include "runner/io/journal_replay.h"
#include "runner/io/state_folder.h"

namespace sweepjob {

struct DoctorFinding {
  Severity severity = Severity::Note;
  std::string what;
  std::string where;  // a path
  // Empty: nothing to be done by us. Else what to ask for: "--repair", "--repair --truncate".
  std::string repair;
};

struct DoctorReport {
  std::vector<DoctorFinding> findings;
  std::vector<std::string> repaired;  // what was done, in words

  [[nodiscard]] bool healthy() const;  // no finding is an error
};

struct DoctorOptions {
  bool repair = false;
  bool truncate = false;  // with repair: give up what is behind a damaged place of the journal
  Timestamp now{};
};

// An error only when nothing could be looked at, or when a repair failed half way (what was done
// until then is harmless, and the next call goes on).
[[nodiscard]] Result<DoctorReport> examine_sweep(const std::string& sweep_folder,
                                                 const DoctorOptions& options);
// The registry of names: folders without a name, names without a folder.
[[nodiscard]] Result<DoctorReport> examine_state_folder(const StateFolder& state,
                                                        const DoctorOptions& options);

}  // namespace sweepjob
