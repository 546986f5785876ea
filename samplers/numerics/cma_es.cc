#include "samplers/numerics/cma_es.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <Eigen/Eigenvalues>

#include "model/check.h"
#include "samplers/numerics/normal.h"

namespace sweepjob {
namespace {

constexpr double kLargestSigma = 1e32;
constexpr double kSmallestTail = 1e-10;
constexpr double kTinyStep = 1e-12;      // of sigma's start
constexpr double kFlat = 1e-12;          // of the first generation's spread
constexpr double kLargestStep = 1e4;     // in units of the search space
constexpr double kWorstCondition = 1e7;  // of D, 1e14 of C
// Learning-rate adaptation: the constants of the paper.
constexpr double kSignalToNoise = 1.4;
constexpr double kMeanRate = 0.1;
constexpr double kCovarianceRate = 0.03;
constexpr double kRateChange = 0.1;

// Where the upper tail has this probability.
double tail_quantile(double probability) { return -normal_quantile(probability); }

double effective(std::span<const double> weights) {
  double sum = 0;
  double squares = 0;
  for (const double weight : weights) {
    sum += weight;
    squares += weight * weight;
  }
  return squares > 0 ? sum * sum / squares : 0;
}

void set_step_size(CmaConstants& c, double c_sigma) {
  const auto d = static_cast<double>(c.dimensions);
  c.c_sigma = c_sigma;
  c.d_sigma = 1 + 2 * std::max(0.0, std::sqrt((c.mu_eff - 1) / (d + 1)) - 1) + c_sigma;
  c.chi = std::sqrt(d) * (1 - 1 / (4 * d) + 1 / (21 * d * d));
}

// Without overflow.
double half_length(double low, double high) { return high / 2 - low / 2; }

// A mean over equal losses, from rank to rank.
void share(std::vector<double>& by_rank, std::size_t first, std::size_t last) {
  const double sum = std::accumulate(by_rank.begin() + static_cast<std::ptrdiff_t>(first),
                                     by_rank.begin() + static_cast<std::ptrdiff_t>(last), 0.0);
  for (std::size_t i = first; i < last; ++i) by_rank[i] = sum / static_cast<double>(last - first);
}

}  // namespace

CmaConstants cma_constants(std::size_t dimensions, std::size_t lambda) {
  CmaConstants c;
  c.dimensions = dimensions;
  c.lambda = lambda;
  c.mu = lambda / 2;
  const auto d = static_cast<double>(dimensions);
  for (std::size_t i = 0; i < lambda; ++i) {
    c.weights.push_back(std::log((static_cast<double>(lambda) + 1) / 2) -
                        std::log(static_cast<double>(i + 1)));
  }
  const std::span<const double> all(c.weights);
  c.mu_eff = effective(all.first(c.mu));
  const double mu_eff_negative = effective(all.subspan(c.mu));
  c.c1 = 2 / ((d + 1.3) * (d + 1.3) + c.mu_eff);
  c.c_mu =
      std::min(1 - c.c1 - 1e-8, 2 * (c.mu_eff - 2 + 1 / c.mu_eff) / ((d + 2) * (d + 2) + c.mu_eff));
  const double alpha = c.c_mu > 0
                           ? std::min({1 + c.c1 / c.c_mu, 1 + 2 * mu_eff_negative / (c.mu_eff + 2),
                                       (1 - c.c1 - c.c_mu) / (d * c.c_mu)})
                           : 0;
  double positive = 0;
  double negative = 0;
  for (const double weight : c.weights) (weight > 0 ? positive : negative) += std::abs(weight);
  for (double& weight : c.weights) weight *= weight > 0 ? 1 / positive : alpha / negative;
  set_step_size(c, (c.mu_eff + 2) / (d + c.mu_eff + 5));
  c.c_c = (4 + c.mu_eff / d) / (d + 4 + 2 * c.mu_eff / d);
  return c;
}

CmaConstants separable_cma_constants(std::size_t dimensions, std::size_t lambda) {
  CmaConstants c;
  c.dimensions = dimensions;
  c.lambda = lambda;
  c.mu = lambda / 2;
  const auto d = static_cast<double>(dimensions);
  c.weights.assign(lambda, 0.0);
  for (std::size_t i = 0; i < c.mu; ++i) {
    c.weights[i] = std::log(static_cast<double>(c.mu + 1)) - std::log(static_cast<double>(i + 1));
  }
  const double sum = std::accumulate(c.weights.begin(), c.weights.end(), 0.0);
  for (double& weight : c.weights) weight /= sum;
  c.mu_eff = effective(c.weights);
  c.c1 = 2 / ((d + 1.3) * (d + 1.3) + c.mu_eff);
  const double root = d + std::sqrt(2.0);
  const double full =
      2 / (c.mu_eff * root * root) +
      (1 - 1 / c.mu_eff) * std::min(1.0, (2 * c.mu_eff - 1) / ((d + 2) * (d + 2) + c.mu_eff));
  c.c_mu = std::min((d + 2) / 3 * full, 1 - c.c1);
  set_step_size(c, (c.mu_eff + 2) / (d + c.mu_eff + 3));
  c.c_c = 4 / (d + 4);
  return c;
}

RankWeights rank_weights(const CmaConstants& constants, std::span<const double> losses) {
  const std::size_t count = losses.size();
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto key = [&](std::size_t i) {
    return std::isnan(losses[i]) ? std::numeric_limits<double>::infinity() : losses[i];
  };
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return key(a) < key(b); });
  std::vector<double> positive(count, 0.0);
  std::vector<double> negative(count, 0.0);
  for (std::size_t i = 0; i < constants.mu; ++i) positive[i] = constants.weights[i];
  for (std::size_t i = constants.mu; i < constants.lambda; ++i) {
    negative[count - constants.lambda + i] = std::min(constants.weights[i], 0.0);
  }
  for (std::size_t first = 0; first < count;) {
    std::size_t last = first + 1;
    while (last < count && key(order[last]) == key(order[first])) ++last;
    share(positive, first, last);
    share(negative, first, last);
    first = last;
  }
  RankWeights result{std::vector<double>(count), std::vector<double>(count)};
  for (std::size_t rank = 0; rank < count; ++rank) {
    result.positive[order[rank]] = positive[rank];
    result.negative[order[rank]] = negative[rank];
  }
  return result;
}

