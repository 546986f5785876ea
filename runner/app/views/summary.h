// What a person reads when a sweep has ended, and in `show`, `trials` and `best`. Layer 6; pure.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "runner/core/rules.h"
#include "runner/core/sweep.h"

namespace sweepjob {

// Best trial, counts, warnings, where everything is (an empty `folder`: nowhere); for `show` with
// the table of trials.
void print_summary(std::ostream& out, const Rules& rules, const Sweep& sweep,
                   const std::string& folder);
// One line a trial: status, best, last, intervals, attempts, reason, parameters.
void print_trials(std::ostream& out, const Sweep& sweep, const std::vector<TrialId>& trials);

// Left-aligned columns; the last one is not padded. All cells are printable() already.
[[nodiscard]] std::string table_text(const std::vector<std::vector<std::string>>& rows);

// 6 significant digits; "-" for WORST.
[[nodiscard]] std::string metric_text(double value);
// "lr=0.1 units=32", bounded and printable.
[[nodiscard]] std::string params_text(const Params& params, std::size_t max_bytes = 300);

}  // namespace sweepjob
