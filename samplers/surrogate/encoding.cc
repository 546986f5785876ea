#include "samplers/surrogate/encoding.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include <fmt/format.h>

#include "model/check.h"
#include "samplers/numerics/draw.h"
#include "samplers/numerics/normal.h"

namespace sweepjob {
namespace {

constexpr double kInactive = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t kFewestOrdered = 3;

double logarithm(double value, double logbase) {
  if (!(value > 0)) return -std::numeric_limits<double>::infinity();
  return logbase == kNaturalBase ? std::log(value) : std::log(value) / std::log(logbase);
}

// The distribution function of the kind before its quantization, clipped to the bounds.
double probability_below(const Parameter& parameter, double value, double logbase) {
  switch (parameter.kind) {
    case DistributionKind::LogUniform:
    case DistributionKind::QLogUniform:
    case DistributionKind::LogNormal:
    case DistributionKind::QLogNormal: value = logarithm(value, logbase); break;
    default: break;
  }
  switch (parameter.kind) {
    case DistributionKind::Normal:
    case DistributionKind::QNormal:
    case DistributionKind::LogNormal:
    case DistributionKind::QLogNormal:
      return parameter.sigma > 0 ? normal_probability((value - parameter.mu) / parameter.sigma)
                                 : 0.5;
    default: break;
  }
  if (parameter.max == parameter.min) return 0.5;
  return std::clamp((value - parameter.min) / (parameter.max - parameter.min), 0.0, 1.0);
}

// Entries sorted by their number; empty unless all are different numbers.
std::vector<std::size_t> numeric_order(const Parameter& parameter) {
  std::vector<double> numbers;
  for (const ChoiceEntry& entry : parameter.choices) {
    double storage = 0;
    const double* number = entry.members.empty() ? entry.literal.as_number(storage) : nullptr;
    if (number == nullptr || !std::isfinite(*number)) return {};
    numbers.push_back(*number);
  }
  std::vector<std::size_t> order(numbers.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return numbers[a] < numbers[b]; });
  const auto equal = [&](std::size_t a, std::size_t b) { return numbers[a] == numbers[b]; };
  if (std::adjacent_find(order.begin(), order.end(), equal) != order.end()) return {};
  return order;
}

// By entry, the first entry with an equal literal; empty where all differ.
std::vector<std::size_t> first_of_equals(const Parameter& parameter) {
  std::vector<std::size_t> first(parameter.choices.size());
  std::map<std::string, std::size_t> seen;
  bool some_equal = false;
  for (std::size_t entry = 0; entry < first.size(); ++entry) {
    const ChoiceEntry& choice = parameter.choices[entry];
    first[entry] = entry;
    if (!choice.members.empty()) continue;
    const auto [at, is_new] = seen.emplace(to_json(choice.literal, true), entry);
    first[entry] = at->second;
    some_equal = some_equal || !is_new;
  }
  return some_equal ? first : std::vector<std::size_t>();
}

}  // namespace

Encoding::Encoding(const SearchSpace& space, double logbase, bool order_numeric_choices)
    : logbase_(logbase), order_numeric_choices_(order_numeric_choices), space_(space) {
  for (const Parameter& parameter : space.parameters) {
    top_.push_back(axes_.size());
    add(parameter, parameter.name, std::nullopt);
  }
}

void Encoding::add(const Parameter& parameter, std::string path,
                   std::optional<Axis::Condition> condition) {
  const std::size_t self = axes_.size();
  axes_.push_back({&parameter, path, Axis::Kind::Real, 0, condition});
  steps_.emplace_back();
  first_nested_.emplace_back();
  if (condition) is_conditional_ = true;
  Axis axis = axes_.back();
  Steps steps;
  if (parameter.kind == DistributionKind::Choice) {
    axis.kind = Axis::Kind::Categories;
    axis.count = parameter.choices.size();
    steps.first = first_of_equals(parameter);
    if (order_numeric_choices_ && axis.count >= kFewestOrdered) {
      steps.order = numeric_order(parameter);
    }
    if (!steps.order.empty()) {
      axis.kind = Axis::Kind::Steps;
      steps.rank.resize(steps.order.size());
      for (std::size_t i = 0; i < steps.order.size(); ++i) steps.rank[steps.order[i]] = i;
    }
  } else if (parameter.kind == DistributionKind::RandInt) {
    axis.kind = Axis::Kind::Steps;
    axis.count = static_cast<std::uint64_t>(parameter.upper);
  } else if (is_quantized(parameter.kind)) {
    axis.kind = Axis::Kind::Steps;
    const double a = draw_multiple(parameter, 0, logbase_);
    const double b = draw_multiple(parameter, 1, logbase_);
    // Beyond 2^53 neighbouring multiples are no longer distinct numbers.
    const double span = std::abs(b - a);
    if (std::isfinite(span) && span < 0x1p53) axis.count = static_cast<std::uint64_t>(span) + 1;
    steps.first_multiple = std::min(a, b);
  } else if (draw_number(parameter, 0, logbase_) == draw_number(parameter, 1, logbase_)) {
    axis.kind = Axis::Kind::Steps;
    axis.count = 1;
  }
  axes_[self] = std::move(axis);
  steps_[self] = std::move(steps);
  for (std::size_t entry = 0; entry < parameter.choices.size(); ++entry) {
    first_nested_[self].push_back(axes_.size());
    for (const ChoiceEntry::Member& member : parameter.choices[entry].members) {
      if (const auto* nested = std::get_if<Parameter>(&member.content)) {
        add(*nested, fmt::format("{}[{}].{}", path, entry, member.name),
            Axis::Condition{self, entry});
      }
    }
  }
}