CmaEs::CmaEs(Start start)
    : separable_(start.separable_generations > 0),
      separable_generations_(start.separable_generations),
      lr_adapt_(start.lr_adapt),
      limits_(std::move(start.limits)),
      first_sigma_(start.sigma),
      mean_(std::move(start.mean)),
      sigma_(start.sigma) {
  const auto d = mean_.size();
  SWEEPJOB_CHECK(d > 0 && start.lambda >= 2 && sigma_ > 0, "a distribution with a width");
  SWEEPJOB_CHECK(!(separable_ && lr_adapt_), "the rates are those of a full covariance");
  const auto dimensions = static_cast<std::size_t>(d);
  constants_ = separable_ ? separable_cma_constants(dimensions, start.lambda)
                          : cma_constants(dimensions, start.lambda);
  limits_.resize(dimensions);
  margin_ = 1 / (static_cast<double>(dimensions) * static_cast<double>(start.lambda));
  spread_ = Vector::Ones(d);
  path_sigma_ = path_c_ = Vector::Zero(d);
  variances_ = scales_ = Vector::Ones(d);
  if (separable_) {
    if (start.covariance.size() > 0) variances_ = start.covariance.diagonal();
    scales_ = variances_.cwiseSqrt();
  } else {
    covariance_ =
        start.covariance.size() > 0 ? std::move(start.covariance) : Matrix::Identity(d, d);
    decompose();
  }
  if (lr_adapt_) {
    rates_.mean_average = Vector::Zero(d);
    rates_.covariance_average = Matrix::Zero(d, d);
  }
}

CmaEs::Vector CmaEs::deviations() const {
  return sigma_ * variances_.cwiseSqrt().cwiseProduct(spread_);
}

CmaEs::Vector CmaEs::draw(const Vector& standard_normal) const {
  const Vector scaled = scales_.cwiseProduct(standard_normal);
  return separable_ ? Vector(mean_ + sigma_ * scaled) : Vector(mean_ + sigma_ * (basis_ * scaled));
}

CmaEs::Vector CmaEs::spread(const Vector& x) const {
  return mean_ + spread_.cwiseProduct(x - mean_);
}

CmaEs::Vector CmaEs::unspread(const Vector& tried) const {
  return mean_ + (tried - mean_).cwiseQuotient(spread_);
}

