#include "samplers/surrogate/loss_scale.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace sweepjob {

Eigen::VectorXd scaled_losses(std::span<const double> losses) {
  Eigen::VectorXd result =
      Eigen::Map<const Eigen::VectorXd>(losses.data(), static_cast<Eigen::Index>(losses.size()));
  if (result.size() == 0) return result;
  // No difference or square of what is left can overflow, nor vanish.
  const double largest = result.cwiseAbs().maxCoeff();
  if (largest == 0) return result;
  result /= largest;
  std::vector<double> sorted(result.begin(), result.end());
  const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
  std::nth_element(sorted.begin(), middle, sorted.end());
  const double median = *middle;
  const double range = median - result.minCoeff();
  if (range > 0) {
    for (double& loss : result) {
      if (loss > median) loss = median + range * std::log1p((loss - median) / range);
    }
  }
  result.array() -= result.mean();
  const double deviation = std::sqrt(result.squaredNorm() / static_cast<double>(result.size()));
  if (!(deviation > 0)) return Eigen::VectorXd::Zero(result.size());
  return result / deviation;
}

}  // namespace sweepjob
