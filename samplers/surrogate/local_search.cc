#include "samplers/surrogate/local_search.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "samplers/numerics/normal.h"

namespace sweepjob {
namespace {

// Of a choice with more entries than these, as many are drawn: with 10,000 a climb would look at
// nothing else.
constexpr std::uint64_t kMaxEntries = 32;

bool equal(const Point& a, const Point& b) {
  return std::equal(a.begin(), a.end(), b.begin(),
                    [](double x, double y) { return x == y || (std::isnan(x) && std::isnan(y)); });
}

// With one coordinate changed. What this makes active is drawn; what it does not is cleared.
Point exchanged(const Encoding& encoding, const Point& point, std::size_t axis, double value,
                RandomStream& stream) {
  Point result = point;
  result[axis] = value;
  const std::vector<Axis>& axes = encoding.axes();
  if (encoding.is_conditional()) {
    for (std::size_t later = axis + 1; later < result.size(); ++later) {
      if (!axes[later].condition || !std::isnan(result[later])) continue;
      if (!encoding.is_active(result, later)) continue;
      result[later] = axes[later].kind == Axis::Kind::Categories
                          ? static_cast<double>(stream.below(axes[later].count))
                          : stream.uniform();
    }
  }
  encoding.snap_changed(result, axis);
  return result;
}

// Reflected at the ends, so that the bounds gather no draws.
double folded(double u) {
  u = std::abs(std::remainder(u, 2.0));
  return u;
}

void add_numbers(const Encoding& encoding, const Point& point, std::size_t axis,
                 const LocalSearch& settings, RandomStream& stream, std::vector<Point>& result) {
  const Axis& own = encoding.axes()[axis];
  const bool few = own.kind == Axis::Kind::Steps && own.count > 0 && own.count < 0x100000000;
  for (const double deviation : settings.deviations) {
    const double drawn = point[axis] + deviation * normal_draw(stream);
    double value = folded(drawn);
    if (few && encoding.step_of(axis, value) == encoding.step_of(axis, point[axis])) {
      // A step at least, or a coarse axis would have no neighbours.
      const std::uint64_t step = encoding.step_of(axis, point[axis]);
      const bool up = step == 0 || (drawn > point[axis] && step + 1 < own.count);
      value = encoding.step_at(axis, up ? step + 1 : step - 1);
    }
    result.push_back(exchanged(encoding, point, axis, value, stream));
  }
}

void add_entries(const Encoding& encoding, const Point& point, std::size_t axis,
                 RandomStream& stream, std::vector<Point>& result) {
  const std::uint64_t count = encoding.axes()[axis].count;
  const auto own = static_cast<std::uint64_t>(point[axis]);
  const bool all = count <= kMaxEntries;
  for (std::uint64_t i = 0; i < std::min(count, kMaxEntries); ++i) {
    const std::uint64_t entry = all ? i : stream.below(count);
    if (entry == own) continue;
    result.push_back(exchanged(encoding, point, axis, static_cast<double>(entry), stream));
  }
}

}  // namespace

std::vector<Point> one_exchange_neighbours(const Encoding& encoding, const Point& point,
                                           const LocalSearch& settings, RandomStream& stream) {
  std::vector<Point> result;
  for (std::size_t axis = 0; axis < encoding.size(); ++axis) {
    if (std::isnan(point[axis]) || encoding.axes()[axis].is_constant()) continue;
    if (encoding.axes()[axis].kind == Axis::Kind::Categories) {
      add_entries(encoding, point, axis, stream, result);
    } else {
      add_numbers(encoding, point, axis, settings, stream, result);
    }
  }
  std::erase_if(result, [&](const Point& one) { return equal(one, point); });
  for (std::size_t i = result.size(); i > 1; --i) {
    std::swap(result[i - 1], result[stream.below(i)]);
  }
  return result;
}

ScoredPoint climb(const Encoding& encoding, ScoredPoint start, const Score& score,
                  const LocalSearch& settings, RandomStream& stream) {
  ScoredPoint here = std::move(start);
  std::size_t evaluations = 0;
  for (bool improved = true; improved && evaluations < settings.max_evaluations;) {
    improved = false;
    for (Point& neighbour : one_exchange_neighbours(encoding, here.at, settings, stream)) {
      const double value = score(neighbour);
      ++evaluations;
      if (value > here.score + settings.min_gain) {
        here = {std::move(neighbour), value};
        improved = true;
        break;
      }
      if (evaluations >= settings.max_evaluations) break;
    }
  }
  return here;
}

}  // namespace sweepjob
