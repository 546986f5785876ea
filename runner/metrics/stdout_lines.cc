#include "runner/metrics/stdout_lines.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <utility>

#include "runner/metrics/json_lines.h"
#include "runner/metrics/metric_text.h"

namespace sweepjob {
namespace {

constexpr std::string_view kBlanks = " \t";
constexpr std::size_t kNone = std::string_view::npos;

bool is_blank(char c) { return c == ' ' || c == '\t'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_quote(char c) { return c == '"' || c == '\''; }
bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

constexpr std::array<bool, 256> make_name_bytes() {
  std::array<bool, 256> table{};
  for (int c = 0; c < 256; ++c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
    table[static_cast<std::size_t>(c)] =
        letter || (c >= '0' && c <= '9') || c == '.' || c == '/' || c == '-';
  }
  return table;
}
constexpr std::array<bool, 256> kNameBytes = make_name_bytes();

bool is_name_byte(char c) { return kNameBytes[static_cast<unsigned char>(c)]; }
bool starts_name(char c) {
  return is_name_byte(c) && !is_digit(c) && c != '.' && c != '/' && c != '-';
}

// Characters beyond ASCII are letters but for those that draw: U+0080 to U+00BF, punctuation,
// arrows, boxes, blocks and spinners (U+2000 to U+2FFF), U+FFFD and U+FEFF, and emoji.
bool draws(char lead, char second) {
  const auto byte = static_cast<unsigned char>(lead);
  const auto next = static_cast<unsigned char>(second);
  return byte == 0xc2 || byte == 0xe2 || byte == 0xf0 || (byte == 0xef && next >= 0xbb);
}

// Whether text[end-1] ends a character that a name may hold; `start` is where it starts.
bool name_character_before(std::string_view text, std::size_t end, std::size_t& start) {
  start = end - 1;
  if (!is_name_byte(text[start])) return false;
  while (start > 0 && end - start < 4 && is_continuation(text[start])) --start;
  return static_cast<unsigned char>(text[start]) < 0x80 || end - start < 2 ||
         !draws(text[start], text[start + 1]);
}

bool is_boundary(std::string_view text, std::size_t start) {
  std::size_t ignored = 0;
  return start == 0 || !name_character_before(text, start, ignored);
}

constexpr std::array<std::string_view, 5> kCounters = {"global_step", "step", "iteration", "iter",
                                                       "epoch"};
constexpr std::size_t kEpoch = 4;

bool is_counter(std::string_view name) {
  return std::any_of(kCounters.begin(), kCounters.end(),
                     [&](std::string_view word) { return equal_ignoring_case(word, name); });
}

// What may stand behind a value. A comma before a digit groups thousands or parts decimals; which
// of the two cannot be known.
bool ends_value(std::string_view rest) {
  if (rest.empty() || is_blank(rest[0])) return true;
  const char next = rest.size() > 1 ? rest[1] : ' ';
  switch (rest[0]) {
    case ',': return !is_digit(next);
    case '.': return is_blank(next);
    case '%': return !is_name_byte(next);
    case ';':
    case ')':
    case ']':
    case '}':
    case '|': return true;
    default: return draws(rest[0], next);
  }
}

// How numbers of array libraries print themselves.
constexpr std::array<std::string_view, 6> kWrappers = {"tensor(",     "np.float64(", "np.float32(",
                                                       "np.float16(", "np.int64(",   "np.int32("};

struct Value {
  double number = 0;
  std::size_t end = 0;
  bool looks_real = false;  // has a point or an exponent, or is no finite number
};

std::optional<Value> value_at(std::string_view text, std::size_t start) {
  if (start < text.size() && !is_digit(text[start])) {
    for (const std::string_view wrapper : kWrappers) {
      if (text.substr(start).starts_with(wrapper)) start += wrapper.size();
    }
  }
  if (start >= text.size()) return std::nullopt;
  const char quote = is_quote(text[start]) ? text[start++] : '\0';
  const std::optional<ScannedNumber> number = scan_number(text.substr(start));
  if (!number) return std::nullopt;
  Value value{number->value, start + number->length, false};
  const std::string_view digits = text.substr(start, number->length);
  value.looks_real = digits.find_first_of(".eEnN") != kNone;
  if (quote != '\0') {
    if (value.end >= text.size() || text[value.end] != quote) return std::nullopt;
    ++value.end;
  }
  if (!ends_value(text.substr(value.end))) return std::nullopt;
  return value;
}

struct Name {
  std::string_view text;
  bool exact = false;
  bool quoted = false;
};

// A name that ends right before the separator at `separator`, blanks aside. `floor` is the end of
// the last value, `token_floor` also behind the last separator: what is searched twice is only what
// an exact name needs.
class NameFinder {
 public:
  NameFinder(std::string_view text, const std::vector<std::string>& exact_names)
      : text_(text), exact_names_(exact_names) {}

  std::optional<Name> before(std::size_t separator, std::size_t floor, std::size_t token_floor) {
    std::size_t end = separator;
    while (end > token_floor && is_blank(text_[end - 1])) --end;
    if (end == token_floor) return std::nullopt;
    const char quote = text_[end - 1];
    if (is_quote(quote)) {
      if (const std::optional<Name> name = quoted(end - 1, floor, quote)) return name;
    }
    for (const std::string& exact : exact_names_) {
      if (exact.size() > end - floor || !text_.substr(0, end).ends_with(exact)) continue;
      if (is_boundary(text_, end - exact.size())) return Name{exact, true, false};
    }
    return token(end, token_floor);
  }

 private:
  std::optional<Name> quoted(std::size_t close, std::size_t floor, char quote) const {
    const std::size_t reach = std::min(close - floor, kMaxMetricNameBytes + 1);
    const std::string_view before = text_.substr(close - reach, reach);
    const std::size_t open = before.rfind(quote);
    if (open == kNone) return std::nullopt;
    const std::string_view name = before.substr(open + 1);
    if (name.find('\\') != kNone || !is_valid_metric_name(name)) return std::nullopt;
    return Name{name, is_exact(name), true};
  }

  std::optional<Name> token(std::size_t end, std::size_t floor) const {
    std::size_t start = end;
    std::size_t character = 0;
    while (start > floor && name_character_before(text_, start, character)) start = character;
    if (start == end || !starts_name(text_[start]) || end - start > kMaxMetricNameBytes) {
      return std::nullopt;
    }
    const std::string_view name = text_.substr(start, end - start);
    return Name{name, is_exact(name), false};
  }

  bool is_exact(std::string_view name) const {
    return std::find(exact_names_.begin(), exact_names_.end(), name) != exact_names_.end();
  }

  std::string_view text_;
  const std::vector<std::string>& exact_names_;
};

struct Counter {
  double value = 0;
  bool of_a_whole = false;  // "100/600"
};

// The number behind a counter's word: "=3", ": 3", " [3/10]", "': 1.5".
std::optional<Counter> counter_at(std::string_view text) {
  const std::size_t start = text.find_first_not_of(" \t=:[(#'\"");
  if (start == 0 || start == kNone || start > 4 || !is_digit(text[start])) return std::nullopt;
  const std::optional<ScannedNumber> number = scan_number(text.substr(start));
  if (!number || !std::isfinite(number->value)) return std::nullopt;
  std::string_view rest = text.substr(start + number->length);
  rest.remove_prefix(std::min(rest.size(), rest.find_first_not_of(kBlanks)));
  const bool whole = rest.size() > 1 && rest[0] == '/' && (is_digit(rest[1]) || is_blank(rest[1]));
  const std::string_view behind = text.substr(start + number->length);
  const bool alone = ends_value(behind) || is_quote(behind[0]) || behind[0] == ':';
  if (!whole && !alone) return std::nullopt;
  return Counter{number->value, whole};
}

}  // namespace

std::optional<double> step_of_line(std::string_view text) {
  std::array<std::optional<Counter>, kCounters.size()> found;
  for (std::size_t i = text.find_first_of("gGsSiIeE"); i != kNone;
       i = text.find_first_of("gGsSiIeE", i + 1)) {
    if (!is_boundary(text, i)) continue;
    for (std::size_t word = 0; word < kCounters.size(); ++word) {
      const std::size_t length = kCounters[word].size();
      if (!equal_ignoring_case(text.substr(i, length), kCounters[word])) continue;
      const std::optional<Counter> counter = counter_at(text.substr(i + length));
      // "0.5 s per step: 0.7" counts nothing; only an epoch has parts.
      const bool counts =
          counter && (word == kEpoch || counter->value == std::floor(counter->value));
      if (counts && !found[word]) found[word] = counter;
    }
  }
  for (std::size_t word = 0; word < kCounters.size(); ++word) {
    if (!found[word]) continue;
    if (word == kEpoch || !found[word]->of_a_whole || !found[kEpoch]) return found[word]->value;
  }
  if (text.starts_with('[')) {
    const std::optional<ScannedNumber> round = scan_number(text.substr(1));
    if (round && is_digit(text[1]) && text.substr(round->length + 1).starts_with(']')) {
      return round->value;
    }
  }
  return std::nullopt;
}

StdoutLines::StdoutLines(std::vector<std::string> exact_names,
                         std::shared_ptr<const MetricPatterns> patterns)
    : exact_names_(std::move(exact_names)), patterns_(std::move(patterns)) {
  std::sort(exact_names_.begin(), exact_names_.end(),
            [](const std::string& a, const std::string& b) { return a.size() > b.size(); });
}

void StdoutLines::parse(const Line& line, std::vector<MetricPoint>& out) const {
  MetricPoint blank;
  blank.channel = Channel::Stdout;
  blank.position = line.end;
  const std::size_t first = out.size();
  const bool matched = patterns_ && patterns_->parse(line.text, blank, out);
  if (!matched && !parse_json_end(line, blank, out)) parse_pairs(line.text, blank, out);
  if (out.size() == first || out.back().step) return;
  const std::optional<double> step = step_of_line(line.text);
  for (std::size_t i = first; step && i < out.size(); ++i) {
    if (!out[i].step) out[i].step = step;
  }
}

bool StdoutLines::parse_json_end(const Line& line, const MetricPoint& blank,
                                 std::vector<MetricPoint>& out) const {
  const std::size_t end = line.text.find_last_not_of(kBlanks);
  if (line.shortened || end == kNone || line.text[end] != '}') return false;
  const std::size_t open = line.text.find('{');
  if (open == kNone) return false;
  const std::string_view object = line.text.substr(open, end + 1 - open);
  // Most objects that are not JSON are Python's, whose names have single quotes.
  const std::size_t inside = object.find_first_not_of(kBlanks, 1);
  if (inside == kNone || object[inside] != '"') return false;
  const std::size_t first = out.size();
  if (!parse_json_line(object, blank, exact_names_, out)) return false;
  if (patterns_) {
    const auto is_claimed = [&](const MetricPoint& point) { return patterns_->claims(point.name); };
    out.erase(
        std::remove_if(out.begin() + static_cast<std::ptrdiff_t>(first), out.end(), is_claimed),
        out.end());
  }
  return true;
}

void StdoutLines::parse_pairs(std::string_view text, const MetricPoint& blank,
                              std::vector<MetricPoint>& out) const {
  NameFinder names(text, exact_names_);
  std::size_t floor = 0;        // behind the last value
  std::size_t token_floor = 0;  // behind the last value or separator
  for (std::size_t at = text.find_first_of("=:"); at != kNone;
       at = text.find_first_of("=:", std::max(at + 1, floor))) {
    const std::size_t start = text.find_first_not_of(kBlanks, at + 1);
    if (start == kNone) return;
    const std::optional<Value> value = value_at(text, start);
    const std::optional<Name> name =
        value ? names.before(at, floor, token_floor) : std::optional<Name>();
    token_floor = at + 1;
    if (!name) continue;
    floor = token_floor = value->end;
    const bool tight = text[at] == ':' && start == at + 1;
    if (tight && !name->exact && !name->quoted && !value->looks_real) continue;
    if (!name->exact && is_counter(name->text)) continue;
    if (patterns_ && patterns_->claims(name->text)) continue;
    MetricPoint& point = out.emplace_back(blank);
    point.name = name->text;
    point.value = value->number;
  }
}

}  // namespace sweepjob
