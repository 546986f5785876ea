// How many trials Hyperband (Li et al., JMLR 2018) starts in each of n brackets, 0 being the one
// with the most rungs:  a_b = ceil(n * eta^(n-1-b) / (n - b)). In integers. Layer 2.
#pragma once

#include <cstddef>
#include <cstdint>
#include <numeric>
#include <vector>

namespace sweepjob {

// eta^(brackets - 1) is at most kMostIntervals.
[[nodiscard]] inline std::vector<std::uint64_t> hyperband_shares(std::size_t brackets,
                                                                 std::uint64_t eta) {
  std::vector<std::uint64_t> shares(brackets);
  std::uint64_t power = 1;
  for (std::size_t b = brackets; b-- > 0; power *= eta) {
    shares[b] = (brackets * power + brackets - b - 1) / (brackets - b);
  }
  return shares;
}

[[nodiscard]] inline std::uint64_t total_of(const std::vector<std::uint64_t>& shares) {
  return std::accumulate(shares.begin(), shares.end(), std::uint64_t{0});
}

// The first bracket whose shares and those before it are more than `draw`; draw < total_of(shares).
[[nodiscard]] inline std::size_t bracket_at(const std::vector<std::uint64_t>& shares,
                                            std::uint64_t draw) {
  std::size_t bracket = 0;
  while (draw >= shares[bracket]) draw -= shares[bracket++];
  return bracket;
}

}  // namespace sweepjob
