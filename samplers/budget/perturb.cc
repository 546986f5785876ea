#include "samplers/budget/perturb.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "samplers/numerics/draw.h"

namespace sweepjob {
namespace {

const Value* find_param(const Params& params, const std::string& name) {
  const auto found = std::find_if(params.begin(), params.end(),
                                  [&](const auto& param) { return param.first == name; });
  return found == params.end() ? nullptr : &found->second;
}

class Perturber {
 public:
  Perturber(const Explore& explore, const Chance& chance) : explore_(explore), chance_(chance) {}

  // `path` tells equal parameters in two branches apart.
  [[nodiscard]] Value change(const Parameter& parameter, const Value* value,
                             const std::string& path) const {
    if (value == nullptr || chance_(path, "resample") < explore_.resample_probability) {
      return sample(parameter, path);
    }
    if (parameter.kind == DistributionKind::Choice) return change_choice(parameter, *value, path);
    double storage = 0;
    const double* number = value->as_number(storage);
    if (number == nullptr) return sample(parameter, path);
    return change_number(parameter, *number, is_up(path));
  }

 private:
  [[nodiscard]] bool is_up(const std::string& path) const { return chance_(path, "up") < 0.5; }

  [[nodiscard]] Value sample(const Parameter& parameter, const std::string& path) const {
    const auto uniform = [&](const Parameter& one) {
      return chance_(path + "/" + one.path, "draw");
    };
    return draw(parameter, uniform, explore_.logbase);
  }

  [[nodiscard]] Value change_number(const Parameter& parameter, double value, bool up) const {
    const double sign = up ? 1 : -1;
    if (parameter.kind == DistributionKind::RandInt) {
      return static_cast<std::int64_t>(
          std::clamp(value + sign, 0.0, static_cast<double>(parameter.upper - 1)));
    }
    if (is_quantized(parameter.kind)) return change_multiple(parameter, value, sign);
    switch (parameter.kind) {
      case DistributionKind::Uniform:
        return std::clamp(value + sign * (parameter.max - parameter.min) * explore_.factor,
                          parameter.min, parameter.max);
      case DistributionKind::LogUniform: {
        const double exponent = std::log(value) / std::log(explore_.logbase) +
                                sign * (parameter.max - parameter.min) * explore_.factor;
        return std::pow(explore_.logbase, std::clamp(exponent, parameter.min, parameter.max));
      }
      case DistributionKind::LogNormal:
        return value * std::pow(explore_.logbase, sign * parameter.sigma * explore_.factor);
      default: return value + sign * parameter.sigma * explore_.factor;
    }
  }

  // Bounds are the multiples that a draw can give; a lognormal one stays above 0.
  [[nodiscard]] Value change_multiple(const Parameter& parameter, double value, double sign) const {
    double multiple = std::nearbyint(value / parameter.q) + sign;
    if (parameter.kind == DistributionKind::QUniform ||
        parameter.kind == DistributionKind::QLogUniform) {
      const double a = draw_multiple(parameter, 0, explore_.logbase);
      const double b = draw_multiple(parameter, 1, explore_.logbase);
      multiple = std::clamp(multiple, std::min(a, b), std::max(a, b));
    } else if (parameter.kind == DistributionKind::QLogNormal) {
      multiple = std::max(multiple, 1.0);
    }
    return quantized_value(parameter, multiple);
  }

  [[nodiscard]] Value change_choice(const Parameter& parameter, const Value& value,
                                    const std::string& path) const {
    const auto& choices = parameter.choices;
    const auto found = std::find_if(choices.begin(), choices.end(),
                                    [&](const ChoiceEntry& entry) { return is_of(entry, value); });
    if (found == choices.end()) return sample(parameter, path);
    const std::ptrdiff_t last = std::ssize(choices) - 1;
    const std::ptrdiff_t old = found - choices.begin();
    const std::ptrdiff_t index = std::clamp<std::ptrdiff_t>(old + (is_up(path) ? 1 : -1), 0, last);
    const ChoiceEntry& entry = choices[static_cast<std::size_t>(index)];
    if (entry.members.empty()) return entry.literal;
    Value::Map map;
    for (const ChoiceEntry::Member& member : entry.members) {
      const auto* nested = std::get_if<Parameter>(&member.content);
      if (nested == nullptr) {
        map.emplace_back(member.name, std::get<Value>(member.content));
        continue;
      }
      const std::string inner = fmt::format("{}[{}].{}", path, index, member.name);
      const Value* before = index == old ? value.find(member.name) : nullptr;
      map.emplace_back(member.name, change(*nested, before, inner));
    }
    return map;
  }

  // A literal, or an object with this entry's members and its fixed values.
  [[nodiscard]] static bool is_of(const ChoiceEntry& entry, const Value& value) {
    if (entry.members.empty()) return entry.literal == value;
    const auto* map = value.get<Value::Map>();
    if (map == nullptr || map->size() != entry.members.size()) return false;
    return std::all_of(entry.members.begin(), entry.members.end(), [&](const auto& member) {
      const Value* held = value.find(member.name);
      const auto* fixed = std::get_if<Value>(&member.content);
      return held != nullptr && (fixed == nullptr || *held == *fixed);
    });
  }

  const Explore& explore_;
  const Chance& chance_;
};

}  // namespace

Params perturb(const SearchSpace& space, const Params& params, const Explore& explore,
               const Chance& chance) {
  const Perturber perturber(explore, chance);
  Params result;
  for (const Parameter& parameter : space.parameters) {
    result.emplace_back(
        parameter.name,
        perturber.change(parameter, find_param(params, parameter.name), parameter.name));
  }
  return result;
}

}  // namespace sweepjob
