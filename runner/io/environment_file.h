// The submitter's environment, kept for `resume` from another shell. Layer 4.
//
// A 0600 file of NUL-separated NAME=value beside the journal, never in it: environments hold
// secrets. Its format is that of /proc/<pid>/environ; the attempt program reads it
// (LaunchRequest::inherited_environment_file). Deleted when the sweep has ended.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "model/result.h"

namespace sweepjob {

inline constexpr std::size_t kMaxEnvironmentBytes = 4u << 20;

// "NAME=value" each, such as `environ` has them. Conflict when the file exists.
[[nodiscard]] Result<void> write_environment_file(const std::string& path,
                                                  const std::vector<std::string>& entries);
[[nodiscard]] Result<std::vector<std::string>> read_environment_file(const std::string& path);
// Succeeds as well when it is not there.
[[nodiscard]] Result<void> remove_environment_file(const std::string& path);
[[nodiscard]] std::vector<std::string> environment_of_this_process();

}  // namespace sweepjob
