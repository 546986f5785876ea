#include "samplers/numerics/pareto.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "model/pareto.h"

namespace sweepjob {

std::vector<std::uint32_t> domination_ranks(const Losses& losses) {
  // In lexicographic order no row is dominated by a later one, so that one pass is enough.
  std::vector<std::uint32_t> order(losses.size());
  std::iota(order.begin(), order.end(), 0u);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return losses[a] < losses[b]; });
  std::vector<std::uint32_t> ranks(losses.size(), 0);
  for (std::size_t i = 0; i < order.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (ranks[order[j]] < ranks[order[i]]) continue;
      if (dominates(losses[order[j]], losses[order[i]])) ranks[order[i]] = ranks[order[j]] + 1;
    }
  }
  return ranks;
}

std::vector<double> crowding_distances(const Losses& losses,
                                       const std::vector<std::uint32_t>& rows) {
  constexpr double kEnd = std::numeric_limits<double>::infinity();
  std::vector<double> distances(rows.size(), 0);
  const std::size_t objectives = rows.empty() ? 0 : losses[rows.front()].size();
  std::vector<std::size_t> order(rows.size());
  for (std::size_t k = 0; k < objectives; ++k) {
    const auto value = [&](std::size_t i) { return losses[rows[i]][k]; };
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return value(a) < value(b); });
    // Halved, or the difference of two huge numbers is no number.
    const double half_range = value(order.back()) / 2 - value(order.front()) / 2;
    if (!(half_range > 0)) continue;
    distances[order.front()] = distances[order.back()] = kEnd;
    for (std::size_t i = 1; i + 1 < order.size(); ++i) {
      distances[order[i]] += (value(order[i + 1]) / 2 - value(order[i - 1]) / 2) / half_range;
    }
  }
  return distances;
}

std::vector<std::uint32_t> select_elite(const Losses& losses, std::size_t count) {
  const std::vector<std::uint32_t> ranks = domination_ranks(losses);
  std::vector<std::uint32_t> chosen;
  for (std::uint32_t rank = 0; chosen.size() < std::min(count, losses.size()); ++rank) {
    std::vector<std::uint32_t> rows;
    for (std::uint32_t i = 0; i < ranks.size(); ++i) {
      if (ranks[i] == rank) rows.push_back(i);
    }
    const std::size_t room = count - chosen.size();
    if (rows.size() > room) {
      const std::vector<double> distances = crowding_distances(losses, rows);
      std::vector<std::size_t> order(rows.size());
      std::iota(order.begin(), order.end(), std::size_t{0});
      std::stable_sort(order.begin(), order.end(),
                       [&](std::size_t a, std::size_t b) { return distances[a] > distances[b]; });
      std::vector<std::uint32_t> kept;
      for (std::size_t i = 0; i < room; ++i) kept.push_back(rows[order[i]]);
      rows = std::move(kept);
    }
    chosen.insert(chosen.end(), rows.begin(), rows.end());
  }
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

}  // namespace sweepjob
