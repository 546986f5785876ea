#include "samplers/surrogate/given_point.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include <fmt/format.h>

namespace sweepjob {
namespace {

std::vector<std::string> names_of(const SearchSpace& space) {
  std::vector<std::string> names;
  for (const Parameter& parameter : space.parameters) names.push_back(parameter.name);
  return names;
}

std::string expected(const Parameter& parameter) {
  switch (parameter.kind) {
    case DistributionKind::Choice:
      return "one of its entries, as it is written in the search space";
    case DistributionKind::RandInt:
      return fmt::format("a whole number from 0 to {}", parameter.upper - 1);
    case DistributionKind::Uniform:
    case DistributionKind::QUniform:
      return fmt::format("a number from {} to {}", parameter.min, parameter.max);
    default: return "numbers that a draw can give";
  }
}

// The value that comes back through the coordinates: nothing where it is none of the parameter's.
std::optional<Value> taken_for(const Parameter& parameter, const Value& value,
                               const Encoding& encoding, Params params) {
  const auto held = std::find_if(params.begin(), params.end(),
                                 [&](const auto& param) { return param.first == parameter.name; });
  held->second = value;
  const auto point = encoding.encode(params);
  if (!point) return std::nullopt;
  const Params decoded = encoding.decode(*point);
  return std::find_if(decoded.begin(), decoded.end(),
                      [&](const auto& param) { return param.first == parameter.name; })
      ->second;
}

// What encode() would move to the nearest value is refused here.
bool is_value_of(const Parameter& parameter, const Value& value, const Encoding& encoding,
                 const Params& base) {
  const auto taken = taken_for(parameter, value, encoding, base);
  if (!taken || parameter.kind == DistributionKind::Choice) return taken.has_value();
  double storage = 0;
  const double number = *value.as_number(storage);
  switch (parameter.kind) {
    case DistributionKind::Uniform: return number >= parameter.min && number <= parameter.max;
    case DistributionKind::Normal: return true;
    case DistributionKind::LogNormal: return number > 0;
    default: break;
  }
  // Logarithms and multiples of q come back with rounding.
  double near = 0;
  return std::abs(*taken->as_number(near) - number) <= 1e-9 * std::abs(number);
}

}  // namespace

std::optional<Params> with_given(const SearchSpace& space, const Encoding& encoding,
                                 const Params& base, const Value& given, const std::string& path,
                                 const ValuePlace& place, Findings& findings) {
  const auto* map = given.get<Value::Map>();
  if (map == nullptr) {
    findings.error(place.where, path, "expected a mapping from parameters to values");
    return std::nullopt;
  }
  Params result = base;
  bool is_good = true;
  for (std::size_t i = 0; i < map->size(); ++i) {
    const auto& [name, value] = (*map)[i];
    const SourceLocation& where = i < place.inside.size() ? place.inside[i].where : place.where;
    const auto found = std::find_if(space.parameters.begin(), space.parameters.end(),
                                    [&](const Parameter& one) { return one.name == name; });
    if (found == space.parameters.end()) {
      const std::string nearest = nearest_word(name, names_of(space));
      findings.error(where, path, fmt::format("the search space has no parameter '{:.60}'", name),
                     nearest.empty() ? "" : fmt::format("did you mean '{}'?", nearest));
      is_good = false;
      continue;
    }
    if (!is_value_of(*found, value, encoding, base)) {
      findings.error(where, fmt::format("{}.{}", path, name),
                     fmt::format("{:.60} is not a value of this parameter", to_json(value, true)),
                     "it takes " + expected(*found));
      is_good = false;
      continue;
    }
    for (auto& [held_name, held] : result) {
      if (held_name == name) held = value;
    }
  }
  if (!is_good) return std::nullopt;
  return result;
}

}  // namespace sweepjob
