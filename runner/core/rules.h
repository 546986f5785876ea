// Rules: what decisions are made by, besides the sweep's own state. Layer 3 (core); immutable.
#pragma once

#include <cstdint>
#include <memory>

#include "manifests/spec/sweep_spec.h"
#include "model/result.h"
#include "runner/core/sweep.h"

namespace sweepjob {

struct Rules {
  SweepSpec spec;
  // Attempts that the backend can run at once; bounds the limits of the spec.
  std::uint32_t capacity = 1;
  // How many run at once when no limit is given; 0: as many as the capacity.
  std::uint32_t default_concurrency = 0;
  // How many trials a sampler that needs no results may be ahead of the free slots, so that many
  // intents share one append. 0: by the concurrency.
  std::uint32_t ahead = 0;
};

// Whether a trial is judged when it has reported its interval-th value (azure-sweep section 9).
[[nodiscard]] bool is_judged_at(const EarlyTermination& termination, std::uint32_t interval);

// Whether the trial belongs to the control arm, so that no verdict stops it. Depends on the sweep's
// seed, the trial and control_fraction alone: a restart decides the same, and the members at a
// smaller fraction are members at a greater one.
[[nodiscard]] bool in_control_arm(const Rules& rules, const Sweep& sweep, TrialId trial);

// Slots in use at once: the spec's limit as updated, the backend's capacity, the number of trials.
[[nodiscard]] std::uint32_t concurrency(const Rules& rules, const Sweep& sweep);

// The policy that the spec names. Null without one, and when `findings` has a new error; the spec
// outlives it.
[[nodiscard]] std::unique_ptr<TerminationPolicy> make_policy_of(const SweepSpec& spec,
                                                                Findings& findings,
                                                                bool strict = false);

// A Sweep with the sampler and policy that the rules name; `rules` outlives it. Findings go to
// `findings`; an error there means null pointers inside.
[[nodiscard]] Sweep make_sweep(const Rules& rules, Findings& findings, bool strict = false);

}  // namespace sweepjob
