#include "samplers/numerics/expected_improvement.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace sweepjob {
namespace {

TEST(ExpectedImprovement, IsItsFormula) {
  EXPECT_NEAR(expected_improvement(0, 0, 1), 0.3989422804014327, 1e-15) << "phi(0)";
  EXPECT_NEAR(expected_improvement(3, 1, 2), 2 * (0.24197072451914337 + 0.8413447460685429), 1e-14)
      << "z = 1";
  EXPECT_NEAR(expected_improvement(-2, 0, 1), 0.05399096651318806 - 2 * 0.022750131948179195, 1e-15)
      << "z = -2";
}

TEST(ExpectedImprovement, OfACertainLossIsTheDifference) {
  EXPECT_EQ(expected_improvement(2, 0.5, 0), 1.5);
  EXPECT_EQ(expected_improvement(0.5, 2, 0), 0);
  EXPECT_EQ(log_expected_improvement(1, 0, 0), 0);
  EXPECT_EQ(log_expected_improvement(0, 1, 0), -std::numeric_limits<double>::infinity());
}

TEST(ExpectedImprovement, TheLogarithmIsOfTheSameNumber) {
  for (const double z : {-8.0, -3.0, -1.001, -0.999, 0.0, 2.0, 9.0}) {
    EXPECT_NEAR(log_expected_improvement(z * 0.5, 0, 0.5),
                std::log(expected_improvement(z * 0.5, 0, 0.5)), 1e-9 * z * z + 1e-13)
        << z;
  }
}

// h(-40) = phi(40) / 1600 (1 - 3/1600 + 15/1600^2 - ...), far below the smallest double.
TEST(ExpectedImprovement, TheLogarithmGoesOnWhereTheNumberUnderflows) {
  EXPECT_EQ(expected_improvement(-40, 0, 1), 0);
  const double series = 1 - 3.0 / 1600 + 15.0 / (1600.0 * 1600) - 105.0 / std::pow(1600.0, 3);
  EXPECT_NEAR(log_expected_improvement(-40, 0, 1),
              -800 - 0.9189385332046727 - std::log(1600.0) + std::log(series), 1e-9);
  EXPECT_NEAR(log_expected_improvement(-24.999, 0, 1), log_expected_improvement(-25.001, 0, 1),
              0.0521)
      << "both formulas meet";
  EXPECT_GT(log_expected_improvement(-1e5, 0, 1), log_expected_improvement(-1.1e5, 0, 1));
}

}  // namespace
}  // namespace sweepjob
