// read_curve_file(): learning curves from a CSV table: of `sweepjob export --metrics`, or of any
// other system. Layer 6; blocking; any thread.
//
// Columns, by their names in the first line, in any order, others are ignored:
//   trial     a whole number from 0 to 999999
//   interval  1, 2, 3, ... without a gap within a trial
//   value     a number, NaN and Infinity included
//   seconds   when it arrived, by any clock that all rows share; or `time`, as
//             2026-11-21T17:21:03.5Z. The order of arrival is theirs, without them that of the rows
//   attempt   where it grows, an earlier interval may come again: the curve restarts there
//   metric    its name, the same in all rows; those without an interval are of other metrics and
//             left out
// A table does not say which curves were cut short: all count as whole.
#pragma once

#include <istream>
#include <string>

#include "model/objective.h"
#include "model/result.h"
#include "runner/app/recorded_curves.h"

namespace sweepjob {

// InvalidManifest with "file:line" at the first row that is wrong; NotFound without the file.
[[nodiscard]] Result<RecordedCurves> read_curve_file(const std::string& path, Goal goal);
[[nodiscard]] Result<RecordedCurves> read_curves(std::istream& in, const std::string& file_name,
                                                 Goal goal);

}  // namespace sweepjob
