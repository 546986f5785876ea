#include "samplers/surrogate/parzen.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <utility>

#include <Eigen/Core>

#include "samplers/numerics/truncated_normal.h"

namespace sweepjob {
namespace {

constexpr double kNoClip = 1e-12;
constexpr double kThinStep = 1e-9;
// The mass of a bell beyond so many widths, 1e-9, moves no candidate before another.
constexpr double kFarEnd = 6;

// ln of the mass of the normal between 0 and 1.
double log_mass_inside(double at, double width) {
  const double low = -at / width;
  const double high = (1 - at) / width;
  if (low < -kFarEnd) return high > kFarEnd ? 0 : log_normal_cdf(high);
  return high > kFarEnd ? log_normal_cdf(-low) : log_normal_mass(low, high);
}

// As an array, for arithmetic on all kernels at once.
Eigen::Map<const Eigen::ArrayXd> all_of(const std::vector<double>& values) {
  return {values.data(), static_cast<Eigen::Index>(values.size())};
}

}  // namespace

namespace {

// Of sorted values that are no further apart than `least`, only the outer ones have larger gaps.
struct Bin {
  bool is_empty = true;
  std::size_t first = 0;  // the smallest, of equal ones the first
  std::size_t last = 0;   // the largest, of equal ones the last
};

// Below it there would be more bins than it is worth.
constexpr double kSmallestBin = 0.005;

std::vector<double> gaps_by_sorting(std::span<const double> values, bool ends_count) {
  std::vector<std::pair<double, std::size_t>> sorted;
  sorted.reserve(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) sorted.emplace_back(values[i], i);
  std::sort(sorted.begin(), sorted.end());
  std::vector<double> gaps(values.size());
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    const auto [value, index] = sorted[i];
    if (i > 0 || ends_count) gaps[index] = value - (i > 0 ? sorted[i - 1].first : 0);
    if (i + 1 == sorted.size() && !ends_count) continue;
    const double right = i + 1 == sorted.size() ? 1 : sorted[i + 1].first;
    gaps[index] = std::max(gaps[index], right - value);
  }
  return gaps;
}

std::vector<double> gaps_by_bins(std::span<const double> values, bool ends_count, double least) {
  const double last_bin = std::floor(1 / least);
  std::vector<Bin> bins(static_cast<std::size_t>(last_bin) + 1);
  for (std::size_t i = 0; i < values.size(); ++i) {
    Bin& bin = bins[static_cast<std::size_t>(std::min(values[i] / least, last_bin))];
    if (bin.is_empty || values[i] < values[bin.first]) bin.first = i;
    if (bin.is_empty || values[i] >= values[bin.last]) bin.last = i;
    bin.is_empty = false;
  }
  std::vector<double> gaps(values.size());
  const Bin* before = nullptr;
  for (const Bin& bin : bins) {
    if (bin.is_empty) continue;
    if (before != nullptr) {
      const double gap = values[bin.first] - values[before->last];
      gaps[before->last] = std::max(gaps[before->last], gap);
      gaps[bin.first] = gap;
    } else if (ends_count) {
      gaps[bin.first] = values[bin.first];
    }
    before = &bin;
  }
  if (before != nullptr && ends_count) {
    gaps[before->last] = std::max(gaps[before->last], 1 - values[before->last]);
  }
  return gaps;
}

}  // namespace

std::vector<double> neighbour_gaps(std::span<const double> values, bool consider_endpoints,
                                   double least) {
  const bool ends_count = consider_endpoints || values.size() < 2;
  if (least < kSmallestBin) return gaps_by_sorting(values, ends_count);
  return gaps_by_bins(values, ends_count, least);
}

