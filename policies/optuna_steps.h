// n_warmup_steps and interval_steps of Optuna's pruners, for sweepjob's axis: the "step" of a
// trial's k-th report is k = 1, 2, ..., without gaps. Optuna looks at a report when
//   k >= n_warmup_steps, and no earlier one is at or after
//   L = floor((k - n_warmup_steps) / interval_steps) * interval_steps + n_warmup_steps,
// which without gaps is: k = L, or k = 1. Layer 2.
#pragma once

#include <cstdint>
#include <numeric>

#include "policies/policy.h"
#include "policies/read_options.h"

namespace sweepjob {

struct OptunaSteps {
  std::uint32_t warmup = 0;
  std::uint32_t interval = 1;

  [[nodiscard]] bool due(std::uint32_t step) const {
    return step >= warmup && (step == 1 || (step - warmup) % interval == 0);
  }
};

// They come on top of evaluation_interval: two grids that never meet are an error.
[[nodiscard]] inline OptunaSteps read_optuna_steps(OptionReader& reader,
                                                   const PolicyContext& context) {
  OptunaSteps steps;
  steps.warmup = read_count(reader, "n_warmup_steps", 0, 0);
  steps.interval = read_count(reader, "interval_steps", 1, 1);
  const std::uint32_t every = context.evaluation_interval == 0 ? 1 : context.evaluation_interval;
  if (steps.warmup % std::gcd(every, steps.interval) != 0) {
    reader.fail("interval_steps",
                "no report would ever be looked at: evaluation_interval " + std::to_string(every) +
                    " never meets n_warmup_steps " + std::to_string(steps.warmup) +
                    " plus multiples of " + std::to_string(steps.interval),
                "leave interval_steps at 1 and use evaluation_interval");
  }
  return steps;
}

}  // namespace sweepjob
