#include "samplers/surrogate/acquisition.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>

#include "samplers/numerics/bounded_minimum.h"

namespace sweepjob {
namespace {

constexpr double kLeastVariance = 1e-12;
// Steps with more values than this take part in L-BFGS; fewer are all tried, one after the other.
constexpr std::uint64_t kFewSteps = 16;
constexpr std::size_t kFewEntries = 64;  // of a category, all tried; of more, some drawn
constexpr double kApart = 0.1;           // of starts, in some coordinate

// One search: a point that is moved, and the best of those that may be proposed.
class Climb {
 public:
  Climb(const AcquisitionSearch& search, RandomStream& stream) : search_(search), stream_(stream) {}

  [[nodiscard]] Point snapped(const Point& full) const {
    Point result = full;
    search_.encoding.snap(result);
    return result;
  }

  [[nodiscard]] Eigen::VectorXd utilities(const std::vector<Point>& snapped) const {
    const auto prediction = search_.process.predict(search_.map.of(snapped));
    Eigen::VectorXd result(prediction.mean.size());
    for (Eigen::Index i = 0; i < result.size(); ++i) {
      result[i] =
          search_.utility.at(prediction.mean[i], std::sqrt(prediction.variance[i] + kLeastVariance))
              .value;
      if (!search_.is_new(snapped[static_cast<std::size_t>(i)])) {
        result[i] = -std::numeric_limits<double>::infinity();
      }
    }
    return result;
  }

  struct Start {
    Point full;
    double utility = -std::numeric_limits<double>::infinity();
  };

  // Until a round brings nothing.
  void climb(Start& start) {
    for (int round = 0; round < search_.limits.rounds; ++round) {
      const double before = start.utility;
      climb_numbers(start);
      const double between = start.utility;
      const bool discrete = climb_discrete(start);
      if (!discrete || !(start.utility > std::max(between, before) + 1e-6)) break;
    }
  }

 private:
  [[nodiscard]] bool is_smooth(const Axis& axis) const {
    return axis.kind == Axis::Kind::Real ||
           (axis.kind == Axis::Kind::Steps && (axis.count == 0 || axis.count > kFewSteps));
  }

  bool offer(Start& start, const std::vector<Point>& fulls) {
    if (fulls.empty()) return false;
    std::vector<Point> points;
    points.reserve(fulls.size());
    for (const Point& full : fulls) points.push_back(snapped(full));
    Eigen::Index best = 0;
    const double utility = utilities(points).maxCoeff(&best);
    if (!(utility > start.utility)) return false;
    start = {fulls[static_cast<std::size_t>(best)], utility};
    return true;
  }

  void climb_numbers(Start& start) {
    Point point = snapped(start.full);
    std::vector<const FeatureMap::Number*> moving;
    for (const FeatureMap::Number& number : search_.map.numbers()) {
      const Axis& axis = search_.encoding.axes()[number.axis];
      if (!std::isnan(point[number.axis]) && is_smooth(axis)) moving.push_back(&number);
    }
    if (moving.empty()) return;
    const auto size = static_cast<Eigen::Index>(moving.size());
    Eigen::VectorXd at(size);
    for (Eigen::Index i = 0; i < size; ++i) {
      at[i] = point[moving[static_cast<std::size_t>(i)]->axis];
    }
    const auto place = [&](const Eigen::VectorXd& x) {
      for (Eigen::Index i = 0; i < size; ++i) {
        point[moving[static_cast<std::size_t>(i)]->axis] = x[i];
      }
    };
    const Differentiable negated = [&](const Eigen::VectorXd& x, Eigen::VectorXd& gradient) {
      place(x);
      const Features row = search_.map.of({&point, 1});
      const GaussianProcess::Slope slope = search_.process.predict_with_slope(row);
      const double deviation = std::sqrt(slope.variance + kLeastVariance);
      const Utility::Value utility = search_.utility.at(slope.mean, deviation);
      const Eigen::VectorXd by_column =
          utility.by_mean * slope.mean_by_column +
          utility.by_deviation / (2 * deviation) * slope.variance_by_column;
      gradient.resize(size);
      for (Eigen::Index i = 0; i < size; ++i) {
        const FeatureMap::Number& number = *moving[static_cast<std::size_t>(i)];
        gradient[i] = number.arc ? -row.numbers(0, number.column + 1) * by_column[number.column] +
                                       row.numbers(0, number.column) * by_column[number.column + 1]
                                 : by_column[number.column];
      }
      gradient = -gradient;
      return -utility.value;
    };
    const BoundedMinimum found =
        minimize_bounded(negated, at, Eigen::VectorXd::Zero(size), Eigen::VectorXd::Ones(size),
                         {search_.limits.evaluations, 1e-6, 1e-7});
    Point full = start.full;
    for (Eigen::Index i = 0; i < size; ++i) {
      full[moving[static_cast<std::size_t>(i)]->axis] = found.at[i];
    }
    offer(start, {full});
  }

