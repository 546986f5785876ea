// Finding: one thing to say about a user's file. Layer 0.
// All findings of a file are reported at once, each with its place, the key's path, what was
// expected and the nearest valid word.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sweepjob {

// Lines and columns count from 1; 0 means unknown.
struct SourceLocation {
  std::string file;
  int line = 0;
  int column = 0;

  bool operator==(const SourceLocation&) const = default;
};

enum class Severity : std::uint8_t { Note, Warning, Error };

struct Finding {
  Severity severity = Severity::Error;
  SourceLocation where;
  std::string path;     // "search_space.lr.min_value", "" for the file itself
  std::string message;  // what is wrong and what was expected
  std::string hint;     // what to write instead, or empty
};

class Findings {
 public:
  void error(SourceLocation where, std::string path, std::string message, std::string hint = {});
  void warning(SourceLocation where, std::string path, std::string message, std::string hint = {});
  void note(SourceLocation where, std::string path, std::string message, std::string hint = {});
  void add(Finding finding) { all_.push_back(std::move(finding)); }

  // In the order of the lines, those of `first_file` before all others.
  void sort_by_place(const std::string& first_file);

  [[nodiscard]] const std::vector<Finding>& all() const { return all_; }
  [[nodiscard]] bool has_errors() const { return error_count() > 0; }
  [[nodiscard]] std::size_t error_count() const;

 private:
  std::vector<Finding> all_;
};

// Control characters are escaped, new lines and tabs excepted.
// "job.yaml:3:5: error: search_space.lr.type: unknown type 'unifrom'; did you mean 'uniform'?"
[[nodiscard]] std::string to_text(const Finding& finding);
[[nodiscard]] const char* to_string(Severity severity);

// The candidate nearest to `word` (case-insensitive edit distance, at most a third of the longer
// one's length or 1, transpositions count one), or empty. The first of equally near ones.
[[nodiscard]] std::string nearest_word(std::string_view word,
                                       const std::vector<std::string>& candidates);

}  // namespace sweepjob
