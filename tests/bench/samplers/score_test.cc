#include "tests/bench/samplers/score.h"

#include <cmath>

#include <gtest/gtest.h>

namespace sweepjob::bench {
namespace {

TEST(Score, IsTheMedianRegretByThatOfRandomSearch) {
  EXPECT_DOUBLE_EQ(score_of(0.02, 0.1, kFloor), 0.2);
  EXPECT_DOUBLE_EQ(score_of(0.3, 0.1, kFloor), 3);
  EXPECT_DOUBLE_EQ(score_of(1e-9, 0.1, kFloor), kFloor);
  EXPECT_DOUBLE_EQ(score_of(0, 0.1, kFiniteFloor), kFiniteFloor);
  // A best value that is known to ten digits may be missed by the eleventh.
  EXPECT_DOUBLE_EQ(score_of(-1e-12, 0.1, kFloor), kFloor);
}

TEST(Score, QuartilesLieBetweenTheNearestValues) {
  const Quartiles odd = quartiles_of({5, 1, 4, 2, 3});
  EXPECT_EQ(odd.low, 2);
  EXPECT_EQ(odd.median, 3);
  EXPECT_EQ(odd.high, 4);
  const Quartiles even = quartiles_of({4, 1, 3, 2});
  EXPECT_EQ(even.low, 1.75);
  EXPECT_EQ(even.median, 2.5);
  EXPECT_EQ(even.high, 3.25);
  EXPECT_EQ(quartiles_of({7}).high, 7);
}

TEST(Score, ErrorFallsWithTheRootOfTheSeeds) {
  const Quartiles regret{0.05, 0.1, 0.2};
  const double of_20 = error_of(regret, 1, kFloor, 20);
  // Quartiles a factor of four apart: sigma is ln 4 / 1.349.
  EXPECT_NEAR(of_20, 1.25 * std::log(4) / 1.349 / std::sqrt(20), 1e-12);
  EXPECT_NEAR(error_of(regret, 1, kFloor, 80), of_20 / 2, 1e-12);
  EXPECT_EQ(error_of({0, 0, 0}, 1, kFiniteFloor, 20), 0);
}

TEST(Score, MeanIsGeometric) {
  EXPECT_NEAR(geometric_mean(std::vector<double>{0.01, 1}), 0.1, 1e-15);
  EXPECT_NEAR(geometric_mean(std::vector<double>{2, 4, 8}), 4, 1e-12);
}

}  // namespace
}  // namespace sweepjob::bench
