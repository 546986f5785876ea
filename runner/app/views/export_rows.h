// The results of a sweep as a table: `export`. Layer 6.
//
// Rows are built one at a time and written at once: a sweep may have millions of metric values.
#pragma once

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

#include "model/result.h"
#include "model/value.h"
#include "runner/app/load_sweep.h"

namespace sweepjob {

enum class ExportFormat : std::uint8_t { Csv, JsonLines };

// One row a trial: what `show` says of it, each parameter's leaf as "params.<path>". JSON lines
// keep "params" as it is and carry schema_version.
void export_trials(std::ostream& out, const Sweep& sweep, ExportFormat format);

// One row a metric value: trial, attempt, metric, interval, step, value, time, channel. The
// objective's come from the journal (with the interval that each was), all others from the metric
// files; trial by trial. Replays the journal itself.
[[nodiscard]] Result<void> export_metrics(std::ostream& out, const std::string& sweep_folder,
                                          ExportFormat format);

// RFC 4180: quoted where it must be. Control characters but newline and tab are made visible.
[[nodiscard]] std::string csv_cell(const Value& value);

}  // namespace sweepjob
