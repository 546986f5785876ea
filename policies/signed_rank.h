// The one-sided Wilcoxon signed-rank test (Wilcoxon 1945): are paired differences above zero?
//   T = the sum of the ranks of |d| over d > 0, plus half of it over d = 0 ("zsplit");
//   p = P(sum of ranks >= T) when each sign is a fair coin's
// Up to 50 differences without zeros and ties: the exact distribution, by counting the subsets of
// 1..n of each sum. Else the normal approximation with
//   mean n(n+1)/4, variance (n(n+1)(2n+1) - sum over ties (t^3 - t)/2) / 24, no continuity
// correction. Ties are exact equality. Boost.Math has the normal distribution, but no signed ranks.
// O(n log n), and at most 64,000 additions for the exact distribution. Any thread.
#pragma once

#include <vector>

namespace sweepjob {

struct SignedRankTest {
  double rank_sum = 0;  // T
  double p_value = 1;
  bool exact = false;
};

// At least one difference; no NaN.
[[nodiscard]] SignedRankTest signed_rank_test(std::vector<double> differences);

}  // namespace sweepjob
