// RetentionReporter: `keep: best N` removes the outputs of trials that are out of the running.
// Layer 6; controller's thread.
#pragma once

#include <string>
#include <vector>

#include "runner/app/controller.h"

namespace sweepjob {

// Outputs and checkpoints of ended trials that are not among the best N go; logs, metrics and the
// journal stay. A checkpoint that is some trial's parent is kept.
class RetentionReporter final : public Reporter {
 public:
  RetentionReporter(const Rules& rules, std::string sweep_folder);

  void on_event(const Event& event, const Sweep& sweep) noexcept override;

 private:
  void start(const Sweep& sweep);
  void drop_worst(const Sweep& sweep);
  void remove_outputs(const Sweep& sweep, TrialId trial);

  const Rules& rules_;
  std::string sweep_folder_;
  bool started_ = false;
  std::vector<TrialId> kept_;  // ended trials whose outputs stand: at most N, but for parents
};

}  // namespace sweepjob