std::optional<Point> Encoding::encode(const Params& params) const {
  Point point(axes_.size(), kInactive);
  for (const std::size_t axis : top_) {
    const std::string& name = axes_[axis].parameter->name;
    const auto found = std::find_if(params.begin(), params.end(),
                                    [&](const auto& param) { return param.first == name; });
    if (found == params.end() || !encode_one(axis, found->second, point)) return std::nullopt;
  }
  return point;
}

bool Encoding::encode_one(std::size_t axis, const Value& value, Point& point) const {
  const Parameter& parameter = *axes_[axis].parameter;
  if (parameter.kind != DistributionKind::Choice) {
    const auto coordinate = encode_number(axis, value);
    if (coordinate) point[axis] = *coordinate;
    return coordinate.has_value();
  }
  for (std::size_t entry = 0; entry < parameter.choices.size(); ++entry) {
    if (!encode_entry(axis, entry, value, point)) continue;
    const Steps& steps = steps_[axis];
    point[axis] =
        steps.rank.empty() ? static_cast<double>(entry) : step_at(axis, steps.rank[entry]);
    return true;
  }
  return false;
}

// A literal, or an object with this entry's members and its fixed values. What an earlier entry has
// left in the point is cleared by the one that fits.
bool Encoding::encode_entry(std::size_t axis, std::size_t entry, const Value& value,
                            Point& point) const {
  const ChoiceEntry& choice = axes_[axis].parameter->choices[entry];
  if (choice.members.empty()) return choice.literal == value;
  const auto* map = value.get<Value::Map>();
  if (map == nullptr || map->size() != choice.members.size()) return false;
  for (const ChoiceEntry::Member& member : choice.members) {
    const Value* held = value.find(member.name);
    const auto* fixed = std::get_if<Value>(&member.content);
    if (held == nullptr || (fixed != nullptr && *held != *fixed)) return false;
  }
  Point trial = point;
  std::size_t nested_axis = first_nested_[axis][entry];
  for (const ChoiceEntry::Member& member : choice.members) {
    const auto* nested = std::get_if<Parameter>(&member.content);
    if (nested == nullptr) continue;
    while (axes_[nested_axis].parameter != nested) ++nested_axis;
    if (!encode_one(nested_axis, *value.find(member.name), trial)) return false;
  }
  point = std::move(trial);
  return true;
}

std::optional<double> Encoding::encode_number(std::size_t axis, const Value& value) const {
  const Parameter& parameter = *axes_[axis].parameter;
  double storage = 0;
  const double* number = value.as_number(storage);
  if (number == nullptr || !std::isfinite(*number)) return std::nullopt;
  if (axes_[axis].is_constant()) return step_at(axis, 0);
  if (parameter.kind == DistributionKind::RandInt) {
    const double last = static_cast<double>(parameter.upper - 1);
    return step_at(axis,
                   static_cast<std::uint64_t>(std::clamp(std::nearbyint(*number), 0.0, last)));
  }
  if (is_quantized(parameter.kind)) {
    const double multiple = std::nearbyint(*number / parameter.q);
    if (axes_[axis].count == 0) return probability_below(parameter, *number, logbase_);
    const double last = static_cast<double>(axes_[axis].count - 1);
    return step_at(axis, static_cast<std::uint64_t>(
                             std::clamp(multiple - steps_[axis].first_multiple, 0.0, last)));
  }
  return probability_below(parameter, *number, logbase_);
}

double Encoding::step_at(std::size_t axis, std::uint64_t index) const {
  const Parameter& parameter = *axes_[axis].parameter;
  if (axes_[axis].is_constant()) return 0.5;
  if (!is_quantized(parameter.kind)) {
    return (static_cast<double>(index) + 0.5) / static_cast<double>(axes_[axis].count);
  }
  const auto [below, above] = step_range(axis, index);
  return (below + above) / 2;
}

std::pair<double, double> Encoding::step_range(std::size_t axis, std::uint64_t index) const {
  const Parameter& parameter = *axes_[axis].parameter;
  if (axes_[axis].is_constant()) return {0, 1};
  if (!is_quantized(parameter.kind)) {
    const auto count = static_cast<double>(axes_[axis].count);
    return {static_cast<double>(index) / count, static_cast<double>(index + 1) / count};
  }
  const double multiple = steps_[axis].first_multiple + static_cast<double>(index);
  return {probability_below(parameter, (multiple - 0.5) * parameter.q, logbase_),
          probability_below(parameter, (multiple + 0.5) * parameter.q, logbase_)};
}

