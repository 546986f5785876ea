#include "manifests/spec/template_text.h"

#include <algorithm>
#include <cctype>
#include <optional>

namespace sweepjob {
namespace {

constexpr std::string_view kOpen = "${{";
constexpr std::string_view kClose = "}}";
constexpr std::string_view kBlockOpen = "$[[";
constexpr std::string_view kBlockClose = "]]";

bool is_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.' || c == '-';
  });
}

std::string_view trimmed(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

struct Found {
  std::size_t begin, end;
  std::string name;
};

std::optional<Found> next_placeholder(std::string_view text, std::size_t from) {
  for (std::size_t at = text.find(kOpen, from); at != std::string_view::npos;
       at = text.find(kOpen, at + 1)) {
    const std::size_t close = text.find(kClose, at);
    if (close == std::string_view::npos) return std::nullopt;
    const auto name = trimmed(text.substr(at + kOpen.size(), close - at - kOpen.size()));
    if (is_name(name)) return Found{at, close + kClose.size(), std::string(name)};
  }
  return std::nullopt;
}

class TemplateParser {
 public:
  std::vector<TemplatePiece> parse(std::string_view text) {
    std::size_t done = 0;
    std::size_t at = 0;
    for (;;) {
      const std::size_t open = text.find(kBlockOpen, at);
      if (open == std::string_view::npos) break;
      const std::size_t inner = open + kBlockOpen.size();
      const std::size_t close = text.find(kBlockClose, inner);
      if (close == std::string_view::npos) break;
      at = close + kBlockClose.size();
      const std::string_view body = text.substr(inner, close - inner);
      if (!next_placeholder(body, 0)) continue;
      plain_part(text.substr(done, open - done), -1);
      block(body);
      done = at;
    }
    plain_part(text.substr(done), -1);
    return std::move(pieces_);
  }

 private:
  void block(std::string_view body) {
    const ShellScanner before = scanner_;
    plain_part(body, blocks_++);
    if (!scanner_.same_place(before)) {
      scanner_.give_up("behind an optional block $[[ ]] that opens or closes a quote");
    }
  }

  void plain_part(std::string_view text, int block) {
    std::size_t at = 0;
    while (const auto found = next_placeholder(text, at)) {
      literal(text.substr(at, found->begin - at), block);
      const ShellPlace place = scanner_.place();
      pieces_.push_back({"", found->name, block, place,
                         place == ShellPlace::Unsure ? scanner_.reason() : std::string()});
      scanner_.placeholder();
      at = found->end;
    }
    literal(text.substr(at), block);
  }

  void literal(std::string_view text, int block) {
    if (text.empty()) return;
    scanner_.text(text);
    pieces_.push_back({std::string(text), "", block, ShellPlace::Plain, ""});
  }

  std::vector<TemplatePiece> pieces_;
  ShellScanner scanner_;
  int blocks_ = 0;
};

}  // namespace

std::vector<TemplatePiece> parse_template(std::string_view text) {
  return TemplateParser().parse(text);
}

}  // namespace sweepjob
