#include "samplers/surrogate/gaussian_process.h"

#include <cmath>
#include <numbers>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <Eigen/Eigenvalues>

#include "samplers/numerics/bounded_minimum.h"
#include "samplers/numerics/draw.h"
#include "samplers/numerics/expected_improvement.h"
#include "samplers/numerics/matern.h"
#include "samplers/surrogate/model_losses.h"
#include "samplers/surrogate/process_fit.h"
#include "tests/support/spaces.h"

namespace sweepjob {
namespace {

constexpr double kStep = 1e-6;  // of finite differences

// A choice of two models with their own parameters, a number, and a choice that is not ordered.
SearchSpace mixed_space() {
  return {{test::model_choice(true), test::uniform("x", 0, 1),
           test::choice("z", std::vector<Value>{"a", "b", "c"})}};
}

std::vector<Point> draws(const Encoding& encoding, int count) {
  RandomStream stream(7);
  std::vector<Point> result;
  for (int i = 0; i < count; ++i) result.push_back(encoding.draw(stream));
  return result;
}

Eigen::VectorXd losses_of(Eigen::Index count) {
  Eigen::VectorXd result(count);
  for (Eigen::Index i = 0; i < count; ++i) result[i] = std::sin(1.7 * static_cast<double>(i));
  return result;
}

Hyperparameters some_parameters(Eigen::Index weights) {
  Eigen::VectorXd logs(weights);
  for (Eigen::Index i = 0; i < weights; ++i) logs[i] = 0.4 * static_cast<double>(i) - 0.5;
  return {logs, 0.3, std::log(0.05)};
}

TEST(ExpectedImprovement, ItsLogarithmIsRightFarIntoTheTail) {
  EXPECT_NEAR(log_improvement(2).value, 0.6973835458, 1e-9);
  EXPECT_NEAR(log_improvement(0).value, -0.9189385332, 1e-9);
  EXPECT_NEAR(log_improvement(-2).value, -4.7687835239, 1e-9);
  EXPECT_NEAR(log_improvement(-30).value, -457.7246537606, 1e-8);
  EXPECT_NEAR(log_improvement(-100).value, -5010.1295788, 1e-6);
  EXPECT_NEAR(log_improvement(-25 + 1e-9).value, log_improvement(-25 - 1e-9).value, 1e-6);
  EXPECT_TRUE(std::isfinite(log_improvement(-1e9).value));
}

TEST(ExpectedImprovement, SlopesAgreeWithDifferences) {
  for (const double z : {3.0, 0.0, -5.0, -24.0, -26.0, -200.0}) {
    const double difference =
        (log_improvement(z + kStep).value - log_improvement(z - kStep).value) / (2 * kStep);
    EXPECT_NEAR(log_improvement(z).slope / difference, 1, 1e-4) << z;
  }
  for (const auto kind : {Utility::Kind::LogImprovement, Utility::Kind::Improvement,
                          Utility::Kind::Probability, Utility::Kind::Confidence}) {
    const Utility utility{kind, 0.1, 2};
    const auto value = [&](double mean, double deviation) {
      return utility.at(mean, deviation).value;
    };
    const Utility::Value here = utility.at(0.3, 0.5);
    EXPECT_NEAR(here.by_mean, (value(0.3 + kStep, 0.5) - value(0.3 - kStep, 0.5)) / (2 * kStep),
                1e-7);
    EXPECT_NEAR(here.by_deviation,
                (value(0.3, 0.5 + kStep) - value(0.3, 0.5 - kStep)) / (2 * kStep), 1e-7);
  }
}

TEST(BoundedMinimum, IsAtTheBoundWhereTheFunctionFallsTowardsIt) {
  const Differentiable function = [](const Eigen::VectorXd& x, Eigen::VectorXd& gradient) {
    gradient.resize(2);
    gradient << 2 * (x[0] - 0.3), 2 * (x[1] - 5);
    return std::pow(x[0] - 0.3, 2) + std::pow(x[1] - 5, 2);
  };
  const BoundedMinimum found = minimize_bounded(function, Eigen::Vector2d(0.9, 0.1),
                                                Eigen::Vector2d::Zero(), Eigen::Vector2d::Ones());
  EXPECT_NEAR(found.at[0], 0.3, 1e-4);
  EXPECT_EQ(found.at[1], 1);
}

// One parameter, w = 4, s = 1.5, noise 0.01, worked out apart from this program; losses are the
// negatives of the example's values, which are maximised.
TEST(GaussianProcess, AgreesWithAnExampleOfThreePoints) {
  const SearchSpace space{{test::uniform("x", 0, 1)}};
  const Encoding encoding(space, kNaturalBase, true);
  const FeatureMap map(encoding);
  const Hyperparameters parameters{Eigen::VectorXd::Constant(1, std::log(4)), std::log(1.5),
                                   std::log(0.01)};
  const std::vector<Point> points{{0}, {0.5}, {1}};
  const Eigen::Vector3d losses(1.2, -0.3, -0.9);
  EXPECT_NEAR(matern52(0.25), 0.8286491424, 1e-10);
  const auto likelihood = log_likelihood(map, map.of(points), losses, parameters, nullptr);
  ASSERT_TRUE(likelihood);
  EXPECT_NEAR(*likelihood + 1.5 * std::log(2 * std::numbers::pi), -1.26592901, 1e-7);

  const GaussianProcess process(map, map.of(points), losses, parameters);
  const std::vector<Point> at{{0.25}};
  const auto prediction = process.predict(map.of(at));
  EXPECT_NEAR(prediction.mean[0], 0.54007718, 1e-7);
  EXPECT_NEAR(prediction.variance[0], 0.14211331, 1e-7);
  const Utility utility{Utility::Kind::LogImprovement, -0.9, 0};
  EXPECT_NEAR(utility.at(prediction.mean[0], std::sqrt(prediction.variance[0])).value, -12.04179533,
              1e-5);
}

TEST(GaussianProcess, OneResultGivesTheFormulaOfOne) {
  const SearchSpace space{{test::uniform("x", 0, 1)}};
  const Encoding encoding(space, kNaturalBase, true);
  const FeatureMap map(encoding);
  const Hyperparameters parameters{Eigen::VectorXd::Zero(1), std::log(2), std::log(0.5)};
  const std::vector<Point> points{{0}}, at{{0.6}};
  const GaussianProcess process(map, map.of(points), Eigen::VectorXd::Constant(1, 3), parameters);
  const double k = 2 * matern52(0.36);
  EXPECT_NEAR(process.predict(map.of(at)).mean[0], k / 2.5 * 3, 1e-12);
  EXPECT_NEAR(process.predict(map.of(at)).variance[0], 2 - k * k / 2.5, 1e-12);
  EXPECT_NEAR(process.means()[0], 2 / 2.5 * 3, 1e-12);
}

TEST(GaussianProcess, TheGradientOfTheLikelihoodAgreesWithDifferences) {
  const SearchSpace space = mixed_space();
  const Encoding encoding(space, kNaturalBase, true);
  const FeatureMap map(encoding);
  const Features points = map.of(draws(encoding, 20));
  const Eigen::VectorXd losses = losses_of(20);
  const Eigen::VectorXd packed = some_parameters(map.weight_count()).packed();
  Eigen::VectorXd gradient;
  ASSERT_TRUE(log_likelihood(map, points, losses, Hyperparameters::unpacked(packed), &gradient));
  for (Eigen::Index i = 0; i < packed.size(); ++i) {
    Eigen::VectorXd up = packed, down = packed;
    up[i] += kStep;
    down[i] -= kStep;
    const double difference =
        (*log_likelihood(map, points, losses, Hyperparameters::unpacked(up), nullptr) -
         *log_likelihood(map, points, losses, Hyperparameters::unpacked(down), nullptr)) /
        (2 * kStep);
    EXPECT_NEAR(gradient[i], difference, 1e-5) << i;
  }
}

TEST(GaussianProcess, TheSlopeOfThePredictionAgreesWithDifferences) {
  const SearchSpace space{{test::uniform("x", 0, 1), test::uniform("y", 0, 1)}};
  const Encoding encoding(space, kNaturalBase, true);
  const FeatureMap map(encoding);
  const GaussianProcess process(map, map.of(draws(encoding, 12)), losses_of(12),
                                some_parameters(2));
  const auto slope = process.predict_with_slope(map.of(std::vector<Point>{{0.4, 0.7}}));
  const auto up = process.predict(map.of(std::vector<Point>{{0.4 + kStep, 0.7}}));
  const auto down = process.predict(map.of(std::vector<Point>{{0.4 - kStep, 0.7}}));
  EXPECT_NEAR(slope.mean_by_column[0], (up.mean[0] - down.mean[0]) / (2 * kStep), 1e-6);
  EXPECT_NEAR(slope.variance_by_column[0], (up.variance[0] - down.variance[0]) / (2 * kStep), 1e-6);
}

TEST(GaussianProcess, TheKernelOfANestedSpaceIsPositiveDefinite) {
  const SearchSpace space = mixed_space();
  const Encoding encoding(space, kNaturalBase, true);
  const FeatureMap map(encoding);
  const Features points = map.of(draws(encoding, 60));
  RandomStream stream(3);
  for (int round = 0; round < 5; ++round) {
    Eigen::VectorXd weights(map.weight_count());
    for (double& weight : weights) weight = std::exp(6 * stream.uniform() - 3);
    const Eigen::MatrixXd squared = squared_distances(points, points, map.number_weights(weights),
                                                      map.category_weights(weights));
    Eigen::MatrixXd kernel;
    matern52(squared, kernel, nullptr);
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(kernel);
    EXPECT_GT(solver.eigenvalues().minCoeff(), -1e-10);
  }
}

TEST(GaussianProcess, ComparesPointsOnTheAxesThatAreActiveInBoth) {
  const SearchSpace space{{test::model_choice(true)}};
  const Encoding encoding(space, kNaturalBase, true);
  const FeatureMap map(encoding);
  ASSERT_EQ(map.weight_count(), 3) << "the model, C and trees";
  const double none = NAN;
  const std::vector<Point> points{{0, 0.2, none}, {0, 0.9, none}, {1, none, 0}, {1, none, 1}};
  const Eigen::Vector3d weights(10, 100, 1000);
  const Features features = map.of(points);
  const Eigen::MatrixXd squared = squared_distances(features, features, map.number_weights(weights),
                                                    map.category_weights(weights));
  EXPECT_NEAR(squared(0, 1), 100 * std::pow(2 * std::sin(0.35), 2), 1e-9);
  EXPECT_NEAR(squared(2, 3), 1000, 1e-9);
  for (int i = 0; i < 2; ++i) {
    for (int j = 2; j < 4; ++j) EXPECT_NEAR(squared(i, j), 1110, 1e-9);
  }
}

TEST(GaussianProcess, WhatIsBelievedOfPendingPointsLeavesTheMeanAndShrinksTheVariance) {
  const SearchSpace space = mixed_space();
  const Encoding encoding(space, kNaturalBase, true);
  const FeatureMap map(encoding);
  const std::vector<Point> points = draws(encoding, 15);
  GaussianProcess process(map, map.of(std::span(points).first(10)), losses_of(10),
                          some_parameters(map.weight_count()));
  const Features others = map.of(std::span(points).subspan(10));
  const auto before = process.predict(others);
  process.believe(others);
  const auto after = process.predict(others);
  EXPECT_LT((before.mean - after.mean).cwiseAbs().maxCoeff(), 1e-9);
  EXPECT_TRUE((after.variance.array() < 0.5 * before.variance.array()).all());
}

TEST(ProcessFit, FindsWhichParameterMattersAndHowMuchNoiseThereIs) {
  const SearchSpace space{{test::uniform("x", 0, 1), test::uniform("y", 0, 1)}};
  const Encoding encoding(space, kNaturalBase, true);
  const FeatureMap map(encoding);
  const std::vector<Point> points = draws(encoding, 40);
  std::vector<double> smooth, noisy;
  RandomStream stream(5);
  for (const Point& point : points) {
    smooth.push_back(std::sin(6 * point[0]));
    noisy.push_back(smooth.back() + 2 * stream.uniform() - 1);
  }
  const auto fit = [&](const std::vector<double>& losses) {
    const std::vector<double> scaled = model_losses(losses, LossScale::UpperLog);
    const Eigen::Map<const Eigen::VectorXd> seen(scaled.data(),
                                                 static_cast<Eigen::Index>(scaled.size()));
    return fit_hyperparameters(map, map.of(points), seen, std::nullopt);
  };
  EXPECT_GT(fit(smooth).log_weights[0], fit(smooth).log_weights[1] + 2);
  EXPECT_LT(fit(smooth).log_noise, std::log(1e-3));
  EXPECT_GT(fit(noisy).log_noise, std::log(0.05));
}

// One result says nothing of length scales: what is found is the largest density of the prior, a
// log-normal's exp(mean - deviation^2).
TEST(ProcessFit, KnowsNothingButThePriorOfASingleResult) {
  for (const int count : {1, 9}) {
    SearchSpace space;
    for (int i = 0; i < count; ++i) {
      space.parameters.push_back(test::uniform(fmt::format("x{}", i), 0, 1));
    }
    const Encoding encoding(space, kNaturalBase, true);
    const FeatureMap map(encoding);
    const std::vector<Point> points = draws(encoding, 1);
    const Hyperparameters found =
        fit_hyperparameters(map, map.of(points), Eigen::VectorXd::Zero(1), std::nullopt);
    const double mode = std::exp(std::numbers::sqrt2 + 0.5 * std::log(count) - 3);
    for (const double log_weight : found.log_weights) {
      EXPECT_NEAR(std::exp(-0.5 * log_weight), mode, 0.01 * mode);
    }
  }
}

}  // namespace
}  // namespace sweepjob
