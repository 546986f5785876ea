// IgnoreRules: the patterns of one .amlignore or .gitignore. Layer 1; plain; any thread.
// Called by code_snapshot.cc for every file below the folder in which the rules stand.
//
// Semantics: gitignore(5). fnmatch(3) matches one path component; what it lacks is here: negation,
// anchoring, patterns for folders only, and `**`. (libgit2 has all of it, but answers only for
// paths of a repository.) The test compares with `git check-ignore` over random patterns.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sweepjob {

class IgnoreRules {
 public:
  explicit IgnoreRules(std::string_view text);

  // True: ignored; false: taken in again by a `!` rule; nothing: these rules say nothing, ask those
  // of the folder above. `parts` is the path from the rules' folder. The caller asks for the
  // folders above first and does not enter an ignored one, so that nothing below it can be taken in
  // again.
  [[nodiscard]] std::optional<bool> decide(const std::vector<std::string>& parts,
                                           bool is_folder) const;

 private:
  struct Rule {
    std::vector<std::string> parts;  // "**" stands for any number of folders
    bool negated = false;
    bool folders_only = false;
    bool anchored = false;  // from the rules' folder; else the last part anywhere below
  };
  static bool matches(const Rule& rule, const std::vector<std::string>& parts);
  void add(std::string_view line);

  std::vector<Rule> rules_;
};

}  // namespace sweepjob
