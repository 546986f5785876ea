#include "samplers/surrogate/training_rows.h"

#include <algorithm>
#include <span>
#include <utility>

namespace sweepjob {

std::vector<std::uint32_t> training_rows(const History& history, std::size_t results,
                                         std::size_t limit, const Rng& rng) {
  const std::size_t count = std::min(results, history.ended().size());
  const std::span<const std::uint32_t> ended(history.ended().data(), count);
  if (count <= limit) return {ended.begin(), ended.end()};

  const std::size_t latest = limit / 4;
  std::vector<std::pair<double, std::size_t>> order(count - latest);
  for (std::size_t i = 0; i < order.size(); ++i) {
    order[i] = {history.all()[ended[i]].loss, i};
  }
  const auto best_end = order.begin() + static_cast<std::ptrdiff_t>(limit / 4);
  std::nth_element(order.begin(), best_end, order.end());
  for (auto one = best_end; one != order.end(); ++one) {
    one->first =
        rng.stream(history.all()[ended[one->second]].trial, "kept for the model").uniform();
  }
  const auto kept_end = order.begin() + static_cast<std::ptrdiff_t>(limit - latest);
  std::nth_element(best_end, kept_end, order.end());

  std::vector<std::size_t> kept;
  kept.reserve(limit);
  for (auto one = order.begin(); one != kept_end; ++one) kept.push_back(one->second);
  std::sort(kept.begin(), kept.end());
  std::vector<std::uint32_t> rows;
  rows.reserve(limit);
  for (const std::size_t i : kept) rows.push_back(ended[i]);
  rows.insert(rows.end(), ended.end() - static_cast<std::ptrdiff_t>(latest), ended.end());
  return rows;
}

}  // namespace sweepjob