  // Other values of one axis: all of a few, else the neighbours at 1, 2, 4, ... steps.
  [[nodiscard]] std::vector<double> others(std::size_t index, double now) const {
    const Axis& axis = search_.encoding.axes()[index];
    std::vector<double> result;
    if (axis.kind == Axis::Kind::Categories) {
      if (axis.count <= kFewEntries) {
        for (std::uint64_t entry = 0; entry < axis.count; ++entry) {
          result.push_back(static_cast<double>(entry));
        }
      } else {
        for (std::size_t i = 0; i < kFewEntries; ++i) {
          result.push_back(static_cast<double>(stream_.below(axis.count)));
        }
      }
      std::erase(result, now);
      return result;
    }
    const std::uint64_t step = search_.encoding.step_of(index, now);
    for (std::uint64_t other = 0; axis.count <= kFewSteps && other < axis.count; ++other) {
      if (other != step) result.push_back(search_.encoding.step_at(index, other));
    }
    for (std::uint64_t far = 1; axis.count > kFewSteps && far < axis.count; far *= 2) {
      if (step >= far) result.push_back(search_.encoding.step_at(index, step - far));
      if (step + far < axis.count) result.push_back(search_.encoding.step_at(index, step + far));
    }
    return result;
  }

  // Every discrete axis once, the changed value kept where it is better. False without any.
  bool climb_discrete(Start& start) {
    bool any = false;
    for (std::size_t i = 0; i < search_.encoding.size(); ++i) {
      const Axis& axis = search_.encoding.axes()[i];
      if (axis.kind == Axis::Kind::Real || axis.count < 2) continue;
      const double now = snapped(start.full)[i];
      if (std::isnan(now)) continue;
      any = true;
      std::vector<Point> changed;
      for (const double other : others(i, now)) {
        changed.push_back(start.full);
        changed.back()[i] = other;
      }
      offer(start, changed);
    }
    return any;
  }

