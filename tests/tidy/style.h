// The house's rules of form that no formatter or compiler checks.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "tests/tidy/source_file.h"

namespace sweepjob::tidy {

inline constexpr std::size_t kLongFile = 500;     // listed: is it one room?
inline constexpr std::size_t kTooLongFile = 700;  // refused
inline constexpr std::size_t kColumns = 100;

// Own header first, then <...>, then "..."; paths from the root and of existing files.
[[nodiscard]] Problems check_includes(const SourceFile& file, const std::set<std::string>& paths);
// Columns, length, `#pragma once`, work left open, ruled-off comments.
[[nodiscard]] Problems check_form(const SourceFile& file);
// Paths of one machine: homes, and `root` itself, where the project happens to lie.
[[nodiscard]] Problems check_machine_paths(const SourceFile& file, const std::string& root);
// Every folder of the tree that holds code says what it is for. The folders of tests/ that mirror
// one of the tree are told of in tests/README.md.
[[nodiscard]] Problems check_readmes(const std::vector<SourceFile>& files);

}  // namespace sweepjob::tidy
