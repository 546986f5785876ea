// The house's rules for co_await (runner/README.md): name it, then move it; a Result is not
// dropped.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "tests/tidy/source_file.h"

namespace sweepjob::tidy {

// g++ 12.2 frees a temporary aggregate or a capturing lambda inside a co_await expression twice:
// no '{' and no '[' inside the parentheses of an awaited call.
[[nodiscard]] Problems check_awaited_calls(const SourceFile& file);

// The names of functions that return a Task, whose Result must not be dropped.
[[nodiscard]] std::set<std::string> task_functions(const std::vector<SourceFile>& files);
// A statement that is nothing but `co_await name(...);` of such a function. Calls through function
// objects and aliases are not seen; [[nodiscard]] on Result is the compiler's half.
[[nodiscard]] Problems check_dropped_results(const SourceFile& file,
                                             const std::set<std::string>& tasks);

}  // namespace sweepjob::tidy