  const AcquisitionSearch& search_;
  RandomStream& stream_;
};

// A coordinate for every parameter: those not active in `point` from the first incumbent where
// they are, else the middle.
Point completed(Point point, const std::vector<Point>& incumbents) {
  for (std::size_t i = 0; i < point.size(); ++i) {
    if (!std::isnan(point[i])) continue;
    const auto holder = std::find_if(incumbents.begin(), incumbents.end(),
                                     [&](const Point& other) { return !std::isnan(other[i]); });
    point[i] = holder == incumbents.end() ? 0.5 : (*holder)[i];
  }
  return point;
}

std::vector<Point> spread_points(const AcquisitionSearch& search, RandomStream& stream) {
  const std::size_t size = search.encoding.size();
  std::vector<std::uint64_t> keys(size);
  for (std::uint64_t& key : keys) key = stream.next();
  std::vector<Point> result;
  for (int index = 0; index < search.limits.sobol_points; ++index) {
    Point& point = result.emplace_back(size);
    for (std::size_t i = 0; i < size; ++i) {
      const Axis& axis = search.encoding.axes()[i];
      const double u =
          search.sobol != nullptr
              ? owen_scramble(search.sobol->at(static_cast<std::uint32_t>(index), i), keys[i])
              : stream.uniform();
      const auto count = static_cast<double>(axis.count);
      point[i] =
          axis.kind == Axis::Kind::Categories ? std::min(std::floor(u * count), count - 1) : u;
    }
  }
  return result;
}

// Each changes some coordinates of one of the incumbents, by about a scale from 0.3 down to 0.001.
std::vector<Point> local_points(const AcquisitionSearch& search,
                                const std::vector<Point>& incumbents, RandomStream& stream) {
  constexpr double kScales[] = {0.3, 0.1, 0.03, 0.01, 0.001};
  constexpr double kChanged = 5;  // coordinates, on average at most
  const std::size_t size = search.encoding.size();
  const double chance = std::min(1.0, kChanged / static_cast<double>(size));
  std::vector<Point> result;
  for (int index = 0; index < search.limits.local_points; ++index) {
    const auto turn = static_cast<std::size_t>(index);
    Point& point = result.emplace_back(completed(incumbents[turn % incumbents.size()], incumbents));
    const double scale = kScales[turn % std::size(kScales)];
    const std::size_t always = stream.below(size);
    for (std::size_t i = 0; i < size; ++i) {
      const Axis& axis = search.encoding.axes()[i];
      const double whether = stream.uniform(), where = stream.uniform();
      if (whether >= chance && i != always) continue;
      if (axis.kind == Axis::Kind::Categories) {
        if (i == always || where < scale) {
          point[i] = static_cast<double>(stream.below(axis.count));
        }
      } else {
        // Reflected at the bounds: an end is not taken for a value of its own.
        double moved = std::abs(point[i] + scale * (2 * where - 1) * 2);
        if (moved > 1) moved = 2 - moved;
        point[i] = std::clamp(moved, 0.0, 1.0);
      }
    }
  }
  return result;
}

bool are_apart(const Encoding& encoding, const Point& a, const Point& b) {
  for (std::size_t i = 0; i < a.size(); ++i) {
    const bool category = encoding.axes()[i].kind == Axis::Kind::Categories;
    if (category ? a[i] != b[i] : std::abs(a[i] - b[i]) > kApart) return true;
  }
  return false;
}

}  // namespace

std::optional<AcquisitionSearch::Best> AcquisitionSearch::maximize(
    const std::vector<Point>& incumbents, RandomStream stream) const {
  Climb climb(*this, stream);
  std::vector<Point> fulls = spread_points(*this, stream);
  const std::vector<Point> near = local_points(*this, incumbents, stream);
  fulls.insert(fulls.end(), near.begin(), near.end());
  for (const Point& incumbent : incumbents) fulls.push_back(completed(incumbent, incumbents));
  std::vector<Point> points;
  points.reserve(fulls.size());
  for (const Point& full : fulls) points.push_back(climb.snapped(full));
  const Eigen::VectorXd values = climb.utilities(points);

  std::vector<std::size_t> order(fulls.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return values[static_cast<Eigen::Index>(a)] > values[static_cast<Eigen::Index>(b)];
  });
  std::vector<Climb::Start> starts;
  for (const std::size_t index : order) {
    if (static_cast<int>(starts.size()) >= limits.starts) break;
    const double value = values[static_cast<Eigen::Index>(index)];
    if (!std::isfinite(value)) break;
    const bool apart = std::all_of(starts.begin(), starts.end(), [&](const Climb::Start& other) {
      return are_apart(encoding, other.full, fulls[index]);
    });
    if (apart) starts.push_back({fulls[index], value});
  }
  if (starts.empty()) return std::nullopt;
  for (Climb::Start& start : starts) climb.climb(start);
  const auto best = std::max_element(
      starts.begin(), starts.end(),
      [](const Climb::Start& a, const Climb::Start& b) { return a.utility < b.utility; });
  return Best{climb.snapped(best->full), best->utility};
}

}  // namespace sweepjob
