// What differs between two normalised specs. Layer 1; pure; any thread.
// `submit` of a name that exists calls it: the sweep goes on only if nothing is listed.
#pragma once

#include <string>
#include <vector>

#include "model/value.h"

namespace sweepjob {

// One line for each difference, "limits.max_total_trials: 20 -> 40" (`before` on the left), in the
// order of `before`, then what only `after` has. Objects are compared by key; only below
// search_space does their order count, because grid order and Sobol dimensions follow it. What
// merely labels a sweep (display_name, description, tags) is left out. A spec journaled by an older
// version should first go through spec_from_value and to_value, which add the keys it lacks.
[[nodiscard]] std::vector<std::string> differing_keys(const Value& before, const Value& after);

}  // namespace sweepjob
