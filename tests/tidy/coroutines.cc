#include "tests/tidy/coroutines.h"

#include <cctype>
#include <functional>
#include <regex>

namespace sweepjob::tidy {
namespace {

constexpr std::string_view kAwait = "co_await";

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool is_space(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }

// An awaited expression: names, calls and member accesses after a co_await.
struct Awaited {
  std::size_t start = 0;            // of the word co_await
  std::size_t end = 0;              // behind the expression
  std::size_t bad = 0;              // the first '{' or '[' inside a call, or 0
  std::string last_called;          // "submit" of backend.submit(...)
  bool is_whole_statement = false;  // nothing takes its value
};

class Reader {
 public:
  explicit Reader(const std::string& code) : code_(code) {}

  Awaited read(std::size_t start) {
    Awaited result;
    result.start = start;
    at_ = start + kAwait.size();
    std::string word;
    while (at_ < code_.size()) {
      const char c = code_[at_];
      if (is_word(c)) {
        word.clear();
        while (at_ < code_.size() && is_word(code_[at_])) word += code_[at_++];
      } else if (c == '(') {
        result.last_called = word;
        skip_group('(', ')', &result.bad);
      } else if (c == '<' && !word.empty() && !is_space(code_[at_ - 1])) {
        skip_group('<', '>', nullptr);
      } else if (c == '-' && at_ + 1 < code_.size() && code_[at_ + 1] == '>') {
        at_ += 2;
      } else if (c == ':' || c == '.' || c == '*' || is_space(c)) {
        ++at_;
      } else {
        break;
      }
    }
    result.end = at_;
    result.is_whole_statement = at_ < code_.size() && code_[at_] == ';' && begins_statement(start);
    return result;
  }

 private:
  void skip_group(char open, char close, std::size_t* bad) {
    int depth = 0;
    for (; at_ < code_.size(); ++at_) {
      const char c = code_[at_];
      if (bad != nullptr && *bad == 0 && (c == '{' || c == '[')) *bad = at_;
      if (c == open) ++depth;
      if (c == close && --depth == 0) break;
    }
    ++at_;
  }

  [[nodiscard]] bool begins_statement(std::size_t start) const {
    while (start > 0 && is_space(code_[start - 1])) --start;
    // ')' ends the head of an if or a loop: a call's arguments cannot stand before co_await.
    return start == 0 || std::string_view(";{})").find(code_[start - 1]) != std::string_view::npos;
  }

  const std::string& code_;
  std::size_t at_ = 0;
};

template <class Visit>
void for_each_await(const SourceFile& file, Visit visit) {
  const std::string& code = file.code();
  for (std::size_t at = code.find(kAwait); at != std::string::npos;
       at = code.find(kAwait, at + kAwait.size())) {
    const bool whole_word =
        (at == 0 || !is_word(code[at - 1])) &&
        (at + kAwait.size() >= code.size() || !is_word(code[at + kAwait.size()]));
    if (whole_word) visit(Reader(code).read(at));
  }
}

}  // namespace

Problems check_awaited_calls(const SourceFile& file) {
  Problems problems;
  for_each_await(file, [&](const Awaited& awaited) {
    if (awaited.bad == 0) return;
    problems.push_back({file.path(), file.line_of(awaited.bad),
                        std::string("'") + file.code()[awaited.bad] +
                            "' inside a co_await call: name it, then std::move it"});
  });
  return problems;
}

std::set<std::string> task_functions(const std::vector<SourceFile>& files) {
  static const std::regex kDeclaration("\\bTask<[^;{}()=]*>\\s+(?:\\w+::)*(\\w+)\\s*\\(");
  std::set<std::string> names;
  for (const SourceFile& file : files) {
    if (!file.is_cpp()) continue;
    const std::string& code = file.code();
    for (std::sregex_iterator at(code.begin(), code.end(), kDeclaration), end; at != end; ++at) {
      names.insert((*at)[1]);
    }
  }
  return names;
}

Problems check_dropped_results(const SourceFile& file, const std::set<std::string>& tasks) {
  Problems problems;
  for_each_await(file, [&](const Awaited& awaited) {
    if (!awaited.is_whole_statement || !tasks.contains(awaited.last_called)) return;
    problems.push_back({file.path(), file.line_of(awaited.start),
                        "the Result of '" + awaited.last_called + "' is dropped"});
  });
  return problems;
}

}  // namespace sweepjob::tidy
