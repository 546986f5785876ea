// WrongCuts: whether a policy should have let a trial go on. Layer 6; pure. The one definition, for
// `whatif` and for the control arm:
//
//   a cut is wrong if the best value that the trial reaches when it runs on is better than the best
//   of all trials that were not cut. Failed trials are neither wrong cuts nor compared with.
//
// The comparison is with trials that were let run, not with all values that anyone reported before
// its cut: a policy that cuts the leader would otherwise excuse itself with what the leader had
// reached. How much worse a sweep's best becomes is the regret, which does count those values.
#pragma once

#include "model/objective.h"

namespace sweepjob {

class WrongCuts {
 public:
  explicit WrongCuts(Goal goal) : goal_(goal) {}

  // A trial that was not cut.
  void keep(double best, bool failed) {
    if (!failed) best_kept_ = best_of(goal_, best_kept_, best);
  }
  // Once all are known; `best` of the cut trial over all that it reports when it runs on.
  [[nodiscard]] bool is_wrong(double best, bool failed) const {
    return !failed && better(goal_, best, best_kept_);
  }

 private:
  Goal goal_;
  double best_kept_ = kWorst;
};

}  // namespace sweepjob
