// What Optuna's SuccessiveHalvingPruner and HyperbandPruner share: rungs in which a trial must be
// among the best 1/eta of its bracket to go on (asynchronous successive halving, Li et al. 2020).
//   rung r of bracket b at level L_r = first_level(b) * eta^r
//   a trial with r results so far, judged at k >= L_r with a number there, has it as its result in
//   rung r; of the c results of the rung in this bracket, its own included: cancel if c <=
//   bootstrap, or if it is worse than the i-th best, i = max(floor(c / eta), 1); else the same
//   again for rung r + 1
// So the first trial in a rung always passes (unless bootstrap_count forbids it), an interval that
// brings no result cuts nobody, and where judging begins late, only who stays in a rung has a
// result in the next. A trial that is due for a rung with a value that is no number is cut once the
// rung has a number, and has no result there yet; Optuna cuts it at once.
//
// As in Optuna, what a trial is compared with are the results given until now, also those of trials
// that were cut, failed or have gone on since, and which rungs a value counts in is settled when it
// comes, as is what `auto` stands for when it is first needed. So this rule depends on the order of
// the reports, which is the journal's.
//
// Axis: Optuna's step is the interval k = 1, 2, ... of the trial's k-th report. Layer 2.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "manifests/spec/options.h"
#include "policies/policy.h"

namespace sweepjob {

struct OptunaHalving {
  std::string name;  // of the policy, for its reasons
  std::uint64_t reduction_factor = 4;
  std::uint64_t bootstrap_count = 0;
  // The level of each bracket's first rung, given how many reports the longest completed trial has
  // (0: none has completed). Empty: not known yet, nobody is stopped.
  std::function<std::vector<std::uint64_t>(std::uint32_t longest)> first_levels;
  std::function<std::size_t(TrialId trial, std::size_t brackets)> bracket_of;
};

// What the two pruners have in common among their options.
struct HalvingOptions {
  std::string policy;
  std::uint32_t reduction_factor = 4;  // where none is given
  std::string resource;                // the option that must be a number for a bootstrap_count
  std::uint32_t usual_resource = 1;
};
// reduction_factor and bootstrap_count, as the beginning of a rule. `resource`: nothing for auto.
[[nodiscard]] OptunaHalving read_halving(OptionReader& reader, const HalvingOptions& options,
                                         const std::optional<std::uint32_t>& resource);

[[nodiscard]] std::unique_ptr<TerminationPolicy> make_halving(const PolicyContext& context,
                                                              OptunaHalving rule);

}  // namespace sweepjob
