// KeptSimulation: a simulated sweep's folder in the state folder, so that the verbs that look at a
// sweep work on it. Layer 6; blocking; one thread.
//
// A real journal, written in large batches as the simulation goes, under the sweep's lease. The
// times in it are virtual. Its backend is "simulated", which no session can start: it can be looked
// at and deleted, and never goes on.
#pragma once

#include <memory>
#include <string>

#include "model/result.h"
#include "runner/app/simulation.h"
#include "runner/io/journal_writer.h"
#include "runner/io/lease.h"
#include "runner/io/state_folder.h"

namespace sweepjob {

class KeptSimulation {
 public:
  // Conflict when the name is taken.
  [[nodiscard]] static Result<std::unique_ptr<KeptSimulation>> create(const std::string& state,
                                                                      const std::string& name,
                                                                      const std::string& job_text);

  [[nodiscard]] const SweepEntry& entry() const { return entry_; }
  // For SimJournal; this object outlives it.
  [[nodiscard]] SimJournal::Write writer();
  // It came to nothing: the folder goes, the name is free.
  void discard();

 private:
  KeptSimulation(StateFolder state, SweepEntry entry)
      : state_(std::move(state)), entry_(std::move(entry)) {}
  [[nodiscard]] Result<void> open(const std::string& job_text);

  StateFolder state_;
  SweepEntry entry_;
  std::unique_ptr<Lease> lease_;
  std::unique_ptr<JournalWriter> journal_;
};

}  // namespace sweepjob
