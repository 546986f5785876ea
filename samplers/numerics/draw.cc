#include "samplers/numerics/draw.h"

#include <algorithm>
#include <cmath>

#include <boost/math/distributions/normal.hpp>

#include "model/check.h"

namespace sweepjob {
namespace {

double standard_normal(double u) {
  // In double, not long double: the same value on machines whose long double differs.
  using Policy = boost::math::policies::policy<boost::math::policies::promote_double<false>>;
  const double clipped = std::clamp(u, 0x1p-33, 1 - 0x1p-33);
  return boost::math::quantile(boost::math::normal_distribution<double, Policy>(), clipped);
}

double power(double base, double exponent) {
  return base == kNaturalBase ? std::exp(exponent) : std::pow(base, exponent);
}

// Before quantization.
double draw_real(const Parameter& parameter, double u, double logbase) {
  switch (parameter.kind) {
    case DistributionKind::Uniform:
    case DistributionKind::QUniform: return std::lerp(parameter.min, parameter.max, u);
    case DistributionKind::LogUniform:
    case DistributionKind::QLogUniform:
      return power(logbase, std::lerp(parameter.min, parameter.max, u));
    case DistributionKind::Normal:
    case DistributionKind::QNormal: return parameter.mu + parameter.sigma * standard_normal(u);
    case DistributionKind::LogNormal:
    case DistributionKind::QLogNormal:
      return power(logbase, parameter.mu + parameter.sigma * standard_normal(u));
    case DistributionKind::Choice:
    case DistributionKind::RandInt: break;
  }
  SWEEPJOB_CHECK(false, "choice and randint have no real-valued draw");
  return 0;
}

Value draw_entry(const ChoiceEntry& entry, const UniformSource& uniform, double logbase) {
  if (entry.members.empty()) return entry.literal;
  Value::Map map;
  map.reserve(entry.members.size());
  for (const ChoiceEntry::Member& member : entry.members) {
    const auto* nested = std::get_if<Parameter>(&member.content);
    map.emplace_back(member.name, nested != nullptr ? draw(*nested, uniform, logbase)
                                                    : std::get<Value>(member.content));
  }
  return map;
}

}  // namespace

bool is_quantized(DistributionKind kind) {
  return kind == DistributionKind::QUniform || kind == DistributionKind::QLogUniform ||
         kind == DistributionKind::QNormal || kind == DistributionKind::QLogNormal;
}

std::int64_t pick_index(double u, std::int64_t count) {
  const double scaled = std::floor(u * static_cast<double>(count));
  // Compared as double first: the cast of 2^63 would be undefined.
  return scaled >= static_cast<double>(count)
             ? count - 1
             : std::min(static_cast<std::int64_t>(scaled), count - 1);
}

double draw_multiple(const Parameter& parameter, double u, double logbase) {
  // nearbyint rounds half to even in the default rounding mode, which nothing here changes.
  return std::nearbyint(draw_real(parameter, u, logbase) / parameter.q);
}

Value quantized_value(const Parameter& parameter, double multiple) {
  const double value = multiple * parameter.q + 0.0;  // turns -0.0, which no one means, into 0.0
  if (parameter.integral && std::abs(value) < 0x1p63) return static_cast<std::int64_t>(value);
  return value;
}

Value draw_number(const Parameter& parameter, double u, double logbase) {
  if (parameter.kind == DistributionKind::RandInt) return pick_index(u, parameter.upper);
  if (is_quantized(parameter.kind)) {
    return quantized_value(parameter, draw_multiple(parameter, u, logbase));
  }
  return draw_real(parameter, u, logbase);
}

double read_logbase(OptionReader& reader) {
  const Value* raw = reader.raw("logbase");
  if (raw == nullptr || raw->is_null()) return kNaturalBase;
  if (const auto* text = raw->get<std::string>(); text != nullptr && *text == "e") {
    return kNaturalBase;
  }
  const auto number = reader.number("logbase");
  if (number && !(*number > 0 && std::isfinite(*number))) {
    reader.fail("logbase", "expected a positive number or \"e\"");
  }
  return number.value_or(kNaturalBase);
}

Value draw(const Parameter& parameter, const UniformSource& uniform, double logbase) {
  const double u = uniform(parameter);
  if (parameter.kind != DistributionKind::Choice) return draw_number(parameter, u, logbase);
  SWEEPJOB_CHECK(!parameter.choices.empty(), "the reader refuses an empty choice");
  const auto count = static_cast<std::int64_t>(parameter.choices.size());
  const auto index = static_cast<std::size_t>(pick_index(u, count));
  return draw_entry(parameter.choices[index], uniform, logbase);
}

Params draw_params(const SearchSpace& space, const UniformSource& uniform, double logbase) {
  Params params;
  params.reserve(space.parameters.size());
  for (const Parameter& parameter : space.parameters) {
    params.emplace_back(parameter.name, draw(parameter, uniform, logbase));
  }
  return params;
}

}  // namespace sweepjob
