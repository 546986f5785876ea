#include "samplers/numerics/gaussian_mixture.h"

#include <cmath>
#include <numbers>

#include <gtest/gtest.h>

#include "samplers/numerics/normal.h"

namespace sweepjob {
namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;

// Rows 0 and 2: mean 1, L = 1, S = (1 + 2) / (2 + 2 + 4).
TEST(GaussianMixture, OfOnePartIsTheMeanAndTheVarianceWithItsPrior) {
  RandomStream stream(1);
  const GaussianMixture mixture(MatrixXd{{0}, {2}}, 1, stream);
  ASSERT_EQ(mixture.parts().size(), 1u);
  const double variance = 3.0 / 8;
  EXPECT_NEAR(mixture.parts()[0].mean[0], 1, 1e-12);
  EXPECT_NEAR(mixture.log_density(VectorXd{{1.5}}),
              -0.5 * 0.25 / variance - 0.5 * std::log(2 * std::numbers::pi * variance), 1e-9);
}

TEST(GaussianMixture, FindsTwoCloudsAndDrawsFromThem) {
  RandomStream stream(3);
  MatrixXd rows(200, 2);
  for (Eigen::Index i = 0; i < 200; ++i) {
    const double centre = i % 4 == 0 ? 5 : -5;
    rows.row(i) << centre + normal_draw(stream), 0.5 * normal_draw(stream);
  }
  const GaussianMixture mixture(rows, 2, stream);
  ASSERT_EQ(mixture.parts().size(), 2u);
  const bool first_is_right = mixture.parts()[0].mean[0] > 0;
  const auto& right = mixture.parts()[first_is_right ? 0 : 1];
  EXPECT_NEAR(right.weight, 0.25, 1e-6);
  EXPECT_NEAR(right.mean[0], 5, 0.4);
  EXPECT_NEAR(right.covariance.reconstructedMatrix()(0, 0), 1, 0.6);
  EXPECT_GT(mixture.log_density(VectorXd{{5, 0}}), mixture.log_density(VectorXd{{0, 0}}) + 4);
  int on_the_right = 0;
  for (int i = 0; i < 1000; ++i) on_the_right += mixture.draw(stream)[0] > 0 ? 1 : 0;
  EXPECT_NEAR(on_the_right, 250, 50);
}

TEST(GaussianMixture, TakesMorePartsThanRowsAndEqualRows) {
  RandomStream stream(5);
  EXPECT_EQ(GaussianMixture(MatrixXd{{0}, {1}}, 9, stream).parts().size(), 2u);
  const GaussianMixture same(MatrixXd::Constant(4, 3, 0.5), 3, stream);
  EXPECT_EQ(same.parts().size(), 1u);
  EXPECT_TRUE(std::isfinite(same.log_density(VectorXd::Constant(3, 0.5))));
  EXPECT_GT(same.log_density(VectorXd::Constant(3, 0.5)), same.log_density(VectorXd::Zero(3)));
}

}  // namespace
}  // namespace sweepjob
