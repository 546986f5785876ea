#include "manifests/spec/spec_literal.h"

#include <cmath>
#include <limits>

namespace sweepjob {
namespace {

constexpr const char* kFloat = "$float";
constexpr const char* kLiteral = "$literal";

// A map of one member of that name, or null.
const Value* escaped_by(const Value& value, const char* name) {
  const auto* map = value.get<Value::Map>();
  return map != nullptr && map->size() == 1 && map->front().first == name ? &map->front().second
                                                                          : nullptr;
}

Value with_members(const Value::Map& map, Value (*convert)(const Value&)) {
  Value::Map converted;
  converted.reserve(map.size());
  for (const auto& [name, value] : map) converted.emplace_back(name, convert(value));
  return converted;
}

Value with_items(const Value::List& list, Value (*convert)(const Value&)) {
  Value::List converted;
  converted.reserve(list.size());
  for (const Value& value : list) converted.push_back(convert(value));
  return converted;
}

}  // namespace

std::optional<DistributionKind> expression_kind(const Value& value) {
  const Value* type = value.find("type");
  const auto* name = type == nullptr ? nullptr : type->get<std::string>();
  if (name == nullptr) return std::nullopt;
  for (int i = 0; i <= static_cast<int>(DistributionKind::QLogNormal); ++i) {
    const auto kind = static_cast<DistributionKind>(i);
    if (*name == to_string(kind)) return kind;
  }
  return std::nullopt;
}

bool is_escaped(const Value& encoded) {
  return escaped_by(encoded, kFloat) != nullptr || escaped_by(encoded, kLiteral) != nullptr;
}

Value encode_literal(const Value& literal) {
  if (const auto* real = literal.get<double>(); real != nullptr && !std::isfinite(*real)) {
    return Value::Map{{kFloat, python_float(*real)}};
  }
  if (const auto* list = literal.get<Value::List>()) return with_items(*list, encode_literal);
  const auto* map = literal.get<Value::Map>();
  if (map == nullptr) return literal;
  Value encoded = with_members(*map, encode_literal);
  const bool misread = expression_kind(literal) || is_escaped(literal);
  return misread ? Value(Value::Map{{kLiteral, std::move(encoded)}}) : encoded;
}

Value decode_literal(const Value& encoded) {
  if (const Value* name = escaped_by(encoded, kFloat)) {
    const auto* text = name->get<std::string>();
    if (text != nullptr && *text == "nan") return std::numeric_limits<double>::quiet_NaN();
    const bool negative = text != nullptr && *text == "-inf";
    return (negative ? -1 : 1) * std::numeric_limits<double>::infinity();
  }
  const Value* inner = escaped_by(encoded, kLiteral);
  const Value& plain = inner == nullptr ? encoded : *inner;
  if (const auto* list = plain.get<Value::List>()) return with_items(*list, decode_literal);
  if (const auto* map = plain.get<Value::Map>()) return with_members(*map, decode_literal);
  return plain;
}

}  // namespace sweepjob
