#include "samplers/numerics/enumeration.h"

#include <algorithm>
#include <cmath>

#include "model/check.h"
#include "samplers/numerics/draw.h"

namespace sweepjob {
namespace {

using Count = std::optional<std::uint64_t>;

Count times(Count a, Count b) {
  if (!a || !b) return std::nullopt;
  std::uint64_t product = 0;
  return __builtin_mul_overflow(*a, *b, &product) ? UINT64_MAX : product;
}

Count plus(Count a, Count b) {
  if (!a || !b) return std::nullopt;
  std::uint64_t sum = 0;
  return __builtin_add_overflow(*a, *b, &sum) ? UINT64_MAX : sum;
}

}  // namespace

Enumeration::Enumeration(const SearchSpace& space, double logbase)
    : space_(space), logbase_(logbase), size_(1) {
  for (const Parameter& parameter : space.parameters) size_ = times(size_, add_axis(parameter));
}

Count Enumeration::add_axis(const Parameter& parameter) {
  Axis axis;
  if (parameter.kind == DistributionKind::Choice) {
    axis.size = 0;
    for (const ChoiceEntry& entry : parameter.choices) {
      axis.size = plus(axis.size, add_entry(entry));
      axis.ends.push_back(axis.size.value_or(0));
    }
  } else if (parameter.kind == DistributionKind::RandInt) {
    axis.size = static_cast<std::uint64_t>(parameter.upper);
  } else if (is_quantized(parameter.kind)) {
    // Every draw is monotone in u: the ends of u give the ends of the multiples.
    const double a = draw_multiple(parameter, 0, logbase_);
    const double b = draw_multiple(parameter, 1, logbase_);
    const double span = std::abs(b - a);
    // Beyond 2^53 neighbouring multiples are no longer distinct numbers.
    if (std::isfinite(span) && span < 0x1p53) axis.size = static_cast<std::uint64_t>(span) + 1;
    axis.first_multiple = std::min(a, b);
  } else if (draw_number(parameter, 0, logbase_) == draw_number(parameter, 1, logbase_)) {
    axis.size = 1;  // min equals max
  }
  const Count size = axis.size;
  axes_.emplace(&parameter, std::move(axis));
  return size;
}

Count Enumeration::add_entry(const ChoiceEntry& entry) {
  Count size = 1;
  for (const ChoiceEntry::Member& member : entry.members) {
    if (const auto* nested = std::get_if<Parameter>(&member.content)) {
      size = times(size, add_axis(*nested));
    }
  }
  return size;
}

std::uint64_t Enumeration::size_of(const Parameter& parameter) const {
  return axes_.at(&parameter).size.value();
}

Params Enumeration::at(std::uint64_t index) const {
  SWEEPJOB_CHECK(size_ && index < *size_, "only a finite space's own points can be asked for");
  Params params(space_.parameters.size());
  for (std::size_t i = params.size(); i-- > 0;) {
    const Parameter& parameter = space_.parameters[i];
    const std::uint64_t radix = size_of(parameter);
    params[i] = {parameter.name, value_at(parameter, index % radix)};
    index /= radix;
  }
  return params;
}

Value Enumeration::value_at(const Parameter& parameter, std::uint64_t index) const {
  const Axis& axis = axes_.at(&parameter);
  if (parameter.kind == DistributionKind::Choice) {
    const auto end = std::upper_bound(axis.ends.begin(), axis.ends.end(), index);
    const std::uint64_t start = end == axis.ends.begin() ? 0 : *(end - 1);
    const auto entry = static_cast<std::size_t>(end - axis.ends.begin());
    return entry_at(parameter.choices[entry], index - start);
  }
  if (parameter.kind == DistributionKind::RandInt) return static_cast<std::int64_t>(index);
  if (is_quantized(parameter.kind)) {
    return quantized_value(parameter, axis.first_multiple + static_cast<double>(index));
  }
  return draw_number(parameter, 0, logbase_);
}

Value Enumeration::entry_at(const ChoiceEntry& entry, std::uint64_t index) const {
  if (entry.members.empty()) return entry.literal;
  Value::Map map(entry.members.size());
  for (std::size_t i = map.size(); i-- > 0;) {
    const ChoiceEntry::Member& member = entry.members[i];
    map[i].first = member.name;
    if (const auto* nested = std::get_if<Parameter>(&member.content)) {
      const std::uint64_t radix = size_of(*nested);
      map[i].second = value_at(*nested, index % radix);
      index /= radix;
    } else {
      map[i].second = std::get<Value>(member.content);
    }
  }
  return map;
}

}  // namespace sweepjob
