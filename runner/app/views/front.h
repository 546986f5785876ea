// The Pareto front of a sweep with several objectives: the trials that no other one beats in all of
// them. Layer 6; pure. A trial counts with the last value of each objective, and only with all.
#pragma once

#include <iosfwd>
#include <vector>

#include "model/value.h"
#include "runner/core/rules.h"
#include "runner/core/sweep.h"

namespace sweepjob {

// The last value of each objective, kWorst where there is none.
[[nodiscard]] std::vector<double> objective_values(const Rules& rules, const Trial& trial);
// Of the trials that can be the best one; empty with fewer than two objectives.
[[nodiscard]] std::vector<TrialId> front_of(const Rules& rules, const Sweep& sweep);

// [{"trial", "values": {metric: value}, "params"}], null with fewer than two objectives.
[[nodiscard]] Value front_document(const Rules& rules, const Sweep& sweep);
// Nothing with fewer than two objectives.
void print_front(std::ostream& out, const Rules& rules, const Sweep& sweep);

}  // namespace sweepjob
