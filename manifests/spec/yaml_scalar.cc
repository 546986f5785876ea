// How PyYAML types and reads plain scalars (its resolver's patterns, written out by hand: the
// patterns are short, and std::regex recurses on long untrusted text).
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "manifests/spec/yaml_node.h"

namespace sweepjob {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_sign(char c) { return c == '+' || c == '-'; }

// A reader over the scalar: each `skip_*` moves on and says whether it moved.
struct Cursor {
  std::string_view rest;

  [[nodiscard]] bool at_end() const { return rest.empty(); }
  [[nodiscard]] char peek() const { return rest.empty() ? '\0' : rest.front(); }
  bool skip(char c) {
    if (peek() != c || rest.empty()) return false;
    rest.remove_prefix(1);
    return true;
  }
  bool skip_sign() {
    if (!is_sign(peek())) return false;
    rest.remove_prefix(1);
    return true;
  }
  template <class Predicate>
  bool skip_while(Predicate matches) {
    const std::size_t before = rest.size();
    while (!rest.empty() && matches(rest.front())) rest.remove_prefix(1);
    return rest.size() != before;
  }
  bool skip_digits() { return skip_while(is_digit); }
  bool skip_digits_or_underscores() {
    return skip_while([](char c) { return is_digit(c) || c == '_'; });
  }
};

template <std::size_t N>
bool is_one_of(std::string_view text, const std::array<std::string_view, N>& words) {
  for (const std::string_view word : words) {
    if (text == word) return true;
  }
  return false;
}

constexpr std::array<std::string_view, 9> kTrue = {"yes",  "Yes", "YES", "true", "True",
                                                   "TRUE", "on",  "On",  "ON"};
constexpr std::array<std::string_view, 9> kFalse = {"no",    "No",  "NO",  "false", "False",
                                                    "FALSE", "off", "Off", "OFF"};
constexpr std::array<std::string_view, 5> kNull = {"~", "null", "Null", "NULL", ""};

// (?::[0-5]?[0-9])+
bool skip_sexagesimal_parts(Cursor& cursor) {
  bool any = false;
  while (cursor.skip(':')) {
    const char first = cursor.peek();
    if (!is_digit(first)) return false;
    cursor.skip(first);
    if (first <= '5' && is_digit(cursor.peek())) cursor.skip(cursor.peek());
    any = true;
  }
  return any;
}

bool is_integer(std::string_view text) {
  Cursor cursor{text};
  cursor.skip_sign();
  if (cursor.skip('0')) {
    if (cursor.at_end()) return true;
    if (cursor.skip('b')) {
      return cursor.skip_while([](char c) { return c == '0' || c == '1' || c == '_'; }) &&
             cursor.at_end();
    }
    if (cursor.skip('x')) {
      const auto hexadecimal = [](char c) {
        return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == '_';
      };
      return cursor.skip_while(hexadecimal) && cursor.at_end();
    }
    return cursor.skip_while([](char c) { return (c >= '0' && c <= '7') || c == '_'; }) &&
           cursor.at_end();
  }
  if (!is_digit(cursor.peek())) return false;
  cursor.skip_digits_or_underscores();
  if (cursor.at_end()) return true;
  return skip_sexagesimal_parts(cursor) && cursor.at_end();
}

bool skip_exponent(Cursor& cursor) {
  if (!cursor.skip('e') && !cursor.skip('E')) return true;
  return cursor.skip_sign() && cursor.skip_digits();
}

bool is_float(std::string_view text) {
  if (is_one_of(text, std::array<std::string_view, 3>{".nan", ".NaN", ".NAN"})) return true;
  Cursor cursor{text};
  if (!is_sign(cursor.peek()) && cursor.peek() == '.' && text.size() > 1 && is_digit(text[1])) {
    cursor.skip('.');
    cursor.skip_digits_or_underscores();
    return skip_exponent(cursor) && cursor.at_end();
  }
  cursor.skip_sign();
  if (is_one_of(cursor.rest, std::array<std::string_view, 3>{".inf", ".Inf", ".INF"})) return true;
  if (!is_digit(cursor.peek())) return false;
  cursor.skip_digits_or_underscores();
  if (cursor.peek() == ':') {
    if (!skip_sexagesimal_parts(cursor) || !cursor.skip('.')) return false;
    cursor.skip_digits_or_underscores();
    return cursor.at_end();
  }
  if (!cursor.skip('.')) return false;
  cursor.skip_digits_or_underscores();
  return skip_exponent(cursor) && cursor.at_end();
}

std::string without_underscores(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (const char c : text) {
    if (c != '_') result += c;
  }
  return result;
}

// A decimal number without a leading '+'; infinite or zero when it is out of range.
std::optional<double> parse_decimal(std::string_view text) {
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, code] = std::from_chars(text.data(), end, value);
  if (stop != end || text.empty()) return std::nullopt;
  if (code == std::errc::result_out_of_range) {
    const bool tiny = text.find("e-") != std::string_view::npos ||
                      text.find("E-") != std::string_view::npos || text.starts_with("0.") ||
                      text.starts_with("-0.");
    value = tiny ? 0.0 : std::numeric_limits<double>::infinity();
    return text.front() == '-' ? -value : value;
  }
  if (code != std::errc()) return std::nullopt;
  return value;
}

