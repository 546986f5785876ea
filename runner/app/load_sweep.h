// Reading a sweep back from its folder. Layer 6.
//
// Readers (status, show, ...) replay the journal into a Sweep of their own: they take no lease and
// write nothing, so they work while a controller runs, when it is gone, and on a copy of the
// folder.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "model/result.h"
#include "runner/core/rules.h"
#include "runner/core/sweep.h"

namespace sweepjob {

struct LoadedSweep {
  std::string folder;
  std::unique_ptr<Rules> rules;  // outlives `sweep`
  std::unique_ptr<Sweep> sweep;
};

struct LoadOptions {
  // Readers that decide nothing leave sampler and policy out: replay is quicker.
  bool with_sampler = false;
  bool with_policy = false;
  // In place of the sweep's own: hears every TrialEvent (whatif).
  std::unique_ptr<Sampler> sampler = {};
  // Hears of every event after it has been applied (explain, export of curves).
  std::function<void(std::uint64_t sequence, const Event& event, const Sweep& sweep)> observer;
};

// The empty fold that a journal's first event asks for; the event itself is not applied.
// JournalCorrupt when this version cannot make the sweep's sampler or policy.
[[nodiscard]] Result<LoadedSweep> make_fold(const SweepCreated& created,
                                            const LoadOptions& options = {});

// JournalCorrupt, NotFound or StateFolder on failure.
[[nodiscard]] Result<LoadedSweep> load_sweep(const std::string& folder, LoadOptions options = {});

}  // namespace sweepjob
