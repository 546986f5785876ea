// re_decide(): what another early-termination policy would have done to recorded curves. Layer 6;
// pure; any thread.
//
// The reports are gone through in the order in which they arrived, as the core does it live: the
// policy observes each, judges it where the core would, and a trial that it stops ends there: the
// policy hears Canceled and none of the trial's later reports. Only the curves are re-decided:
// which trials there are, and when their reports come, stays as it was (docs/whatif.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "manifests/spec/sweep_spec.h"
#include "policies/policy.h"
#include "runner/app/recorded_curves.h"

namespace sweepjob {

struct WouldBeCut {
  TrialId trial{};
  std::uint32_t interval = 0;
  Timestamp time{};
  std::string reason;
  double best_then = kWorst;
  std::uint64_t reports_saved = 0;
  double hours_saved = 0;
  bool as_recorded = false;  // the sweep's own policy cut it at the same report
  bool undone = false;       // the trial was started again by hand later
};

struct WhatIf {
  std::vector<WouldBeCut> cuts;  // in order

  std::uint32_t trials = 0;  // that reported
  std::uint32_t cut = 0;     // without those undone
  std::uint32_t as_recorded = 0;
  std::uint64_t reports = 0;
  std::uint64_t reports_saved = 0;
  double hours = 0;
  double hours_saved = 0;

  // Best values: failed trials do not count, a cut one counts with what it had reached.
  std::optional<TrialId> winner;  // of the recording; ties: the earlier trial
  bool winner_cut = false;
  std::optional<TrialId> winner_with;
  double best_without = kWorst;
  double best_with = kWorst;
  double regret = kWorst;  // how much worse best_with is, by the goal; WORST: nothing is left

  // Of the cut trials: those of which the recording knows the end, how many of their cuts are wrong
  // (wrong_cut.h), and how many of them end better than the top_k-th best of the kept.
  std::uint32_t cut_known = 0;
  std::uint32_t wrong = 0;
  std::uint32_t wrong_top = 0;
  // Trials whose recorded curve was ended by others: what they would have reached is unknown.
  std::uint32_t censored_cut = 0;  // by the sweep's own policy
  std::uint32_t censored_stopped = 0;
  std::uint32_t censored_running = 0;
  std::uint32_t censored_kept = 0;  // of censored_cut, those that this policy lets go on
};

[[nodiscard]] WhatIf re_decide(const RecordedCurves& curves, const EarlyTermination& termination,
                               TerminationPolicy& policy, std::uint32_t top_k = 5);

// 1 for the best recorded trial that has not failed, equal ones share a rank; 0: it has none.
[[nodiscard]] std::vector<std::uint32_t> ranks_of(const RecordedCurves& curves);

}  // namespace sweepjob