std::uint64_t Encoding::step_of(std::size_t axis, double u) const {
  const Parameter& parameter = *axes_[axis].parameter;
  const Axis& own = axes_[axis];
  if (own.is_constant()) return 0;
  u = std::clamp(u, 0.0, 1.0);
  const double last = static_cast<double>(own.count - 1);
  if (!is_quantized(parameter.kind)) {
    return static_cast<std::uint64_t>(pick_index(u, static_cast<std::int64_t>(own.count)));
  }
  const double multiple = draw_multiple(parameter, u, logbase_) - steps_[axis].first_multiple;
  return static_cast<std::uint64_t>(std::clamp(multiple, 0.0, last));
}

std::size_t Encoding::entry_of(std::size_t axis, double coordinate) const {
  const std::vector<std::size_t>& order = steps_[axis].order;
  if (!order.empty()) return order[step_of(axis, coordinate)];
  const double last = static_cast<double>(axes_[axis].count - 1);
  const auto entry = static_cast<std::size_t>(std::clamp(std::nearbyint(coordinate), 0.0, last));
  const std::vector<std::size_t>& first = steps_[axis].first;
  return first.empty() ? entry : first[entry];
}

bool Encoding::is_active(const Point& point, std::size_t axis) const {
  const auto& condition = axes_[axis].condition;
  if (!condition) return true;
  if (std::isnan(point[condition->axis])) return false;
  return entry_of(condition->axis, point[condition->axis]) == condition->entry;
}

double Encoding::snapped(std::size_t axis, double coordinate) const {
  const Axis& own = axes_[axis];
  if (own.kind == Axis::Kind::Categories) return static_cast<double>(entry_of(axis, coordinate));
  if (own.kind == Axis::Kind::Steps && own.count > 0) {
    return step_at(axis, step_of(axis, coordinate));
  }
  // Draws of the normals take no quantile further out (numerics/draw.h).
  const double end =
      own.parameter->sigma > 0 && (own.parameter->kind == DistributionKind::Normal ||
                                   own.parameter->kind == DistributionKind::LogNormal)
          ? 0x1p-33
          : 0;
  return std::clamp(coordinate, end, 1 - end);
}

void Encoding::snap(Point& point) const {
  for (std::size_t axis = 0; axis < axes_.size(); ++axis) {
    point[axis] = is_active(point, axis) ? snapped(axis, point[axis]) : kInactive;
  }
}

void Encoding::snap_changed(Point& point, std::size_t axis) const {
  point[axis] = is_active(point, axis) ? snapped(axis, point[axis]) : kInactive;
  // What stands below an entry follows its choice.
  if (axes_[axis].parameter->choices.empty()) return;
  for (std::size_t below = axis + 1; below < axes_.size() && axes_[below].condition; ++below) {
    point[below] = is_active(point, below) ? snapped(below, point[below]) : kInactive;
  }
}

Point Encoding::draw(RandomStream& stream) const {
  Point point(axes_.size());
  for (std::size_t axis = 0; axis < axes_.size(); ++axis) {
    const double u = stream.uniform();
    point[axis] =
        axes_[axis].kind == Axis::Kind::Categories
            ? static_cast<double>(pick_index(u, static_cast<std::int64_t>(axes_[axis].count)))
            : u;
  }
  snap(point);
  return point;
}

Value Encoding::decode_one(std::size_t axis, const Point& point) const {
  const Parameter& parameter = *axes_[axis].parameter;
  SWEEPJOB_CHECK(!std::isnan(point[axis]), "an active parameter has a coordinate");
  if (parameter.kind != DistributionKind::Choice) {
    return draw_number(parameter, std::clamp(point[axis], 0.0, 1.0), logbase_);
  }
  const std::size_t index = entry_of(axis, point[axis]);
  const ChoiceEntry& entry = parameter.choices[index];
  if (entry.members.empty()) return entry.literal;
  Value::Map map;
  map.reserve(entry.members.size());
  std::size_t nested_axis = first_nested_[axis][index];
  for (const ChoiceEntry::Member& member : entry.members) {
    const auto* nested = std::get_if<Parameter>(&member.content);
    if (nested == nullptr) {
      map.emplace_back(member.name, std::get<Value>(member.content));
      continue;
    }
    while (axes_[nested_axis].parameter != nested) ++nested_axis;
    map.emplace_back(member.name, decode_one(nested_axis, point));
  }
  return map;
}

Params Encoding::decode(const Point& point) const {
  SWEEPJOB_CHECK(point.size() == axes_.size(), "a point of this space");
  Params params;
  params.reserve(top_.size());
  for (const std::size_t axis : top_) {
    params.emplace_back(axes_[axis].parameter->name, decode_one(axis, point));
  }
  return params;
}

}  // namespace sweepjob