Parzen::Parzen(const Encoding& encoding, std::span<const std::size_t> axes,
               std::span<const Point* const> points, std::span<const double> weights,
               ParzenRule rule)
    : encoding_(encoding), points_(points), step_masses_(rule.step_masses) {
  const std::size_t count = points.size();
  double sum = 0;
  for (std::size_t k = 0; k <= count; ++k) {
    const double weight = k < count ? weights[k] : count > 0 ? rule.prior_weight : 1;
    log_weights_.push_back(std::log(weight));
    cumulated_.push_back(sum += weight);
  }
  const double log_sum = std::log(sum);
  for (double& weight : log_weights_) weight -= log_sum;

  if (!rule.smallest) {
    const auto kernels = static_cast<double>(points.size() + 1);
    rule.smallest = rule.magic_clip ? 1 / std::min(100.0, 1 + kernels) : kNoClip;
  }
  for (const std::size_t axis : axes) {
    if (encoding.axes()[axis].is_constant()) continue;
    Dimension& dimension = dimensions_.emplace_back();
    dimension.axis = axis;
    dimension.is_category = encoding.axes()[axis].kind == Axis::Kind::Categories;
    for (const Point* point : points) {
      const double at = (*point)[axis];
      if (std::isnan(at)) dimension.has_inactive = true;
      dimension.at.push_back(at);
    }
    dimension.at.push_back(0.5);
  }
  for (Dimension& dimension : dimensions_) {
    if (dimension.has_inactive) {
      for (double& at : dimension.at) {
        dimension.active.push_back(!std::isnan(at));
        if (std::isnan(at)) at = 0;
      }
    }
    if (dimension.is_category) {
      add_category(dimension, rule.prior_weight);
    } else {
      add_number(dimension, rule);
    }
  }
}

void Parzen::add_number(Dimension& dimension, const ParzenRule& rule) {
  const std::size_t count = points_.size();
  dimension.precision.assign(count + 1, 0);
  dimension.log_scale.assign(count + 1, 0);
  const Axis& axis = encoding_.axes()[dimension.axis];
  const bool has_masses = step_masses_ && axis.kind == Axis::Kind::Steps && axis.count > 0;
  double smallest = std::min(1.0, *rule.smallest);
  if (!has_masses && axis.count > 0) {
    smallest = std::max(smallest, 0.5 / static_cast<double>(axis.count));
  }
  std::vector<double> values;
  std::vector<std::size_t> kernels;
  for (std::size_t k = 0; k < count; ++k) {
    if (dimension.has_inactive && !dimension.active[k]) continue;
    values.push_back(dimension.at[k]);
    kernels.push_back(k);
  }
  std::vector<double> widths;
  if (rule.width == ParzenRule::Width::Gaps) {
    widths = neighbour_gaps(values, rule.consider_endpoints, smallest);
  } else {
    const double exponent = -1.0 / (static_cast<double>(dimensions_.size()) + 4);
    widths.assign(values.size(), 0.2 * std::pow(static_cast<double>(values.size()), exponent));
  }
  const double log_root = 0.5 * std::log(2 * std::numbers::pi);
  const double log_smallest = std::log(smallest);
  for (std::size_t i = 0; i < kernels.size(); ++i) {
    const double width = std::clamp(widths[i], smallest, 1.0);
    dimension.precision[kernels[i]] = 1 / width;
    double log_scale = -log_mass_inside(values[i], width);
    if (!has_masses) log_scale -= log_root + (width == smallest ? log_smallest : std::log(width));
    dimension.log_scale[kernels[i]] = log_scale;
  }
  if (rule.bell_prior) {
    dimension.precision[count] = 1;
    dimension.log_scale[count] = -log_mass_inside(0.5, 1) - (has_masses ? 0 : log_root);
  }
}

void Parzen::add_category(Dimension& dimension, double prior_weight) {
  const auto count = static_cast<double>(encoding_.axes()[dimension.axis].count);
  const double off = prior_weight / static_cast<double>(points_.size() + 1);
  dimension.log_same = std::log((1 + off) / (1 + off * count) * count);
  dimension.log_other = std::log(off / (1 + off * count) * count);
  dimension.uniform_share = off * count / (1 + off * count);
}

