#include "samplers/surrogate/tpe_rules.h"

#include <algorithm>
#include <cmath>

namespace sweepjob {

std::size_t GoodShare::of(std::size_t n) const {
  const auto count = static_cast<double>(n);
  const double wanted = std::ceil(share * (of_root ? std::sqrt(count) : count));
  return static_cast<std::size_t>(std::min({wanted, static_cast<double>(most), count}));
}

std::vector<double> forgetting_weights(std::size_t n, std::size_t full) {
  std::vector<double> weights(n, 1);
  if (n < full) return weights;
  const std::size_t rising = n - full;
  const double first = 1 / static_cast<double>(n);
  for (std::size_t i = 0; i < rising; ++i) {
    const double part = rising < 2 ? 0 : static_cast<double>(i) / static_cast<double>(rising - 1);
    weights[i] = first + part * (1 - first);
  }
  return weights;
}

}  // namespace sweepjob
