#include "samplers/surrogate/noise.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace sweepjob {
namespace {

constexpr std::size_t kNeighbours = 10;
constexpr std::size_t kFewest = kNeighbours + 2;

double squared_distance(const Point& a, const Point& b, const std::vector<Axis>& axes) {
  double sum = 0;
  for (std::size_t axis = 0; axis < axes.size(); ++axis) {
    const bool has_a = !std::isnan(a[axis]), has_b = !std::isnan(b[axis]);
    if (!has_a && !has_b) continue;
    if (has_a != has_b || axes[axis].kind == Axis::Kind::Categories) {
      sum += has_a && has_b && a[axis] == b[axis] ? 0 : 1;
    } else {
      sum += (a[axis] - b[axis]) * (a[axis] - b[axis]);
    }
  }
  return sum;
}

}  // namespace

double noise_share(const std::vector<Point>& points, const std::vector<double>& values,
                   const std::vector<Axis>& axes) {
  const std::size_t n = points.size();
  if (n < kFewest) return 0;
  // Within 0 to 1, so that no square overflows.
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  const double range = *most / 2 - *least / 2;
  if (!(range > 0)) return 0;
  std::vector<double> scaled;
  double mean = 0, variance = 0;
  for (const double value : values) scaled.push_back((value / 2 - *least / 2) / range);
  for (const double value : scaled) mean += value / static_cast<double>(n);
  for (const double value : scaled) variance += (value - mean) * (value - mean);
  variance /= static_cast<double>(n);

  std::array<double, kNeighbours> distance{}, difference{};
  std::vector<std::pair<double, std::size_t>> others;
  for (std::size_t i = 0; i < n; ++i) {
    others.clear();
    for (std::size_t j = 0; j < n; ++j) {
      if (j != i) others.emplace_back(squared_distance(points[i], points[j], axes), j);
    }
    std::partial_sort(others.begin(), others.begin() + kNeighbours, others.end());
    for (std::size_t k = 0; k < kNeighbours; ++k) {
      const double gap = scaled[others[k].second] - scaled[i];
      distance[k] += others[k].first / static_cast<double>(n);
      difference[k] += gap * gap / 2 / static_cast<double>(n);
    }
  }
  double mean_d = 0, mean_g = 0, covariance = 0, spread = 0;
  for (std::size_t k = 0; k < kNeighbours; ++k) {
    mean_d += distance[k] / kNeighbours;
    mean_g += difference[k] / kNeighbours;
  }
  for (std::size_t k = 0; k < kNeighbours; ++k) {
    covariance += (distance[k] - mean_d) * (difference[k] - mean_g);
    spread += (distance[k] - mean_d) * (distance[k] - mean_d);
  }
  const double slope = spread > 0 ? std::max(0.0, covariance / spread) : 0;
  return std::clamp((mean_g - slope * mean_d) / variance, 0.0, 1.0);
}

}  // namespace sweepjob