double parse_sexagesimal(std::string_view digits) {
  double value = 0;
  while (true) {
    const std::size_t colon = digits.find(':');
    value = value * 60 + parse_decimal(digits.substr(0, colon)).value_or(0);
    if (colon == std::string_view::npos) return value;
    digits.remove_prefix(colon + 1);
  }
}

// The magnitude of a scalar that is_integer() accepts, sign and underscores removed.
std::optional<std::uint64_t> parse_magnitude(std::string_view digits) {
  if (digits.find(':') != std::string_view::npos) {
    const double value = parse_sexagesimal(digits);
    if (value > 9e15) return std::nullopt;
    return static_cast<std::uint64_t>(value);
  }
  int base = 10;
  if (digits.starts_with("0b")) {
    base = 2;
    digits.remove_prefix(2);
  } else if (digits.starts_with("0x")) {
    base = 16;
    digits.remove_prefix(2);
  } else if (digits.size() > 1 && digits.front() == '0') {
    base = 8;
  }
  std::uint64_t value = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stop, code] = std::from_chars(digits.data(), end, value, base);
  if (stop != end || code != std::errc()) return std::nullopt;
  return value;
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  const std::string plain = without_underscores(text);
  std::string_view digits = plain;
  const bool negative = digits.starts_with('-');
  if (!digits.empty() && is_sign(digits.front())) digits.remove_prefix(1);
  const auto magnitude = parse_magnitude(digits);
  if (!magnitude || *magnitude > static_cast<std::uint64_t>(INT64_MAX)) return std::nullopt;
  const auto value = static_cast<std::int64_t>(*magnitude);
  return negative ? -value : value;
}

double parse_float(std::string_view text) {
  if (text.size() >= 4 && (text.back() == 'n' || text.back() == 'N') && text.front() == '.') {
    return std::numeric_limits<double>::quiet_NaN();
  }
  const bool negative = text.starts_with('-');
  if (text.find('i') != std::string_view::npos || text.find('I') != std::string_view::npos) {
    return negative ? -std::numeric_limits<double>::infinity()
                    : std::numeric_limits<double>::infinity();
  }
  const std::string plain = without_underscores(text);
  std::string_view digits = plain;
  if (!digits.empty() && is_sign(digits.front())) digits.remove_prefix(1);
  const double value = digits.find(':') != std::string_view::npos
                           ? parse_sexagesimal(digits)
                           : parse_decimal(digits).value_or(0);
  return negative ? -value : value;
}

// Python's float(text), hence spaces around it, "1_000", "inf" and "nan".
std::optional<double> python_number(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  if (text.size() > 400) return std::nullopt;
  if (text.starts_with('_') || text.ends_with('_')) return std::nullopt;
  std::string plain = without_underscores(text);
  if (plain.starts_with('+')) {
    plain.erase(0, 1);
    if (plain.starts_with('-')) return std::nullopt;
  }
  return parse_decimal(plain);
}

// Decimal digits of an integer that 64 bits cannot hold.
std::string canonical_digits(std::string_view text) {
  std::string digits = without_underscores(text);
  if (digits.starts_with('+')) digits.erase(0, 1);
  return digits;
}

}  // namespace

YamlKind resolve_plain_scalar(std::string_view text) {
  if (is_one_of(text, kNull)) return YamlKind::Null;
  if (is_one_of(text, kTrue) || is_one_of(text, kFalse)) return YamlKind::Bool;
  if (is_integer(text)) return YamlKind::Integer;
  if (is_float(text)) return YamlKind::Float;
  return YamlKind::String;
}

Value to_value(const YamlNode& node) {
  switch (node.kind) {
    case YamlKind::Null: return Value();
    case YamlKind::Bool: return Value(is_one_of(node.text, kTrue));
    case YamlKind::Integer: {
      const auto value = parse_integer(node.text);
      if (value) return Value(*value);
      return Value(canonical_digits(node.text));
    }
    case YamlKind::Float: return Value(parse_float(node.text));
    case YamlKind::String: return Value(node.text);
    case YamlKind::Sequence: {
      Value::List list;
      list.reserve(node.items.size());
      for (const YamlNode& item : node.items) list.push_back(to_value(item));
      return Value(std::move(list));
    }
    case YamlKind::Mapping: {
      Value::Map map;
      map.reserve(node.items.size());
      for (const YamlNode& item : node.items) map.emplace_back(item.key, to_value(item));
      return Value(std::move(map));
    }
  }
  return Value();
}

std::optional<double> as_number(const YamlNode& node) {
  if (node.kind == YamlKind::Float) return parse_float(node.text);
  if (node.kind == YamlKind::Integer) {
    const auto value = parse_integer(node.text);
    return value ? static_cast<double>(*value) : python_number(canonical_digits(node.text));
  }
  if (node.kind == YamlKind::String) return python_number(node.text);
  return std::nullopt;
}

std::optional<std::int64_t> as_integer(const YamlNode& node) {
  if (node.kind == YamlKind::Integer) return parse_integer(node.text);
  const auto number = as_number(node);
  // Beyond 2^53 a double no longer tells one integer from the next.
  if (!number || !std::isfinite(*number) || std::abs(*number) > 9007199254740992.0 ||
      *number != std::floor(*number)) {
    return std::nullopt;
  }
  return static_cast<std::int64_t>(*number);
}

}  // namespace sweepjob