std::vector<double> Parzen::widths(std::size_t axis) const {
  for (const Dimension& dimension : dimensions_) {
    if (dimension.axis != axis || dimension.is_category) continue;
    std::vector<double> widths;
    for (std::size_t k = 0; k < points_.size(); ++k) widths.push_back(1 / dimension.precision[k]);
    return widths;
  }
  return {};
}

double Parzen::log_density(const Point& point) const {
  std::vector<double> terms = log_weights_;
  Eigen::Map<Eigen::ArrayXd> sums(terms.data(), static_cast<Eigen::Index>(terms.size()));
  for (const Dimension& dimension : dimensions_) {
    const double x = point[dimension.axis];
    if (std::isnan(x)) continue;
    const Axis& axis = encoding_.axes()[dimension.axis];
    if (dimension.is_category) {
      const auto terms_of = [&](std::size_t k) {
        return dimension.at[k] == x ? dimension.log_same : dimension.log_other;
      };
      for (std::size_t k = 0; k < points_.size(); ++k) {
        if (dimension.has_inactive && !dimension.active[k]) continue;
        terms[k] += terms_of(k);
      }
    } else if (step_masses_ && axis.kind == Axis::Kind::Steps && axis.count > 0) {
      add_step_masses(dimension, x, terms);
    } else {
      sums += all_of(dimension.log_scale) -
              0.5 * ((x - all_of(dimension.at)) * all_of(dimension.precision)).square();
    }
  }
  const double largest = sums.maxCoeff();
  if (std::isinf(largest)) return largest;
  return largest + std::log((sums - largest).exp().sum());
}

void Parzen::add_step_masses(const Dimension& dimension, double coordinate,
                             std::vector<double>& terms) const {
  auto [below, above] =
      encoding_.step_range(dimension.axis, encoding_.step_of(dimension.axis, coordinate));
  // A step that only the very end of the range is rounded to has no width.
  if (above - below < kThinStep) {
    below = std::max(0.0, below - kThinStep);
    above = std::min(1.0, above + kThinStep);
  }
  const double log_prior = std::log(above - below);
  for (std::size_t k = 0; k < terms.size(); ++k) {
    const double precision = dimension.precision[k];
    if (precision == 0) continue;
    const double at = dimension.at[k];
    terms[k] += dimension.log_scale[k] - log_prior +
                log_normal_mass((below - at) * precision, (above - at) * precision);
  }
}

void Parzen::draw(RandomStream& stream, Point& point) const {
  const double target = stream.uniform() * cumulated_.back();
  const auto found = std::upper_bound(cumulated_.begin(), cumulated_.end() - 1, target);
  const auto kernel = static_cast<std::size_t>(found - cumulated_.begin());
  const bool is_prior = kernel == points_.size();
  for (const Dimension& dimension : dimensions_) {
    const double u = stream.uniform();
    const double which = stream.uniform();
    double& x = point[dimension.axis];
    if (!encoding_.is_active(point, dimension.axis)) {
      x = std::numeric_limits<double>::quiet_NaN();
      continue;
    }
    if (dimension.is_category) {
      const auto count = static_cast<double>(encoding_.axes()[dimension.axis].count);
      const bool from_prior = is_prior || (dimension.has_inactive && !dimension.active[kernel]) ||
                              which < dimension.uniform_share;
      x = from_prior ? std::min(std::floor(u * count), count - 1) : dimension.at[kernel];
    } else {
      x = dimension.precision[kernel] == 0 ? u : draw_number(dimension, kernel, u);
    }
  }
}

double Parzen::draw_number(const Dimension& dimension, std::size_t kernel, double u) const {
  const double at = dimension.at[kernel];
  const double precision = dimension.precision[kernel];
  const double z = truncated_normal_quantile(u, -at * precision, (1 - at) * precision);
  return std::clamp(at + z / precision, 0.0, 1.0);
}

}  // namespace sweepjob
