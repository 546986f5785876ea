#include "manifests/spec/shell_text.h"

#include <algorithm>
#include <cctype>

#include "model/check.h"

namespace sweepjob {
namespace {

bool is_one_of(char c, std::string_view set) { return set.find(c) != std::string_view::npos; }

bool is_alphanumeric(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

constexpr std::string_view kWordEnds = " \t\n;&|()<>";

}  // namespace

void ShellScanner::give_up(std::string reason) {
  if (mode_ == Mode::Lost) return;
  mode_ = Mode::Lost;
  reason_ = std::move(reason);
}

void ShellScanner::text(std::string_view text) {
  if (text.empty()) return;
  dangling_ = 0;
  std::size_t at = 0;
  while (at < text.size() && mode_ != Mode::Lost) at = step(text, at);
}

void ShellScanner::placeholder() {
  end_word();
  word_start_ = false;
  dangling_ = 0;
}

ShellPlace ShellScanner::place() const {
  // A quote behind these would be escaped, or be the start of $'...'.
  const bool eats_quote = dangling_ == '\\' || (dangling_ == '$' && mode_ == Mode::Plain);
  if (eats_quote) return ShellPlace::Unsure;
  switch (mode_) {
    case Mode::Plain: return ShellPlace::Plain;
    case Mode::Single: return ShellPlace::SingleQuotes;
    case Mode::Double: return ShellPlace::DoubleQuotes;
    case Mode::Comment: return ShellPlace::Comment;
    default: return ShellPlace::Unsure;
  }
}

std::string ShellScanner::reason() const {
  if (mode_ == Mode::Lost) return reason_;
  if (dangling_ == '\\') return "right behind a backslash";
  if (dangling_ == '$') return "right behind a dollar sign";
  if (mode_ == Mode::Backticks) return "inside backticks";
  return mode_ == Mode::Braces ? "inside ${...}" : "inside $((...))";
}

bool ShellScanner::same_place(const ShellScanner& other) const {
  return mode_ == other.mode_ && frames_.size() == other.frames_.size() && dangling_ == 0 &&
         other.dangling_ == 0;
}

// Returns the index of the next byte to look at.
std::size_t ShellScanner::step(std::string_view text, std::size_t at) {
  const char c = text[at];
  switch (mode_) {
    case Mode::Plain: return step_plain(text, at);
    case Mode::Double: return step_double(text, at);
    case Mode::Single:
      if (c == '\'') mode_ = Mode::Plain;
      return at + 1;
    case Mode::Comment:
      if (c == '\n') {
        mode_ = Mode::Plain;
        word_start_ = true;
      }
      return at + 1;
    default: step_enclosed(c); return at + 1;
  }
}

void ShellScanner::end_word() {
  // A pattern of `case` closes a parenthesis that was never opened.
  const bool inside = std::any_of(frames_.begin(), frames_.end(),
                                  [](const Frame& frame) { return frame.substitution; });
  if (word_ == "case" && inside) give_up("behind a `case` inside $( )");
  word_.clear();
}

std::size_t ShellScanner::step_plain(std::string_view text, std::size_t at) {
  const char c = text[at];
  if (text.substr(at, 2) == "\\\n") return at + 2;  // a continued line: the word goes on
  const bool starts_word = word_start_;
  if (is_one_of(c, kWordEnds)) {
    end_word();
    if (mode_ == Mode::Lost) return at + 1;
  } else if (word_.size() < 8) {
    word_.push_back(c);
  }
  word_start_ = is_one_of(c, kWordEnds);
  switch (c) {
    case '\\':
      if (at + 1 == text.size()) dangling_ = c;
      return at + 2;
    case '\'': mode_ = Mode::Single; return at + 1;
    case '"': mode_ = Mode::Double; return at + 1;
    case '`':
      enclosed_in_ = mode_;
      mode_ = Mode::Backticks;
      return at + 1;
    case '$': return step_dollar(text, at);
    case '#':
      if (starts_word) mode_ = Mode::Comment;
      return at + 1;
    case '(': frames_.push_back({Mode::Plain, false}); return at + 1;
    case ')':
      if (!frames_.empty()) {
        mode_ = frames_.back().outside;
        frames_.pop_back();
        word_start_ = false;
      }
      return at + 1;
    case '<':
      if (text.substr(at, 3) == "<<<") return at + 3;
      if (text.substr(at, 2) == "<<") give_up("behind a here-document (<<)");
      return at + 1;
    default: return at + 1;
  }
}

std::size_t ShellScanner::step_double(std::string_view text, std::size_t at) {
  switch (text[at]) {
    case '"': mode_ = Mode::Plain; return at + 1;
    case '\\':
      if (at + 1 == text.size()) dangling_ = '\\';
      return at + 2;
    case '`':
      enclosed_in_ = mode_;
      mode_ = Mode::Backticks;
      return at + 1;
    case '$': return step_dollar(text, at);
    default: return at + 1;
  }
}

std::size_t ShellScanner::step_dollar(std::string_view text, std::size_t at) {
  if (at + 1 == text.size()) {
    dangling_ = '$';
    return at + 1;
  }
  if (text.substr(at, 3) == "$((") {
    enclosed_in_ = mode_;
    mode_ = Mode::Arithmetic;
    parentheses_ = 2;
    return at + 3;
  }
  switch (text[at + 1]) {
    case '(':
      frames_.push_back({mode_, true});
      mode_ = Mode::Plain;
      word_start_ = true;
      word_.clear();
      return at + 2;
    case '{':
      enclosed_in_ = mode_;
      mode_ = Mode::Braces;
      return at + 2;
    case '\'':
      if (mode_ == Mode::Plain) give_up("behind a $'...'");
      return at + 1;
    case '$': return at + 2;
    default: return at + 1;
  }
}

// Backticks, ${...} and $((...)) are skipped as long as they hold nothing that changes quoting.
void ShellScanner::step_enclosed(char c) {
  const auto leave = [&] { mode_ = enclosed_in_; };
  switch (mode_) {
    case Mode::Backticks:
      if (c == '`') return leave();
      if (c == '\\') give_up("behind a backslash inside backticks");
      return;
    case Mode::Braces:
      if (c == '}') return leave();
      if (!is_alphanumeric(c) && !is_one_of(c, "_ :+=?#%/.,@*!^~-[]")) {
        give_up("behind a ${...} that holds more than plain text");
      }
      return;
    case Mode::Arithmetic:
      if (c == '(') ++parentheses_;
      if (c == ')' && --parentheses_ == 0) return leave();
      if (!is_alphanumeric(c) && !is_one_of(c, "_ \t\n+-*/%<>=!&|^~?:,$()")) {
        give_up("behind a $((...)) that holds more than plain arithmetic");
      }
      return;
    default: return;
  }
}

std::string shell_quoted(std::string_view value, ShellPlace place) {
  SWEEPJOB_CHECK(place != ShellPlace::Unsure, "a template with such a placeholder is refused");
  if (place == ShellPlace::Comment) return {};
  std::string text;
  text.reserve(value.size() + 4);
  if (place == ShellPlace::DoubleQuotes) text += '"';
  if (place != ShellPlace::SingleQuotes) text += '\'';
  for (const char c : value) {
    if (c == '\'') {
      text += "'\\''";
    } else {
      text += c;
    }
  }
  if (place != ShellPlace::SingleQuotes) text += '\'';
  if (place == ShellPlace::DoubleQuotes) text += '"';
  return text;
}

bool has_shell_characters(std::string_view value, ShellPlace place) {
  switch (place) {
    case ShellPlace::SingleQuotes: return value.find('\'') != std::string_view::npos;
    case ShellPlace::DoubleQuotes: return value.find_first_of("\"$`\\") != std::string_view::npos;
    case ShellPlace::Comment: return value.find('\n') != std::string_view::npos;
    default:
      return std::any_of(value.begin(), value.end(), [](char c) {
        const bool above_ascii = static_cast<unsigned char>(c) >= 0x80;
        return !is_alphanumeric(c) && !above_ascii && !is_one_of(c, "_@%+=:,./^-");
      });
  }
}

}  // namespace sweepjob
