#include "manifests/spec/options.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>

namespace sweepjob {
namespace {

std::string_view trimmed(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

// Python's float(text) without its underscores and hexadecimal forms.
std::optional<double> number_in(std::string_view text) {
  text = trimmed(text);
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<std::int64_t> integer_in(std::string_view text) {
  text = trimmed(text);
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// "MedianStopping" and "MEDIAN_STOPPING" become "median_stopping".
std::string snake_case(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto is = [&](std::size_t at, int (*kind)(int)) {
      return at < text.size() && kind(static_cast<unsigned char>(text[at])) != 0;
    };
    const bool starts_word = is(i, std::isupper) && i > 0 &&
                             (is(i - 1, std::islower) || is(i - 1, std::isdigit) ||
                              (is(i - 1, std::isupper) && is(i + 1, std::islower)));
    if (starts_word) result.push_back('_');
    result.push_back(static_cast<char>(std::tolower(static_cast<unsigned char>(text[i]))));
  }
  return result;
}

// What stands there, for a message: bounded, because it is the user's text.
std::string shown(const Value& value) {
  std::string text = to_json(value, true);
  if (text.size() > 80) text = text.substr(0, 77) + "...";
  return text;
}

}  // namespace

const Option* Options::find(std::string_view name) const {
  const auto at = std::find_if(options.begin(), options.end(),
                               [&](const Option& option) { return option.name == name; });
  return at == options.end() ? nullptr : &*at;
}

const SourceLocation& Options::place_of_type() const {
  return type_where.line > 0 ? type_where : where;
}

namespace {

// The place of the i-th item of what stands at `outer`, or of that when it is not known.
ValuePlace place_inside(const ValuePlace& outer, std::size_t i) {
  return i < outer.inside.size() ? outer.inside[i] : ValuePlace{outer.where, {}};
}

std::optional<Options> options_in(const Value& value, const ValuePlace& place,
                                  const std::string& name, std::string path, Findings& findings) {
  Options result;
  result.path = std::move(path);
  result.where = place.where;
  if (const auto* type = value.get<std::string>()) {
    result.type = snake_case(trimmed(*type));
    return result;
  }
  const auto* map = value.get<Value::Map>();
  if (map != nullptr) {
    for (std::size_t i = 0; i < map->size(); ++i) {
      const auto& [key, inner] = (*map)[i];
      ValuePlace at = place_inside(place, i);
      if (key != "type") {
        result.options.push_back({key, inner, std::move(at.where), std::move(at.inside)});
      } else if (const auto* type = inner.get<std::string>()) {
        result.type = snake_case(trimmed(*type));
        result.type_where = std::move(at.where);
      }
    }
    if (!result.type.empty()) return result;
  }
  findings.error(place.where, result.path, "expected a mapping with a type, found " + shown(value),
                 "for instance " + name + ": {type: ...}");
  return std::nullopt;
}

}  // namespace

std::optional<Options> nested_options(const Options& outer, std::string_view name,
                                      Findings& findings) {
  const Option* option = outer.find(name);
  const std::string path = outer.path + "." + std::string(name);
  if (option == nullptr) {
    findings.error(outer.where, path, "missing: expected a mapping with a type",
                   "for instance " + std::string(name) + ": {type: ...}");
    return std::nullopt;
  }
  return options_in(option->value, {option->where, option->inside}, option->name, path, findings);
}

std::optional<std::vector<Options>> nested_options_list(const Options& outer, std::string_view name,
                                                        Findings& findings) {
  const Option* option = outer.find(name);
  const std::string path = outer.path + "." + std::string(name);
  const auto* list = option == nullptr ? nullptr : option->value.get<Value::List>();
  if (list == nullptr || list->empty()) {
    findings.error(option == nullptr ? outer.where : option->where, path,
                   "expected a list of mappings with a type each",
                   "for instance " + std::string(name) + ": [{type: ...}, {type: ...}]");
    return std::nullopt;
  }
  const ValuePlace all{option->where, option->inside};
  std::vector<Options> result;
  for (std::size_t i = 0; i < list->size(); ++i) {
    auto one = options_in((*list)[i], place_inside(all, i), option->name,
                          path + "[" + std::to_string(i) + "]", findings);
    if (!one) return std::nullopt;
    result.push_back(*std::move(one));
  }
  return result;
}

OptionReader::OptionReader(const Options& options, Findings& findings, bool strict)
    : options_(options), findings_(findings), strict_(strict) {}

const Option* OptionReader::take(std::string_view name) {
  if (std::find(known_.begin(), known_.end(), name) == known_.end()) known_.emplace_back(name);
  const Option* option = options_.find(name);
  // `seed: null` is how Azure's saved files say that a key was not given.
  return option != nullptr && option->value.is_null() ? nullptr : option;
}

std::optional<double> OptionReader::number(std::string_view name) {
  const Option* option = take(name);
  if (option == nullptr) return std::nullopt;
  double storage = 0;
  if (const double* number = option->value.as_number(storage)) return *number;
  if (const auto* text = option->value.get<std::string>()) {
    if (const auto number = number_in(*text)) return number;
  }
  fail(name, "expected a number, found " + shown(option->value));
  return std::nullopt;
}

std::optional<std::int64_t> OptionReader::integer(std::string_view name) {
  const Option* option = take(name);
  if (option == nullptr) return std::nullopt;
  if (const auto* integer = option->value.get<std::int64_t>()) return *integer;
  std::optional<double> real;
  if (const auto* number = option->value.get<double>()) real = *number;
  if (const auto* text = option->value.get<std::string>()) {
    if (const auto integer = integer_in(*text)) return integer;
    real = number_in(*text);
  }
  // 2^63 as a double is exact, so the comparison keeps the cast defined; NaN fails both.
  if (real && *real >= -0x1p63 && *real < 0x1p63 && std::trunc(*real) == *real) {
    return static_cast<std::int64_t>(*real);
  }
  fail(name, "expected an integer, found " + shown(option->value));
  return std::nullopt;
}

std::optional<bool> OptionReader::boolean(std::string_view name) {
  const Option* option = take(name);
  if (option == nullptr) return std::nullopt;
  if (const auto* flag = option->value.get<bool>()) return *flag;
  if (const auto* text = option->value.get<std::string>()) {
    const std::string word = snake_case(trimmed(*text));
    if (word == "true" || word == "yes" || word == "on") return true;
    if (word == "false" || word == "no" || word == "off") return false;
  }
  fail(name, "expected true or false, found " + shown(option->value));
  return std::nullopt;
}

std::optional<std::string> OptionReader::text(std::string_view name) {
  const Option* option = take(name);
  if (option == nullptr) return std::nullopt;
  if (option->value.get<Value::List>() == nullptr && option->value.get<Value::Map>() == nullptr) {
    return python_str(option->value);
  }
  fail(name, "expected text, found " + shown(option->value));
  return std::nullopt;
}

std::optional<std::string> OptionReader::word(std::string_view name,
                                              const std::vector<std::string>& words) {
  const Option* option = take(name);
  if (option == nullptr) return std::nullopt;
  const auto* text = option->value.get<std::string>();
  if (text != nullptr) {
    for (const std::string& word : words) {
      if (word == snake_case(*text) || word == *text) return word;
    }
  }
  std::string set;
  for (const std::string& word : words) set += (set.empty() ? "'" : ", '") + word + "'";
  const std::string near = text == nullptr ? "" : nearest_word(snake_case(*text), words);
  fail(name, "value " + shown(option->value) + " is not in set [" + set + "]",
       near.empty() ? "" : "did you mean '" + near + "'?");
  return std::nullopt;
}

const Value* OptionReader::raw(std::string_view name) {
  const Option* option = take(name);
  return option == nullptr ? nullptr : &option->value;
}

void OptionReader::fail(std::string_view name, std::string message, std::string hint) {
  const Option* option = options_.find(name);
  findings_.error(option == nullptr ? options_.where : option->where,
                  options_.path + "." + std::string(name), std::move(message), std::move(hint));
}

void OptionReader::finish() {
  for (const Option& option : options_.options) {
    if (std::find(known_.begin(), known_.end(), option.name) != known_.end()) continue;
    const std::string near = nearest_word(option.name, known_);
    std::string hint;
    if (!near.empty()) {
      hint = "did you mean '" + near + "'?";
    } else if (known_.empty()) {
      hint = options_.type + " has no keys of its own";
    } else {
      hint = "known keys:";
      for (const std::string& key : known_) hint += " " + key;
    }
    const Severity severity = strict_ ? Severity::Error : Severity::Warning;
    findings_.add({severity, option.where, options_.path + "." + option.name,
                   "unknown key '" + option.name + "'" + (strict_ ? "" : ", ignored"), hint});
  }
}

}  // namespace sweepjob
