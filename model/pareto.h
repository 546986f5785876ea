// Several objectives at once: who is better than whom. Layer 0; pure functions; any thread.
//
// All are losses here: minimised, the values of a maximised objective negated. A row that holds a
// value that is not finite takes no part: it dominates none and is on no front.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/objective.h"

namespace sweepjob {

// Nowhere worse and somewhere better. Equally long.
[[nodiscard]] bool dominates(std::span<const double> a, std::span<const double> b);

// Indices, ascending, of the rows that no other one dominates; of equal ones all. At most rows x
// front comparisons.
[[nodiscard]] std::vector<std::uint32_t> pareto_front(
    const std::vector<std::vector<double>>& losses);

[[nodiscard]] inline double as_loss(Goal goal, double value) {
  return goal == Goal::Minimize ? value : -value;
}

}  // namespace sweepjob
