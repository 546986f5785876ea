// The layer rule: which folder may include what (runner/README.md has the table). System-wide
// headers compile from anywhere, so the link line alone does not hold the rule.
#pragma once

#include <vector>

#include "tests/tidy/source_file.h"

namespace sweepjob::tidy {

// Ours and third-party includes against the file's row of the table.
[[nodiscard]] Problems check_layers(const SourceFile& file);
// The attempt program is std and POSIX only, also through the headers that it shares with layer 0.
[[nodiscard]] Problems check_attempt_program(const std::vector<SourceFile>& files);

}  // namespace sweepjob::tidy
