#include "samplers/surrogate/classic_process.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "model/rng.h"

namespace sweepjob {
namespace {

using Smoothness = ClassicProcess::Smoothness;

Eigen::MatrixXd column(const std::vector<double>& values) {
  return Eigen::Map<const Eigen::VectorXd>(values.data(), static_cast<Eigen::Index>(values.size()));
}

// Two points: K = [[1, k], [k, 1]] with losses -1 and 1, so that the likelihood is known.
TEST(ClassicProcess, TheLikelihoodOfTwoPointsIsTheClosedForm) {
  const std::vector<double> losses{3, 5};
  const ClassicProcess process(column({0, 0.5}), losses,
                               {.smoothness = Smoothness::ThreeHalves, .diagonal = 1e-7});
  const double r = 0.5 / process.length_scale();
  const double k = (1 + std::sqrt(3.0) * r) * std::exp(-std::sqrt(3.0) * r);
  const double d = 1 + 1e-7;
  // y'K^-1 y = 2 / (d - k) for y = (-1, 1); det K = d^2 - k^2.
  EXPECT_NEAR(process.log_likelihood(),
              -1 / (d - k) - 0.5 * std::log(d * d - k * k) - std::log(2 * M_PI), 1e-6);
  EXPECT_EQ(process.scaled(3), -1);
  EXPECT_EQ(process.unscaled(1), 5);
  EXPECT_TRUE(process.is_at_bound()) << "opposite losses: the shorter the better";
}

// Reference: k(0.5) at l = 1 is 0.7848876540 (nu = 3/2) and 0.8286491424 (nu = 5/2).
TEST(ClassicProcess, PredictsByTheKernelOfItsSmoothness) {
  for (const auto& [smoothness, at_half] : {std::pair(Smoothness::ThreeHalves, 0.7848876540),
                                            std::pair(Smoothness::FiveHalves, 0.8286491424)}) {
    const std::vector<double> losses{2};
    const ClassicProcess one(column({0.0}), losses, {.smoothness = smoothness, .diagonal = 0});
    Eigen::VectorXd x(1);
    x << 0.5 * one.length_scale();
    // One loss is 0 on its own scale: only the deviation tells of the kernel.
    EXPECT_NEAR(one.at(x).deviation, std::sqrt(1 - at_half * at_half), 1e-9);
    EXPECT_EQ(one.at(x).mean, 0);
  }
}

TEST(ClassicProcess, FindsTheLengthScaleAndGoesThroughTheResults) {
  std::vector<double> xs, losses;
  for (int i = 0; i <= 12; ++i) {
    xs.push_back(i / 12.0);
    losses.push_back(100 + 7 * std::sin(6 * xs.back()));
  }
  const ClassicProcess process(column(xs), losses, {});
  EXPECT_FALSE(process.is_at_bound());
  EXPECT_GT(process.length_scale(), 0.1);
  EXPECT_LT(process.length_scale(), 10);
  Eigen::VectorXd x(1);
  for (const double at : {0.25, 0.29, 0.71}) {
    x << at;
    EXPECT_NEAR(process.unscaled(process.at(x).mean), 100 + 7 * std::sin(6 * at), 0.05);
  }
  x << 3;
  EXPECT_GT(process.at(x).deviation, 0.5) << "far from all results";
}

TEST(ClassicProcess, GradientsAreThoseOfItsPredictions) {
  RandomStream stream(5);
  Eigen::MatrixXd points(12, 3);
  std::vector<double> losses;
  for (Eigen::Index i = 0; i < points.rows(); ++i) {
    for (Eigen::Index k = 0; k < 3; ++k) points(i, k) = stream.uniform();
    losses.push_back(points(i, 0) * points(i, 1) - points(i, 2));
  }
  for (const Smoothness smoothness : {Smoothness::ThreeHalves, Smoothness::FiveHalves}) {
    const ClassicProcess process(points, losses, {.smoothness = smoothness, .diagonal = 1e-6});
    Eigen::VectorXd x(3);
    x << 0.3, 0.6, 0.2;
    Eigen::MatrixXd gradients;
    static_cast<void>(process.at(x, &gradients));
    for (Eigen::Index k = 0; k < 3; ++k) {
      constexpr double kStep = 1e-5;
      Eigen::VectorXd up = x, down = x;
      up[k] += kStep;
      down[k] -= kStep;
      const auto a = process.at(up), b = process.at(down);
      EXPECT_NEAR(gradients(k, 0), (a.mean - b.mean) / (2 * kStep), 1e-5);
      EXPECT_NEAR(gradients(k, 1), (a.deviation - b.deviation) / (2 * kStep), 1e-4);
    }
  }
}

TEST(ClassicProcess, TakesEqualHugeAndRepeatedResults) {
  for (const std::vector<double>& losses :
       {std::vector<double>{4, 4, 4}, {-1e308, 1e308, 0}, {1e-300, 2e-300, 0}}) {
    const ClassicProcess process(column({0.5, 0.5, 0.2}), losses, {.diagonal = 1e-10});
    Eigen::VectorXd x(1);
    x << 0.4;
    EXPECT_TRUE(std::isfinite(process.at(x).mean));
    EXPECT_TRUE(std::isfinite(process.at(x).deviation));
  }
}

}  // namespace
}  // namespace sweepjob
