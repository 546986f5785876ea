#include "model/value.h"

#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

#include <nlohmann/json.hpp>

namespace sweepjob {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kMaxDepth = 200;

Json encode(const Value& value, bool text_for_nonfinite) {
  if (const auto* flag = value.get<bool>()) return *flag;
  if (const auto* integer = value.get<std::int64_t>()) return *integer;
  if (const auto* real = value.get<double>()) {
    if (std::isfinite(*real)) return *real;
    if (!text_for_nonfinite) return nullptr;
    if (std::isnan(*real)) return "NaN";
    return *real > 0 ? "Infinity" : "-Infinity";
  }
  if (const auto* text = value.get<std::string>()) return *text;
  if (const auto* list = value.get<Value::List>()) {
    Json array = Json::array();
    for (const Value& item : *list) array.push_back(encode(item, text_for_nonfinite));
    return array;
  }
  if (const auto* map = value.get<Value::Map>()) {
    Json object = Json::object();
    for (const auto& [key, item] : *map) object[key] = encode(item, text_for_nonfinite);
    return object;
  }
  return nullptr;
}

Value decode(const Json& json) {
  switch (json.type()) {
    case Json::value_t::boolean: return Value(json.get<bool>());
    case Json::value_t::number_integer: return Value(json.get<std::int64_t>());
    case Json::value_t::number_unsigned: {
      const auto number = json.get<std::uint64_t>();
      if (number > static_cast<std::uint64_t>(INT64_MAX)) return Value(static_cast<double>(number));
      return Value(static_cast<std::int64_t>(number));
    }
    case Json::value_t::number_float: return Value(json.get<double>());
    case Json::value_t::string: return Value(json.get<std::string>());
    case Json::value_t::array: {
      Value::List list;
      list.reserve(json.size());
      for (const Json& item : json) list.push_back(decode(item));
      return Value(std::move(list));
    }
    case Json::value_t::object: {
      Value::Map map;
      map.reserve(json.size());
      for (const auto& [key, item] : json.items()) map.emplace_back(key, decode(item));
      return Value(std::move(map));
    }
    default: return Value();
  }
}

void collect_leaves(const std::string& prefix, const Value& value,
                    std::vector<std::pair<std::string, Value>>& out) {
  const auto* map = value.get<Value::Map>();
  if (map == nullptr) {
    out.emplace_back(prefix, value);
    return;
  }
  for (const auto& [key, item] : *map) collect_leaves(prefix + "." + key, item, out);
}

}  // namespace

const Value* Value::find(std::string_view key) const {
  const auto* map = get<Map>();
  if (map == nullptr) return nullptr;
  for (const auto& [name, value] : *map) {
    if (name == key) return &value;
  }
  return nullptr;
}

const double* Value::as_number(double& storage) const {
  if (const auto* real = get<double>()) return real;
  if (const auto* integer = get<std::int64_t>()) {
    storage = static_cast<double>(*integer);
    return &storage;
  }
  return nullptr;
}

std::string python_float(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  char scientific[40];
  const auto end = std::to_chars(scientific, scientific + sizeof scientific, value,
                                 std::chars_format::scientific)
                       .ptr;
  const std::string_view text(scientific, static_cast<std::size_t>(end - scientific));
  const std::size_t e = text.find('e');
  int exponent = 0;
  const char* digits = text.data() + e + 1;
  std::from_chars(*digits == '+' ? digits + 1 : digits, text.data() + text.size(), exponent);
  if (exponent >= -4 && exponent < 16) {
    char fixed[400];
    const auto stop =
        std::to_chars(fixed, fixed + sizeof fixed, value, std::chars_format::fixed).ptr;
    std::string result(fixed, stop);
    if (result.find('.') == std::string::npos) result += ".0";
    return result;
  }
  char tail[16];
  std::snprintf(tail, sizeof tail, "e%c%02d", exponent < 0 ? '-' : '+', std::abs(exponent));
  return std::string(text.substr(0, e)) + tail;
}

std::string python_str(const Value& value) {
  if (value.is_null()) return "None";
  if (const auto* flag = value.get<bool>()) return *flag ? "True" : "False";
  if (const auto* integer = value.get<std::int64_t>()) return std::to_string(*integer);
  if (const auto* real = value.get<double>()) return python_float(*real);
  if (const auto* text = value.get<std::string>()) return *text;
  return to_json(value);
}

std::string to_json(const Value& value, bool text_for_nonfinite) {
  return encode(value, text_for_nonfinite).dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<Value> from_json(std::string_view text) {
  // The text may come from anyone: decode() recurses, so that its depth is bounded here.
  const auto bound_depth = [](int depth, Json::parse_event_t, Json&) {
    if (depth > kMaxDepth) throw std::runtime_error("nested too deeply");
    return true;
  };
  try {
    return decode(Json::parse(text, bound_depth));
  } catch (const std::exception& error) {
    return Error(ErrorCode::InvalidManifest, error.what());
  }
}

std::vector<std::pair<std::string, Value>> leaves_of(const Params& params) {
  std::vector<std::pair<std::string, Value>> leaves;
  for (const auto& [name, value] : params) collect_leaves(name, value, leaves);
  return leaves;
}

std::string params_hash(const Params& params) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : to_json(Value(params), true)) {
    hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001b3ULL;
  }
  char text[24];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(hash));
  return text;
}

}  // namespace sweepjob
