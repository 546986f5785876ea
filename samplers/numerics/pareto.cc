#include "samplers/numerics/pareto.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "model/check.h"

namespace sweepjob {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Those that no other one dominates, each once, in lexicographic order.
std::vector<Losses> non_dominated(std::vector<Losses> points) {
  std::sort(points.begin(), points.end());
  std::vector<Losses> result;
  for (Losses& point : points) {
    const bool covered = std::any_of(result.begin(), result.end(), [&](const Losses& one) {
      return one == point || dominates(one, point);
    });
    if (!covered) result.push_back(std::move(point));
  }
  return result;
}

double box(const Losses& point, const Losses& reference) {
  double volume = 1;
  for (std::size_t i = 0; i < point.size(); ++i) volume *= reference[i] - point[i];
  return volume;
}

// Of non-dominated points in lexicographic order: the first loss rises and the second falls.
double swept_area(const std::vector<Losses>& points, const Losses& reference) {
  double area = 0;
  double ceiling = reference[1];
  for (const Losses& point : points) {
    area += (reference[0] - point[0]) * (ceiling - point[1]);
    ceiling = point[1];
  }
  return area;
}

// Each point adds its own box less what the points after it cover of that box.
double volume_of(const std::vector<Losses>& points, const Losses& reference) {
  if (points.empty()) return 0;
  if (reference.size() == 2) return swept_area(points, reference);
  double volume = 0;
  for (std::size_t i = 0; i < points.size(); ++i) {
    std::vector<Losses> limited(points.begin() + static_cast<std::ptrdiff_t>(i) + 1, points.end());
    for (Losses& later : limited) {
      for (std::size_t k = 0; k < later.size(); ++k) later[k] = std::max(later[k], points[i][k]);
    }
    volume += box(points[i], reference) - volume_of(non_dominated(std::move(limited)), reference);
  }
  return volume;
}

}  // namespace

bool dominates(const Losses& a, const Losses& b) {
  bool better = false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] > b[i]) return false;
    better = better || a[i] < b[i];
  }
  return better;
}

std::vector<std::vector<std::size_t>> non_dominated_fronts(std::span<const Losses> points) {
  std::vector<std::size_t> order(points.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return points[a] < points[b]; });
  std::vector<std::vector<std::size_t>> fronts;
  for (const std::size_t one : order) {
    // The latest members are the likeliest to dominate. Dominated by a front, a point is dominated
    // by every front before it.
    const auto is_free = [&](const std::vector<std::size_t>& front) {
      return std::none_of(front.rbegin(), front.rend(), [&](std::size_t member) {
        return dominates(points[member], points[one]);
      });
    };
    auto home = std::partition_point(fronts.begin(), fronts.end(),
                                     [&](const auto& front) { return !is_free(front); });
    if (home == fronts.end()) home = fronts.emplace(fronts.end());
    home->push_back(one);
  }
  for (std::vector<std::size_t>& front : fronts) std::sort(front.begin(), front.end());
  return fronts;
}

std::vector<double> crowding_distances(std::span<const Losses> front) {
  std::vector<double> result(front.size(), 0.0);
  if (front.empty()) return result;
  std::vector<std::size_t> order(front.size());
  for (std::size_t loss = 0; loss < front[0].size(); ++loss) {
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return front[a][loss] < front[b][loss]; });
    const double range = front[order.back()][loss] - front[order.front()][loss];
    if (!(range > 0)) continue;
    result[order.front()] = result[order.back()] = kInfinity;
    for (std::size_t i = 1; i + 1 < order.size() && std::isfinite(range); ++i) {
      result[order[i]] += (front[order[i + 1]][loss] - front[order[i - 1]][loss]) / range;
    }
  }
  return result;
}

double hypervolume(std::span<const Losses> points, const Losses& reference) {
  std::vector<Losses> inside;
  for (const Losses& point : points) {
    SWEEPJOB_CHECK(point.size() == reference.size(), "as many losses as the reference has");
    bool better = true;
    for (std::size_t i = 0; i < point.size(); ++i) better = better && point[i] < reference[i];
    if (better) inside.push_back(point);
  }
  inside = non_dominated(std::move(inside));
  if (reference.size() == 1) return inside.empty() ? 0 : reference[0] - inside[0][0];
  return volume_of(inside, reference);
}

}  // namespace sweepjob
