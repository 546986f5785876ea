// What the control arm showed: how often a cut was wrong, and what cuts saved. Layer 6; pure.
//
// A seeded share of would-be cuts ran on (control_fraction, decisions/0007): a random sample of all
// would-be cuts, so that what holds in it estimates what holds for the trials that were cut.
// **Carried out** is what a trial would have reached had every cut been carried out: its best up to
// its withheld cut, else its best.
//   wrong      as runner/app/wrong_cut.h says; all control trials count as cut
//   top tenth  fewer than ceil(n / 10) of the n trials carried out a better value than its final
//              best (n: those with a number, this one among them)
// A trial that fails is neither, as it cannot be a sweep's best. Rates are over the *measured*
// ones, those that ran to their own end or to trial_timeout, with the Wilson interval (95 %).
//   saved      for each budget apart (trials without one are one group), as longer trials have
//   longer
//              to save: where its measured control trials all came to the same length L, and no cut
//              trial got beyond it, the sum of L - k over its cut trials, k what each had reported;
//              where lengths differ, the number of its cuts times the mean of what its measured
//              control trials reported after their own withheld cuts. The control trials of a
//              budget are a random sample of its would-be cuts: the first is exact where trials of
//              a budget are equally long, the second unbiased where they are not.
//   unknown    cuts at budgets of which no control trial was measured: they are in neither sum
//   naive      the sum of (longest curve of the budget) - k over the cut trials: what one would
//   claim
//              without having looked
//   spent      the intervals that control trials reported after their withheld cut
#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "model/value.h"
#include "runner/app/views/wilson_interval.h"
#include "runner/core/rules.h"
#include "runner/core/sweep.h"

namespace sweepjob {

struct ControlTrial {
  TrialId trial{};
  double best_at_cut = 0;  // of the curve as it stands, where a lost attempt restarted it
  double best = 0;
  std::uint32_t remaining = 0;  // intervals after the withheld cut
  bool measured = false;
  bool wrong = false;  // both only when measured
  bool top_tenth = false;
};

struct ControlReport {
  std::vector<ControlTrial> trials;  // whose cut was withheld
  std::uint32_t measured = 0;
  std::uint32_t wrong = 0;
  std::uint32_t top_tenth = 0;
  std::uint32_t cut = 0;          // trials that the policy did stop
  std::uint32_t cut_unknown = 0;  // of these, those at budgets without a measured control trial
  std::uint64_t spent = 0;
  std::optional<double> mean_remaining;  // of the measured ones; absent without any
  std::optional<double> saved;           // by the cuts that are not unknown; absent when all are
  std::uint64_t naive = 0;
};

// O(n log n) over the trials.
[[nodiscard]] ControlReport control_report(const Sweep& sweep);
// `show`'s "control": null when there is no control arm.
[[nodiscard]] Value control_document(const Rules& rules, const Sweep& sweep);
// A few lines; nothing when there is no control arm.
void print_control(std::ostream& out, const Rules& rules, const Sweep& sweep);

// {"interval", "reason"} of a withheld cut, or null.
[[nodiscard]] Value withheld_document(const Trial& trial);
// What would have happened to the trial, with the policy's numbers, and what did. Empty when none
// of its cuts was withheld.
[[nodiscard]] std::string withheld_why(const Sweep& sweep, TrialId trial);

}  // namespace sweepjob
