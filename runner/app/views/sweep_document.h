// A sweep as the JSON that the program prints. Layer 6; pure.
//
// Documented as stable in docs/cli.md; every document has schema_version. Keys are only added;
// anything else raises kSchemaVersion.
#pragma once

#include <cstdint>

#include "model/value.h"
#include "runner/core/rules.h"
#include "runner/core/sweep.h"

namespace sweepjob {

inline constexpr std::int64_t kSchemaVersion = 1;

// {"schema_version": 1} followed by `members`.
[[nodiscard]] Value document(Value::Map members);

// `show -o json`: name, uid, status, reason, objective, best, counts, control and all
// trials.
[[nodiscard]] Value show_document(const Rules& rules, const Sweep& sweep);
// The same without the trials: `status -o json`.
[[nodiscard]] Value status_document(const Rules& rules, const Sweep& sweep);
// One element of show's `trials`.
[[nodiscard]] Value trial_document(const Sweep& sweep, TrialId trial);
// {"trial", "value", "params"} or null.
[[nodiscard]] Value best_document(const Sweep& sweep);

// Trials whose parameters another trial had before (azure-sweep section 5: counted and shown).
[[nodiscard]] std::uint32_t count_duplicates(const Sweep& sweep);

// Exit code of a sweep that has finished, by the table of docs/cli.md. Where nothing is measured
// (a command step of a pipeline) all trials have to complete.
[[nodiscard]] int exit_code_of(const Rules& rules, const Sweep& sweep);

// Non-finite numbers as "NaN", "Infinity", "-Infinity": JSON has none.
[[nodiscard]] Value number_or_text(double value);

}  // namespace sweepjob
