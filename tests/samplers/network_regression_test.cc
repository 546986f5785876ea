// The two halves of DNGO: the network and the Bayesian regression on its features.
#include <cmath>
#include <numbers>

#include <gtest/gtest.h>
#include <Eigen/LU>

#include "samplers/numerics/bayesian_regression.h"
#include "samplers/numerics/draw.h"
#include "samplers/numerics/neural_network.h"
#include "samplers/surrogate/input_columns.h"
#include "tests/support/spaces.h"

namespace sweepjob {
namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;

// One feature that is always 1: a mean mu with the prior N(0, 1) seen three times with precision 4.
TEST(BayesianRegression, OfOneMeanIsTheClosedForm) {
  const VectorXd y{{1, 2, 3}};
  BayesianRegression regression(MatrixXd::Ones(3, 1), y, {.alpha = 1, .beta = 4});
  const VectorXd one = VectorXd::Ones(1);
  EXPECT_NEAR(regression.mean(one), 4 * 6.0 / 13, 1e-14);
  EXPECT_NEAR(regression.variance(one), 1.0 / 13, 1e-14);
  EXPECT_NEAR(regression.variance(2 * one), 4.0 / 13, 1e-14);
  regression.assume(one);
  EXPECT_NEAR(regression.mean(one), 4 * 6.0 / 13, 1e-14);
  EXPECT_NEAR(regression.variance(one), 1.0 / 17, 1e-14) << "seen four times";
}

// y is normal with the covariance 1/beta + phi phi' / alpha.
TEST(BayesianRegression, TheEvidenceIsTheDensityOfTheData) {
  const MatrixXd features{{1, 0.5}, {0.2, -1}, {0.3, 2}};
  const VectorXd y{{0.3, -0.7, 1.1}};
  const MatrixXd covariance = MatrixXd::Identity(3, 3) / 5 + features * features.transpose() / 0.7;
  const double expected =
      -0.5 * (y.dot(covariance.inverse() * y) + std::log(covariance.determinant()) +
              3 * std::log(2 * std::numbers::pi));
  EXPECT_NEAR(log_evidence(features, y, {.alpha = 0.7, .beta = 5}), expected, 1e-12);
}

TEST(BayesianRegression, FindsThePrecisionsOfTheLargestEvidence) {
  RandomStream stream(5);
  const MatrixXd features = MatrixXd::NullaryExpr(60, 5, [&] { return stream.uniform() - 0.5; });
  VectorXd y = features * VectorXd{{1, -2, 0.5, 0, 3}};
  for (double& value : y) value += 0.3 * (stream.uniform() - 0.5);
  const auto best = BayesianRegression(features, y).precisions();
  const double highest = log_evidence(features, y, best);
  for (const double factor : {0.5, 0.9, 1.1, 2.0}) {
    EXPECT_LT(log_evidence(features, y, {best.alpha * factor, best.beta}), highest);
    EXPECT_LT(log_evidence(features, y, {best.alpha, best.beta * factor}), highest);
  }
  EXPECT_NEAR(1 / best.beta, 0.3 * 0.3 / 12, 0.003) << "the variance of the noise";
}

TEST(BayesianRegression, TakesMoreFeaturesThanRowsAndLossesThatAreAllEqual) {
  const BayesianRegression one(MatrixXd::Ones(1, 20), VectorXd::Zero(1));
  EXPECT_TRUE(std::isfinite(one.variance(VectorXd::Ones(20))));
  EXPECT_EQ(one.mean(VectorXd::Ones(20)), 0);
  const BayesianRegression few(MatrixXd::Identity(3, 9), VectorXd::Ones(3));
  EXPECT_TRUE(std::isfinite(few.mean(VectorXd::Ones(9))));
}

class NeuralNetworkTest : public testing::Test {
 protected:
  NeuralNetworkTest() : network_(2, {7, 5}, stream_) {
    x_ = MatrixXd::NullaryExpr(9, 2, [&] { return 2 * stream_.uniform() - 1; });
    y_ = (x_.col(0).array() * 2).sin() + x_.col(1).array().square();
  }
  RandomStream stream_{17};
  NeuralNetwork network_;
  MatrixXd x_;
  VectorXd y_;
};

TEST_F(NeuralNetworkTest, TheGradientIsThatOfDifferences) {
  VectorXd gradient, ignored;
  static_cast<void>(network_.objective(x_, y_, 0.01, gradient));
  ASSERT_EQ(gradient.size(), 3 * 7 + 8 * 5 + 6 * 1);
  const VectorXd at = network_.parameters();
  constexpr double kStep = 1e-5;
  for (Eigen::Index i = 0; i < at.size(); ++i) {
    VectorXd moved = at;
    moved[i] += kStep;
    network_.set_parameters(moved);
    const double above = network_.objective(x_, y_, 0.01, ignored);
    moved[i] -= 2 * kStep;
    network_.set_parameters(moved);
    const double below = network_.objective(x_, y_, 0.01, ignored);
    // The penalty is on weights, not on biases; both are in the objective as it is.
    EXPECT_NEAR(gradient[i], (above - below) / (2 * kStep), 1e-9) << i;
  }
}

TEST_F(NeuralNetworkTest, LearnsAFunction) {
  VectorXd gradient;
  const double before = network_.objective(x_, y_, 0, gradient);
  network_.train(x_, y_, {.epochs = 300, .batch = 4}, stream_);
  EXPECT_LT(network_.objective(x_, y_, 0, gradient), 0.01 * before);
  EXPECT_EQ(network_.features(x_).cols(), 5);
  EXPECT_LE(network_.features(x_).cwiseAbs().maxCoeff(), 1);
}

TEST(InputColumns, OneForANumberOnePerEntryAndOneThatSaysActive) {
  const SearchSpace space{
      {test::model_choice(true), test::uniform("x", 0, 1), test::uniform("fixed", 3, 3)}};
  const Encoding encoding(space, kNaturalBase, true);
  const InputColumns columns(encoding);
  // model: 2; C: active and value; trees, a choice of two: active and 2; x: 1; fixed: none.
  ASSERT_EQ(columns.size(), 2u + 2 + 3 + 1);
  Eigen::RowVectorXd row(8);
  columns.write({0, 1, std::nan(""), 0.5, 0.5}, row);
  EXPECT_EQ(row, (Eigen::RowVectorXd{{1, 0, 1, std::sqrt(12.0) / 2, 0, 0, 0, 0}}));
  columns.write({1, std::nan(""), 1, 0, 0.5}, row);
  EXPECT_EQ(row, (Eigen::RowVectorXd{{0, 1, 0, 0, 1, 0, 1, -std::sqrt(12.0) / 2}}));
}

}  // namespace
}  // namespace sweepjob
