#include "model/pareto.h"

#include <algorithm>

namespace sweepjob {

bool dominates(std::span<const double> a, std::span<const double> b) {
  bool is_better = false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (is_worst(a[i]) || a[i] > b[i]) return false;
    if (is_worst(b[i]) || a[i] < b[i]) is_better = true;
  }
  return is_better;
}

std::vector<std::uint32_t> pareto_front(const std::vector<std::vector<double>>& losses) {
  std::vector<std::uint32_t> order;
  for (std::uint32_t i = 0; i < losses.size(); ++i) {
    if (std::none_of(losses[i].begin(), losses[i].end(), is_worst)) order.push_back(i);
  }
  // After this none is dominated by a later one: comparing with the front so far is enough.
  std::stable_sort(order.begin(), order.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return losses[a] < losses[b]; });
  std::vector<std::uint32_t> front;
  for (const std::uint32_t row : order) {
    const bool is_dominated = std::any_of(front.begin(), front.end(), [&](std::uint32_t other) {
      return dominates(losses[other], losses[row]);
    });
    if (!is_dominated) front.push_back(row);
  }
  std::sort(front.begin(), front.end());
  return front;
}

}  // namespace sweepjob
