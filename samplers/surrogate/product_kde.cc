#include "samplers/surrogate/product_kde.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "samplers/numerics/truncated_normal.h"

namespace sweepjob {
namespace {

bool is_category(const Encoding& encoding, std::size_t axis) {
  return encoding.axes()[axis].kind == Axis::Kind::Categories;
}

double count_of(const Encoding& encoding, std::size_t axis) {
  return static_cast<double>(encoding.axes()[axis].count);
}

double draw_category(double u, double count) { return std::min(std::floor(u * count), count - 1); }

double standard_deviation(const std::vector<Point>& rows, std::size_t axis) {
  const auto count = static_cast<double>(rows.size());
  double mean = 0;
  for (const Point& row : rows) mean += row[axis] / count;
  double variance = 0;
  for (const Point& row : rows) variance += (row[axis] - mean) * (row[axis] - mean) / count;
  return std::sqrt(variance);
}

}  // namespace

ProductKde::ProductKde(const Encoding& encoding, std::span<const std::size_t> axes,
                       std::vector<Point> rows, double min_bandwidth)
    : encoding_(encoding), axes_(axes.begin(), axes.end()), rows_(std::move(rows)) {
  const double exponent = -1 / (4 + static_cast<double>(axes_.size()));
  const double scale = 1.06 * std::pow(static_cast<double>(rows_.size()), exponent);
  for (const std::size_t axis : axes_) {
    double bandwidth = std::max(min_bandwidth, scale * standard_deviation(rows_, axis));
    if (is_category(encoding, axis)) {
      bandwidth = std::min(bandwidth, 1 - 1 / count_of(encoding, axis));
    }
    bandwidths_.push_back(bandwidth);
  }
}

double ProductKde::density(const Point& point) const {
  std::vector<double> terms;
  terms.reserve(rows_.size());
  for (const Point& row : rows_) {
    double log_kernel = 0;
    for (std::size_t i = 0; i < axes_.size(); ++i) {
      const std::size_t axis = axes_[i];
      const double h = bandwidths_[i];
      if (is_category(encoding_, axis)) {
        const bool is_same = point[axis] == row[axis];
        log_kernel += std::log(is_same ? 1 - h : h / (count_of(encoding_, axis) - 1));
      } else {
        const double z = (point[axis] - row[axis]) / h;
        log_kernel -= 0.5 * z * z + std::log(h) + 0.5 * std::log(2 * std::numbers::pi);
      }
    }
    terms.push_back(log_kernel);
  }
  return std::exp(log_sum_exp(terms)) / static_cast<double>(rows_.size());
}

Point ProductKde::draw(RandomStream& stream, double factor) const {
  Point point = rows_[stream.below(rows_.size())];
  for (std::size_t i = 0; i < axes_.size(); ++i) {
    const std::size_t axis = axes_[i];
    const double u = stream.uniform();
    if (is_category(encoding_, axis)) {
      const bool stays = stream.uniform() < 1 - bandwidths_[i];
      if (!stays) point[axis] = draw_category(u, count_of(encoding_, axis));
      continue;
    }
    const double width = bandwidths_[i] * factor;
    const double z = truncated_normal_quantile(u, -point[axis] / width, (1 - point[axis]) / width);
    point[axis] = std::clamp(point[axis] + width * z, 0.0, 1.0);
  }
  return point;
}

void impute(const Encoding& encoding, std::span<const std::size_t> axes, std::vector<Point>& rows,
            RandomStream& stream) {
  for (const std::size_t axis : axes) {
    std::vector<double> known;
    for (const Point& row : rows) {
      if (!std::isnan(row[axis])) known.push_back(row[axis]);
    }
    if (known.size() == rows.size()) continue;
    for (Point& row : rows) {
      if (!std::isnan(row[axis])) continue;
      if (!known.empty()) {
        row[axis] = known[stream.below(known.size())];
      } else {
        const double u = stream.uniform();
        row[axis] = is_category(encoding, axis) ? draw_category(u, count_of(encoding, axis)) : u;
      }
    }
  }
}

}  // namespace sweepjob
