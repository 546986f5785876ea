// Where text stands in a shell command, and how to quote a value there. Layer 1; pure; any thread.
// Called when a command template is compiled (template_text.cc) and rendered (render.cc).
//
// Grammar: POSIX.1-2017 Shell Command Language, sections 2.2 (quoting), 2.3 (tokens), 2.6.3
// (command substitution), 2.7.4 (here-documents), with bash's $'' and $"". Libraries that parse all
// of a shell are programs in other languages; what is needed here is one question, so this is own
// code, and it errs on the safe side: a construct that it does not follow makes every later place
// Unsure, and a placeholder at an Unsure place is refused when quoting was asked for.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sweepjob {

enum class ShellPlace { Plain, SingleQuotes, DoubleQuotes, Comment, Unsure };

class ShellScanner {
 public:
  // Reads on; a token is not continued over a placeholder.
  void text(std::string_view text);
  // A placeholder stands here: afterwards we are in the middle of a word.
  void placeholder();

  [[nodiscard]] ShellPlace place() const;
  // Why the place is Unsure, in words for the user.
  [[nodiscard]] std::string reason() const;
  // The same quoting context: an optional block between the two may be dropped.
  [[nodiscard]] bool same_place(const ShellScanner& other) const;
  void give_up(std::string reason);

 private:
  enum class Mode { Plain, Single, Double, Comment, Backticks, Braces, Arithmetic, Lost };
  struct Frame {
    Mode outside;       // the mode behind the closing parenthesis
    bool substitution;  // $( ... ) rather than ( ... )
  };

  std::size_t step(std::string_view text, std::size_t at);
  std::size_t step_plain(std::string_view text, std::size_t at);
  std::size_t step_double(std::string_view text, std::size_t at);
  std::size_t step_dollar(std::string_view text, std::size_t at);
  void step_enclosed(char c);
  void end_word();

  Mode mode_ = Mode::Plain;
  Mode enclosed_in_ = Mode::Plain;  // the mode around backticks, braces, arithmetic
  std::vector<Frame> frames_;
  int parentheses_ = 0;  // open ones of $(( ... ))
  bool word_start_ = true;
  std::string word_;   // the plain word so far, at most a few bytes
  char dangling_ = 0;  // a backslash or dollar at the end of the text read so far
  std::string reason_;
};

// `value` as shell text for that place, such that the shell reads exactly its bytes: plain text
// gets single quotes, a place in single quotes has its own apostrophes written '\'', a place in
// double quotes is left and entered again ("'value'"), and a comment gets nothing. Not for Unsure
// places.
[[nodiscard]] std::string shell_quoted(std::string_view value, ShellPlace place);

// Substituted as it is, without quoting: would a shell read more than this value there?
[[nodiscard]] bool has_shell_characters(std::string_view value, ShellPlace place);

}  // namespace sweepjob
