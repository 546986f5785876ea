#include "samplers/numerics/category_search.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "model/check.h"

namespace sweepjob {
namespace {

// Of ASNG: where the signal is as strong as the noise.
constexpr double kSignal = 1.5;
// The chance per point that some discrete axis leaves its mode is at least 1 - this.
constexpr double kStays = 0.73;

}  // namespace

CategorySearch::CategorySearch(std::vector<std::size_t> counts, std::size_t discrete_axes) {
  const double each =
      1 - std::pow(kStays, 1 / static_cast<double>(std::max<std::size_t>(discrete_axes, 1)));
  for (const std::size_t count : counts) {
    SWEEPJOB_CHECK(count >= 2, "a single category is no choice");
    probabilities_.emplace_back(count, 1 / static_cast<double>(count));
    margins_.push_back(each / static_cast<double>(count - 1));
    free_count_ += count - 1;
  }
  agreement_.assign(free_count_, 0.0);
}

std::size_t CategorySearch::at(std::size_t axis, double u) const {
  const std::vector<double>& q = probabilities_[axis];
  double sum = 0;
  for (std::size_t i = 0; i + 1 < q.size(); ++i) {
    sum += q[i];
    if (u < sum) return i;
  }
  return q.size() - 1;
}

void CategorySearch::tell(const std::vector<std::vector<std::size_t>>& points,
                          std::span<const double> weights) {
  // The gradient, and the same in coordinates in which steps have their true length (appendix B of
  // the ASNG paper: the root of the Fisher information).
  std::vector<std::vector<double>> gradient;
  std::vector<double> flat;
  flat.reserve(free_count_);
  for (std::size_t axis = 0; axis < probabilities_.size(); ++axis) {
    const std::vector<double>& q = probabilities_[axis];
    std::vector<double> of_axis(q.size(), 0.0);
    for (std::size_t i = 0; i < points.size(); ++i) {
      const std::size_t category = points[i][axis];
      if (category == kInactive || weights[i] == 0) continue;
      for (std::size_t k = 0; k < q.size(); ++k) {
        of_axis[k] += weights[i] * ((k == category ? 1.0 : 0.0) - q[k]);
      }
    }
    const double last = q.back();
    const double free_sum = std::accumulate(of_axis.begin(), of_axis.end() - 1, 0.0);
    for (std::size_t k = 0; k + 1 < q.size(); ++k) {
      const double root = std::sqrt(q[k]);
      flat.push_back(of_axis[k] / root + root * free_sum / (last + std::sqrt(last)));
    }
    gradient.push_back(std::move(of_axis));
  }
  const double length = std::sqrt(std::inner_product(flat.begin(), flat.end(), flat.begin(), 0.0));
  if (!(length > 1e-12)) return;
  const double step = 1 / inverse_step_;
  for (std::size_t axis = 0; axis < probabilities_.size(); ++axis) {
    for (std::size_t k = 0; k < gradient[axis].size(); ++k) {
      probabilities_[axis][k] += step / length * gradient[axis][k];
    }
    keep_margin(axis);
  }
  const double beta = step / std::sqrt(static_cast<double>(free_count_));
  double squares = 0;
  for (std::size_t i = 0; i < free_count_; ++i) {
    agreement_[i] = (1 - beta) * agreement_[i] + std::sqrt(beta * (2 - beta)) * flat[i] / length;
    squares += agreement_[i] * agreement_[i];
  }
  gamma_ = (1 - beta) * (1 - beta) * gamma_ + beta * (2 - beta);
  // Steps of more than the whole simplex mean nothing.
  inverse_step_ = std::max(1.0, inverse_step_ * std::exp(beta * (gamma_ - squares / kSignal)));
}

void CategorySearch::keep_margin(std::size_t axis) {
  std::vector<double>& q = probabilities_[axis];
  // With many categories the margins must leave room for a favourite.
  const double margin = std::min(margins_[axis], 0.5 / static_cast<double>(q.size()));
  double sum = 0;
  for (double& one : q) sum += one = std::max(one, margin);
  const double above = sum - margin * static_cast<double>(q.size());
  if (!(above > 0)) return;
  for (double& one : q) one -= (sum - 1) * (one - margin) / above;
  const double total = std::accumulate(q.begin(), q.end(), 0.0);
  for (double& one : q) one /= total;
}

}  // namespace sweepjob
