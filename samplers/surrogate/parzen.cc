#include "samplers/surrogate/parzen.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <utility>

#include "samplers/numerics/truncated_normal.h"

namespace sweepjob {
namespace {

constexpr double kNoClip = 1e-12;
// The mass of a bell beyond so many widths, 1e-9, moves no candidate before another.
constexpr double kFarEnd = 6;

// ln of the mass of the normal between 0 and 1.
double log_mass_inside(double at, double width) {
  const double low = -at / width;
  const double high = (1 - at) / width;
  if (low < -kFarEnd) return high > kFarEnd ? 0 : log_normal_cdf(high);
  return high > kFarEnd ? log_normal_cdf(-low) : log_normal_mass(low, high);
}

}  // namespace

std::vector<double> neighbour_gaps(std::span<const double> values, bool consider_endpoints) {
  std::vector<std::pair<double, std::size_t>> sorted;
  sorted.reserve(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) sorted.emplace_back(values[i], i);
  std::sort(sorted.begin(), sorted.end());
  std::vector<double> gaps(values.size());
  const bool ends_count = consider_endpoints || sorted.size() < 2;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    const double value = sorted[i].first;
    const bool is_first = i == 0;
    const bool is_last = i + 1 == sorted.size();
    const double left = value - (is_first ? 0 : sorted[i - 1].first);
    const double right = (is_last ? 1 : sorted[i + 1].first) - value;
    double gap = std::max(left, right);
    if (is_first && !ends_count) gap = right;
    if (is_last && !ends_count) gap = left;
    gaps[sorted[i].second] = gap;
  }
  return gaps;
}

Parzen::Parzen(const Encoding& encoding, std::span<const std::size_t> axes,
               std::span<const Point* const> points, std::span<const double> weights,
               ParzenRule rule)
    : encoding_(encoding), points_(points), step_masses_(rule.step_masses) {
  const auto count = static_cast<Eigen::Index>(points.size());
  log_weights_.resize(count + 1);
  double sum = 0;
  for (Eigen::Index k = 0; k <= count; ++k) {
    const double weight = k < count   ? weights[static_cast<std::size_t>(k)]
                          : count > 0 ? rule.prior_weight
                                      : 1;
    log_weights_[k] = std::log(weight);
    cumulated_.push_back(sum += weight);
  }
  log_weights_ -= std::log(sum);

  if (!rule.smallest) {
    const auto kernels = static_cast<double>(points.size() + 1);
    rule.smallest = rule.magic_clip ? 1 / std::min(100.0, 1 + kernels) : kNoClip;
  }
  for (const std::size_t axis : axes) {
    if (encoding.axes()[axis].is_constant()) continue;
    Dimension& dimension = dimensions_.emplace_back();
    dimension.axis = axis;
    dimension.is_category = encoding.axes()[axis].kind == Axis::Kind::Categories;
    dimension.at.resize(count);
    for (Eigen::Index k = 0; k < count; ++k) {
      const double at = (*points[static_cast<std::size_t>(k)])[axis];
      if (std::isnan(at)) dimension.has_inactive = true;
      dimension.at[k] = at;
    }
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
  const Eigen::Index count = dimension.at.size();
  dimension.precision.setZero(count);
  dimension.log_scale.setZero(count);
  std::vector<double> values;
  std::vector<Eigen::Index> kernels;
  for (Eigen::Index k = 0; k < count; ++k) {
    if (dimension.has_inactive && !dimension.active[static_cast<std::size_t>(k)]) continue;
    values.push_back(dimension.at[k]);
    kernels.push_back(k);
  }
  std::vector<double> widths;
  if (rule.width == ParzenRule::Width::Gaps) {
    widths = neighbour_gaps(values, rule.consider_endpoints);
  } else {
    const double exponent = -1.0 / (static_cast<double>(dimensions_.size()) + 4);
    widths.assign(values.size(), 0.2 * std::pow(static_cast<double>(values.size()), exponent));
  }
  const Axis& axis = encoding_.axes()[dimension.axis];
  const bool has_masses = step_masses_ && axis.kind == Axis::Kind::Steps && axis.count > 0;
  double smallest = std::min(1.0, *rule.smallest);
  if (!has_masses && axis.count > 0) {
    smallest = std::max(smallest, 0.5 / static_cast<double>(axis.count));
  }
  for (std::size_t i = 0; i < kernels.size(); ++i) {
    const double width = std::clamp(widths[i], smallest, 1.0);
    dimension.precision[kernels[i]] = 1 / width;
    double log_scale = -log_mass_inside(values[i], width);
    if (!has_masses) log_scale -= std::log(width) + 0.5 * std::log(2 * std::numbers::pi);
    dimension.log_scale[kernels[i]] = log_scale;
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
    const Eigen::ArrayXd widths = dimension.precision.inverse();
    return {widths.begin(), widths.end()};
  }
  return {};
}

double Parzen::log_density(const Point& point) const {
  const auto count = static_cast<Eigen::Index>(points_.size());
  Eigen::ArrayXd terms = log_weights_.head(count);
  for (const Dimension& dimension : dimensions_) {
    const double x = point[dimension.axis];
    if (std::isnan(x)) continue;
    const Axis& axis = encoding_.axes()[dimension.axis];
    if (dimension.is_category) {
      const auto terms_of = [&](Eigen::Index k) {
        return dimension.at[k] == x ? dimension.log_same : dimension.log_other;
      };
      for (Eigen::Index k = 0; k < count; ++k) {
        if (dimension.has_inactive && !dimension.active[static_cast<std::size_t>(k)]) continue;
        terms[k] += terms_of(k);
      }
    } else if (step_masses_ && axis.kind == Axis::Kind::Steps && axis.count > 0) {
      add_step_masses(dimension, x, terms);
    } else {
      terms += dimension.log_scale - 0.5 * ((x - dimension.at) * dimension.precision).square();
    }
  }
  const double prior = log_weights_[count];
  const double largest = count > 0 ? std::max(prior, terms.maxCoeff()) : prior;
  if (std::isinf(largest)) return largest;
  return largest + std::log((terms - largest).exp().sum() + std::exp(prior - largest));
}

void Parzen::add_step_masses(const Dimension& dimension, double coordinate,
                             Eigen::ArrayXd& terms) const {
  const auto [below, above] =
      encoding_.step_range(dimension.axis, encoding_.step_of(dimension.axis, coordinate));
  const double log_prior = std::log(above - below);
  for (Eigen::Index k = 0; k < terms.size(); ++k) {
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
    const bool from_prior = is_prior || (dimension.has_inactive && !dimension.active[kernel]) ||
                            (dimension.is_category && which < dimension.uniform_share);
    if (dimension.is_category) {
      const auto count = static_cast<double>(encoding_.axes()[dimension.axis].count);
      x = from_prior ? std::min(std::floor(u * count), count - 1)
                     : dimension.at[static_cast<Eigen::Index>(kernel)];
    } else {
      x = from_prior ? u : draw_number(dimension, kernel, u);
    }
  }
}

double Parzen::draw_number(const Dimension& dimension, std::size_t kernel, double u) const {
  const auto k = static_cast<Eigen::Index>(kernel);
  const double at = dimension.at[k];
  const double precision = dimension.precision[k];
  const double z = truncated_normal_quantile(u, -at * precision, (1 - at) * precision);
  return std::clamp(at + z / precision, 0.0, 1.0);
}

}  // namespace sweepjob
