// Where a trial's files lie in a sweep's folder, for those who only read them. Layer 6.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "model/ids.h"

namespace sweepjob {

[[nodiscard]] std::string attempt_folder_of(const std::string& sweep_folder,
                                            const AttemptId& attempt);
// What it left for the user.
[[nodiscard]] std::string attempt_outputs_of(const std::string& sweep_folder,
                                             const AttemptId& attempt);
// What it printed: stdout and stderr.
[[nodiscard]] std::string attempt_log_of(const std::string& sweep_folder, const AttemptId& attempt);
// It has ended and said how; true also while no controller has read that yet.
[[nodiscard]] bool has_exit_record(const std::string& sweep_folder, const AttemptId& attempt);

// What a terminal would be left with after a program's line: behind the last carriage return (a
// progress bar), without colours and other escape sequences, all else made visible and bounded.
[[nodiscard]] std::string log_line_text(std::string_view line);

// The last lines of a log, at most `count`, each by log_line_text(); none when there is no log.
[[nodiscard]] std::vector<std::string> last_lines(const std::string& path, std::size_t count);

}  // namespace sweepjob
