// The signed-rank test against values of an independent program (scipy 1.10.1, zero_method zsplit,
// alternative greater) and against fractions counted by hand.
#include "policies/signed_rank.h"

#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

namespace sweepjob {
namespace {

struct Row {
  std::vector<double> differences;
  double rank_sum;
  double p_value;
  bool exact;
};

TEST(SignedRank, CountsTheSignsWhereThereAreNeitherTiesNorZeros) {
  const std::vector<Row> rows = {
      {{3}, 1, 1.0 / 2, true},
      {{1, 2}, 3, 1.0 / 4, true},
      {{-1, -2}, 0, 1, true},
      {{1, 2, 3, 4, 5}, 15, 1.0 / 32, true},
      {{5, 4, 3, -2, 1}, 13, 3.0 / 32, true},  // 15, 14 and 13 have one subset each
      {{0.5, -0.25, 1, 2, 3, -0.125}, 18, 5.0 / 64, true},
  };
  for (const Row& row : rows) {
    const SignedRankTest test = signed_rank_test(row.differences);
    EXPECT_EQ(test.rank_sum, row.rank_sum);
    EXPECT_EQ(test.p_value, row.p_value);
    EXPECT_EQ(test.exact, row.exact);
  }
}

TEST(SignedRank, TakesTheNormalApproximationWithTiesOrZeros) {
  const std::vector<Row> rows = {
      {{0, 1, 2, 3}, 9.5, 0.050174123231145375, false},
      {{0, 0, 0}, 3, 0.5, false},
      {{0, 0}, 1.5, 0.5, false},
  };
  for (const Row& row : rows) {
    const SignedRankTest test = signed_rank_test(row.differences);
    EXPECT_EQ(test.rank_sum, row.rank_sum);
    EXPECT_NEAR(test.p_value, row.p_value, 1e-15);
    EXPECT_EQ(test.exact, row.exact);
  }
  // 1 1 2 3: ranks 1.5 1.5 3 4; mean 5, variance (4 * 5 * 9 - 6 / 2) / 24 = 7.375.
  const SignedRankTest tied = signed_rank_test({1, 1, 2, 3});
  EXPECT_FALSE(tied.exact);
  EXPECT_NEAR(tied.p_value, 0.5 * std::erfc(5 / std::sqrt(7.375) / std::sqrt(2.0)), 1e-15);
}

TEST(SignedRank, IsExactUpToFifty) {
  std::vector<double> alternating;
  std::vector<double> positive;
  for (int i = 1; i <= 50; ++i) {
    alternating.push_back(i % 2 == 0 ? i : -i);
    positive.push_back(i);
  }
  EXPECT_EQ(signed_rank_test(positive).p_value, std::ldexp(1.0, -50));
  EXPECT_NEAR(signed_rank_test(alternating).p_value, 0.45429891124351496, 1e-14);
  alternating.push_back(-51);
  const SignedRankTest normal = signed_rank_test(alternating);
  EXPECT_FALSE(normal.exact);
  EXPECT_NEAR(normal.p_value, 0.5484931000580614, 1e-14);
}

TEST(SignedRank, InfiniteDifferencesHaveARankToo) {
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(signed_rank_test({infinity, 1}).p_value, 0.25);
  EXPECT_EQ(signed_rank_test({-infinity, 1}).rank_sum, 1);
}

}  // namespace
}  // namespace sweepjob
