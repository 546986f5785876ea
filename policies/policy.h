// TerminationPolicy: says which running trial to stop. Layer 2. One file per policy.
//
// A deterministic fold of the journal, like a sampler. A verdict is a function of the *set* of
// reports observed before it: permuting earlier reports of other trials changes nothing, unless the
// rule itself goes by their order (optuna_halving.h). Interval and delay of evaluation, limits and
// retries are decided once, in the core: judge() is called only for the trial that has just
// reported, at its eligible intervals, after observe() of that report. NaN and infinities are WORST
// (model/objective.h). Called from the controller's thread only.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "manifests/spec/options.h"
#include "model/finding.h"
#include "model/objective.h"
#include "model/trial.h"

namespace sweepjob {

// Another trial in a comparison.
struct Compared {
  TrialId trial{};
  double value = 0;      // what of it was compared: its best, its average, its result in a rung
  bool decides = false;  // the bound is made of this value
};

struct Verdict {
  bool stop = false;
  std::string reason;  // the inequality with its numbers; never empty when stop; may be when not
  // Whether the rule came to hold the trial against a bound here. Always when it stops; where it is
  // false, the reason that explain() gives says what was missing.
  bool compared = false;
  std::vector<Compared> others = {};  // from explain() alone: all that took part, ascending
};

class TerminationPolicy {
 public:
  virtual ~TerminationPolicy() = default;
  virtual void observe(const TrialEvent& event) = 0;
  // O(log n) over what was observed. Fills `reason` only when it stops, `others` never.
  [[nodiscard]] virtual Verdict judge(const Report& report) const = 0;
  // The same verdict with its reason filled in either way: also the margin by which it was kept,
  // and which other trials took part and decided it. May be O(n).
  [[nodiscard]] virtual Verdict explain(const Report& report) const = 0;
};

struct PolicyContext {
  const Options& options;  // without evaluation_interval and delay_evaluation
  Goal goal = Goal::Minimize;
  std::uint32_t min_trials = 0;
  std::uint32_t evaluation_interval = 1;
  std::uint32_t delay_evaluation = 0;  // for hints only; the core applies both
  bool strict = false;
  std::string_view sweep_name = {};  // as in the job file; empty when it gives none
};

// Null when findings holds at least one new error.
using PolicyFactory = std::unique_ptr<TerminationPolicy> (*)(const PolicyContext& context,
                                                             Findings& findings);

}  // namespace sweepjob
