// What the tidy checks look at: the project's own text files, read once. Called by the tests of
// this folder; errors are test failures. The checks are text checks: they see what a reviewer sees,
// need no compiler, and each is tested on small bad snippets so that it is known to be able to
// fail.
#pragma once

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace sweepjob::tidy {

struct Problem {
  std::string path;
  int line = 0;  // 0: the whole file
  std::string message;
};
using Problems = std::vector<Problem>;

inline std::ostream& operator<<(std::ostream& out, const Problem& problem) {
  return out << problem.path << ":" << problem.line << ": " << problem.message;
}

struct Include {
  int line = 0;
  std::string path;
  bool quoted = false;  // ours; else the standard's, the system's or a library's
};

class SourceFile {
 public:
  // `path` is relative to the root.
  SourceFile(std::string path, std::string text);

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] bool is_header() const { return path_.ends_with(".h"); }
  [[nodiscard]] bool is_cpp() const { return is_header() || path_.ends_with(".cc"); }
  [[nodiscard]] const std::vector<std::string>& lines() const { return lines_; }
  // The text with comments and the insides of literals blanked; same length, same lines.
  [[nodiscard]] const std::string& code() const { return code_; }
  [[nodiscard]] const std::vector<Include>& includes() const { return includes_; }
  // Of a position in code(), from 1.
  [[nodiscard]] int line_of(std::size_t position) const;

 private:
  std::string path_;
  std::vector<std::string> lines_;
  std::string code_;
  std::vector<Include> includes_;
};

// Every text file of the project below `root`: sources, scripts, documents; no build folder, no
// hidden folder, no test data.
[[nodiscard]] std::vector<SourceFile> read_tree(const std::string& root);

}  // namespace sweepjob::tidy