CmaEs::Vector CmaEs::whitened(const Vector& y) const {
  if (separable_) return y.cwiseQuotient(scales_);
  const Vector rotated = basis_.transpose() * y;
  return basis_ * rotated.cwiseQuotient(scales_);
}

CmaEs::Steps CmaEs::steps_of(const std::vector<Member>& members) const {
  Steps steps;
  std::vector<double> losses;
  losses.reserve(members.size());
  for (const Member& member : members) losses.push_back(member.loss);
  steps.weights = rank_weights(constants_, losses);
  steps.mean = Vector::Zero(mean_.size());
  const auto d = static_cast<double>(constants_.dimensions);
  const double longest = std::sqrt(d) + 2 * d / (d + 2);
  for (std::size_t i = 0; i < members.size(); ++i) {
    Vector y = (members[i].x - mean_) / sigma_;
    if (members[i].injected) {
      const double length = whitened(y).norm();
      if (length > longest) y *= longest / length;
    }
    if (steps.weights.positive[i] > 0) steps.mean += steps.weights.positive[i] * y;
    steps.y.push_back(std::move(y));
  }
  steps.mu_eff = effective(steps.weights.positive);
  return steps;
}

void CmaEs::tell(const std::vector<Member>& members) {
  SWEEPJOB_CHECK(members.size() >= constants_.lambda, "a whole generation");
  ++generation_;
  remember(members);
  const Steps steps = steps_of(members);
  const Vector old_mean = mean_;
  const double old_sigma = sigma_;
  const Matrix old_covariance = lr_adapt_ ? covariance_ : Matrix();
  move_mean(members, steps);
  const bool stalled_path = adapt_paths(steps);
  adapt_covariance(steps, stalled_path);
  if (lr_adapt_) adapt_rates(old_mean, old_sigma, old_covariance);
  // Often enough that less than a tenth of what C learns goes unseen (the tutorial, B.2).
  const double pace = (constants_.c1 + constants_.c_mu) * static_cast<double>(mean_.size()) * 10;
  if (separable_) {
    scales_ = variances_.cwiseSqrt();
  } else if (lr_adapt_ || static_cast<double>(generation_ - decomposed_at_) * pace >= 1) {
    decompose();
  }
  keep_margin();
  if (separable_ && generation_ >= separable_generations_) fill_covariance();
}

// A diagonal C goes on as a full one.
void CmaEs::fill_covariance() {
  separable_ = false;
  constants_ = cma_constants(constants_.dimensions, constants_.lambda);
  covariance_ = variances_.asDiagonal();
  decompose();
}

// A point in which an axis played no part says nothing about where its mean should be; the draw as
// such is kept for the paths and the covariance, which it leaves as they are on average.
void CmaEs::move_mean(const std::vector<Member>& members, const Steps& steps) {
  Vector move = sigma_ * steps.mean;
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (members[i].inactive.empty() || steps.weights.positive[i] == 0) continue;
    for (Eigen::Index j = 0; j < move.size(); ++j) {
      if (!members[i].inactive[static_cast<std::size_t>(j)]) continue;
      move[j] -= sigma_ * steps.weights.positive[i] * steps.y[i][j];
    }
  }
  mean_ += move;
}

// Whether C's path stands still for a while, since sigma's is long.
bool CmaEs::adapt_paths(const Steps& steps) {
  const CmaConstants& c = constants_;
  path_sigma_ = (1 - c.c_sigma) * path_sigma_ +
                std::sqrt(c.c_sigma * (2 - c.c_sigma) * steps.mu_eff) * whitened(steps.mean);
  const double length = path_sigma_.norm();
  sigma_ *= std::exp(std::min(1.0, c.c_sigma / c.d_sigma * (length / c.chi - 1)));
  sigma_ = std::min(sigma_, kLargestSigma);
  const double settled =
      std::sqrt(1 - std::pow(1 - c.c_sigma, 2 * (static_cast<double>(generation_) + 1)));
  const double d = static_cast<double>(c.dimensions);
  const bool stalled = !(length / settled < (1.4 + 2 / (d + 1)) * c.chi);
  path_c_ *= 1 - c.c_c;
  if (!stalled) path_c_ += std::sqrt(c.c_c * (2 - c.c_c) * steps.mu_eff) * steps.mean;
  return stalled;
}

