#include "samplers/surrogate/model_losses.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>
#include <utility>

#include "samplers/numerics/normal.h"

namespace sweepjob {
namespace {

void standardize(std::vector<double>& values) {
  double largest = 0;
  for (const double value : values) largest = std::max(largest, std::abs(value));
  const auto count = static_cast<double>(values.size());
  double mean = 0;
  for (double& value : values) {
    if (largest > 0) value /= largest;  // so that no sum overflows
    mean += value / count;
  }
  double squares = 0;
  for (double& value : values) {
    value -= mean;
    squares += value * value;
  }
  const double deviation = std::sqrt(squares / count);
  const bool flat = deviation <= 4 * std::numeric_limits<double>::epsilon();
  for (double& value : values) value = flat ? 0 : value / deviation;
}

void take_log(std::vector<double>& values) {
  standardize(values);
  std::vector<double> sorted = values;
  const auto fifth = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 20);
  std::nth_element(sorted.begin(), fifth, sorted.end());
  const double lowest = *std::min_element(values.begin(), values.end());
  const double shift = std::max(*fifth - lowest, 1e-6);
  for (double& value : values) value = std::log(value - lowest + shift);
}

// Nothing where half of all are the best.
void take_log_of_upper_half(std::vector<double>& values) {
  standardize(values);
  std::vector<double> sorted = values;
  const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
  std::nth_element(sorted.begin(), middle, sorted.end());
  const double median = *middle;
  const double range = median - *std::min_element(values.begin(), values.end());
  if (!(range > 0)) return;
  for (double& value : values) {
    if (value > median) value = median + range * std::log1p((value - median) / range);
  }
}

void take_ranks(std::vector<double>& values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  const auto count = static_cast<double>(values.size());
  std::vector<double> result(values.size());
  for (std::size_t first = 0, end = 0; first < order.size(); first = end) {
    while (end < order.size() && values[order[end]] == values[order[first]]) ++end;
    const double rank = 0.5 * static_cast<double>(first + end);  // mean of rank - 1/2
    for (std::size_t i = first; i < end; ++i) result[order[i]] = normal_quantile(rank / count);
  }
  values = std::move(result);
}

}  // namespace

std::vector<double> model_losses(std::span<const double> losses, LossScale scale) {
  std::vector<double> values(losses.begin(), losses.end());
  if (values.empty()) return values;
  if (scale == LossScale::Log) take_log(values);
  if (scale == LossScale::UpperLog) take_log_of_upper_half(values);
  if (scale == LossScale::Rank) take_ranks(values);
  standardize(values);
  return values;
}

}  // namespace sweepjob
