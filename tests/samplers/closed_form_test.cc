// The Gaussian process of two results, and of one that counts twice, worked by hand: the inverse of
// a two by two matrix needs no solver.
#include <cmath>
#include <numbers>

#include <gtest/gtest.h>

#include "samplers/numerics/draw.h"
#include "samplers/surrogate/gaussian_process.h"
#include "tests/support/spaces.h"

namespace sweepjob {
namespace {

constexpr double kWeight = 4, kScale = 1.5, kNoise = 0.25;

// Matern 5/2 times the scale, at distance r in the one parameter.
double kernel(double r) {
  const double d = std::sqrt(5 * kWeight) * std::abs(r);
  return kScale * (1 + d + d * d / 3) * std::exp(-d);
}

class TwoResults : public testing::Test {
 protected:
  const SearchSpace space_{{test::uniform("x", 0, 1)}};
  const Encoding encoding_{space_, kNaturalBase, true};
  const FeatureMap map_{encoding_};
  const Hyperparameters parameters_{Eigen::VectorXd::Constant(1, std::log(kWeight)),
                                    std::log(kScale), std::log(kNoise)};
};

// K = [a b; b a], so K^-1 = [a -b; -b a] / (a^2 - b^2).
TEST_F(TwoResults, PosteriorAndLikelihoodAreTheClosedForm) {
  const std::vector<Point> points{{0.2}, {0.7}}, at{{0.3}};
  const double y1 = 1.2, y2 = -0.4;
  const double a = kScale + kNoise, b = kernel(0.5), determinant = a * a - b * b;
  const double k1 = kernel(0.1), k2 = kernel(0.4);
  const double fit = (a * y1 * y1 - 2 * b * y1 * y2 + a * y2 * y2) / determinant;
  const double expected = -0.5 * fit - 0.5 * std::log(determinant);
  const Eigen::Vector2d losses(y1, y2);
  const auto likelihood = log_likelihood(map_, map_.of(points), losses, parameters_, nullptr);
  ASSERT_TRUE(likelihood);
  EXPECT_NEAR(*likelihood + std::log(2 * std::numbers::pi), expected, 1e-10);

  const GaussianProcess process(map_, map_.of(points), losses, parameters_);
  const auto prediction = process.predict(map_.of(at));
  EXPECT_NEAR(prediction.mean[0], (k1 * (a * y1 - b * y2) + k2 * (a * y2 - b * y1)) / determinant,
              1e-10);
  EXPECT_NEAR(prediction.variance[0],
              kScale - (a * k1 * k1 - 2 * b * k1 * k2 + a * k2 * k2) / determinant, 1e-10);
}

// At one place: the mean of both, of half the noise.
TEST_F(TwoResults, AtOnePlaceAreOneOfHalfTheNoise) {
  const std::vector<Point> points{{0.5}, {0.5}}, at{{0.5}, {0.9}};
  const GaussianProcess process(map_, map_.of(points), Eigen::Vector2d(1, 2), parameters_);
  const auto prediction = process.predict(map_.of(at));
  const double a = kScale + kNoise / 2, k = kernel(0.4);
  EXPECT_NEAR(prediction.mean[0], kScale / a * 1.5, 1e-10);
  EXPECT_NEAR(prediction.variance[0], kScale - kScale * kScale / a, 1e-10);
  EXPECT_NEAR(prediction.mean[1], k / a * 1.5, 1e-10);
  EXPECT_NEAR(prediction.variance[1], kScale - k * k / a, 1e-10);
}

}  // namespace
}  // namespace sweepjob