void CmaEs::adapt_covariance(const Steps& steps, bool stalled_path) {
  const CmaConstants& c = constants_;
  const auto d = static_cast<double>(c.dimensions);
  const double sum = std::accumulate(c.weights.begin(), c.weights.end(), 0.0);
  const double kept = 1 + (stalled_path ? c.c1 * c.c_c * (2 - c.c_c) : 0) - c.c1 - c.c_mu * sum;
  if (separable_) {
    variances_ = kept * variances_ + c.c1 * path_c_.cwiseAbs2();
  } else {
    covariance_ = kept * covariance_ + c.c1 * path_c_ * path_c_.transpose();
  }
  for (std::size_t i = 0; i < steps.y.size(); ++i) {
    double weight = steps.weights.positive[i];
    if (steps.weights.negative[i] < 0) {
      weight += steps.weights.negative[i] * d / (whitened(steps.y[i]).squaredNorm() + 1e-8);
    }
    if (weight == 0) continue;
    if (separable_) {
      variances_ += c.c_mu * weight * steps.y[i].cwiseAbs2();
    } else {
      covariance_ += (c.c_mu * weight) * steps.y[i] * steps.y[i].transpose();
    }
  }
  if (!separable_) variances_ = covariance_.diagonal();
}

void CmaEs::decompose() {
  covariance_ = (0.5 * (covariance_ + covariance_.transpose())).eval();
  const Eigen::SelfAdjointEigenSolver<Matrix> solver(covariance_);
  Vector values = solver.eigenvalues();
  // Rounding may leave a negative one; none may vanish beside the largest.
  const double smallest = std::max(values.maxCoeff() * 1e-15, std::numeric_limits<double>::min());
  basis_ = solver.eigenvectors();
  if (values.minCoeff() < smallest) {
    values = values.cwiseMax(smallest);
    covariance_ = basis_ * values.asDiagonal() * basis_.transpose();
  }
  scales_ = values.cwiseSqrt();
  variances_ = covariance_.diagonal();
  decomposed_at_ = generation_;
}

// The signal in a step, beside its noise, sets how much of it is taken; in coordinates in which the
// old distribution is the standard one.
void CmaEs::adapt_rates(const Vector& old_mean, double old_sigma, const Matrix& old_covariance) {
  const Vector step = mean_ - old_mean;
  const Matrix old_full = old_sigma * old_sigma * old_covariance;
  const Matrix change = sigma_ * sigma_ * covariance_ - old_full;
  const Vector local_step = whitened(step) / old_sigma;
  const Matrix root = basis_ * scales_.cwiseInverse().asDiagonal() * basis_.transpose() / old_sigma;
  const Matrix local_change = root * change * root / std::sqrt(2.0);
  const auto signal = [](auto& average, double& square, const auto& local, double rate) {
    average = (1 - rate) * average + rate * local;
    square = (1 - rate) * square + rate * local.squaredNorm();
    const double own = average.squaredNorm();
    return (own - rate / (2 - rate) * square) / std::max(square - own, 1e-300);
  };
  const auto next_rate = [](double eta, double ratio, double rate) {
    const double relative = std::clamp(ratio / kSignalToNoise / eta - 1, -1.0, 1.0);
    return std::min(1.0, eta * std::exp(std::min(kRateChange * eta, rate) * relative));
  };
  const double of_mean = signal(rates_.mean_average, rates_.mean_square, local_step, kMeanRate);
  const double of_covariance =
      signal(rates_.covariance_average, rates_.covariance_square, local_change, kCovarianceRate);
  const double eta_before = eta_mean_;
  eta_mean_ = next_rate(eta_mean_, of_mean, kMeanRate);
  rates_.eta_covariance = next_rate(rates_.eta_covariance, of_covariance, kCovarianceRate);
  mean_ = old_mean + eta_mean_ * step;
  const Matrix full = old_full + rates_.eta_covariance * change;
  const Eigen::SelfAdjointEigenSolver<Matrix> solver(full, Eigen::EigenvaluesOnly);
  double log_volume = 0;
  for (const double value : solver.eigenvalues()) {
    log_volume += std::log(std::max(value, std::numeric_limits<double>::min()));
  }
  sigma_ = std::exp(log_volume / 2 / static_cast<double>(mean_.size()));
  covariance_ = full / (sigma_ * sigma_);
  sigma_ = std::min(kLargestSigma, sigma_ * eta_before / eta_mean_);
}

// Every axis of steps keeps a chance of at least the margin to leave its step.
void CmaEs::keep_margin() {
  for (std::size_t axis = 0; axis < limits_.size(); ++axis) {
    const std::vector<double>& limits = limits_[axis];
    if (limits.empty()) continue;
    const auto j = static_cast<Eigen::Index>(axis);
    const auto at = static_cast<std::size_t>(
        std::lower_bound(limits.begin(), limits.end(), mean_[j]) - limits.begin());
    const double lower = limits[at == 0 ? 0 : at - 1];
    const double upper = limits[std::min(at, limits.size() - 1)];
    const double deviation = sigma_ * std::sqrt(variances_[j]);
    const double width = deviation * spread_[j];
    const double below = normal_probability((lower - mean_[j]) / width);
    const double above = normal_probability((mean_[j] - upper) / width);
    if (std::max(below, above) > 0.5) {
      keep_margin_at_the_end(axis, upper, deviation, below, above);
    } else {
      keep_margin_inside(axis, {lower, upper}, deviation, below, above);
    }
  }
}

void CmaEs::keep_margin_at_the_end(std::size_t axis, double limit, double deviation, double below,
                                   double above) {
  if (std::min(below, above) >= margin_) return;
  const auto j = static_cast<Eigen::Index>(axis);
  const double distance = deviation * spread_[j] * tail_quantile(margin_);
  mean_[j] = limit + (mean_[j] > limit ? distance : -distance);
}

void CmaEs::keep_margin_inside(std::size_t axis, std::pair<double, double> around, double deviation,
                               double below, double above) {
  const double inside = 1 - below - above;
  below = std::max(below, margin_ / 2);
  above = std::max(above, margin_ / 2);
  const double excess = (1 - below - above - inside) / (below + inside + above - 1.5 * margin_);
  const auto quantile = [&](double tail) {
    const double kept = tail + excess * (tail - margin_ / 2);
    return tail_quantile(std::clamp(kept, kSmallestTail, 0.5 - kSmallestTail));
  };
  const double q_below = quantile(below);
  const double q_above = quantile(above);
  const auto j = static_cast<Eigen::Index>(axis);
  if (around.first < around.second) {
    spread_[j] = (around.second - around.first) / ((q_below + q_above) * deviation);
    mean_[j] = (around.first * q_above + around.second * q_below) / (q_below + q_above);
  }
}

void CmaEs::remember(const std::vector<Member>& members) {
  Span span{std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()};
  for (const Member& member : members) {
    if (std::isnan(member.loss)) continue;
    span.best = std::min(span.best, member.loss);
    span.worst = std::max(span.worst, member.loss);
  }
  SWEEPJOB_CHECK(span.best <= span.worst, "a generation without a result teaches nothing");
  if (!first_span_) first_span_ = half_length(span.best, span.worst);
  recent_.push_back(span);
  const double kept = 10 + std::ceil(30.0 * static_cast<double>(constants_.dimensions) /
                                     static_cast<double>(constants_.lambda));
  if (static_cast<double>(recent_.size()) > kept) recent_.pop_front();
}

CmaEs::Stop CmaEs::stop() const {
  const double kept = 10 + std::ceil(30.0 * static_cast<double>(constants_.dimensions) /
                                     static_cast<double>(constants_.lambda));
  if (static_cast<double>(generation_) > kept) {
    Span all = recent_.front();
    for (const Span& span : recent_) {
      all.best = std::min(all.best, span.best);
      all.worst = std::max(all.worst, span.worst);
    }
    if (half_length(all.best, all.worst) <= kFlat * first_span_.value_or(0))
      return Stop::FlatLosses;
  }
  if ((sigma_ * variances_.array().sqrt() < kTinyStep * first_sigma_).all() &&
      ((sigma_ * path_c_).array().abs() < kTinyStep * first_sigma_).all()) {
    return Stop::TinySteps;
  }
  if (sigma_ * scales_.maxCoeff() > kLargestStep) return Stop::Diverged;
  if ((mean_.array() == mean_.array() + 0.2 * deviations().array()).any()) return Stop::NoEffect;
  if (scales_.maxCoeff() > kWorstCondition * scales_.minCoeff()) return Stop::IllConditioned;
  return Stop::No;
}

}  // namespace sweepjob
