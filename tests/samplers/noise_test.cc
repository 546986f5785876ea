#include "samplers/surrogate/noise.h"

#include <cmath>
#include <functional>

#include <gtest/gtest.h>

#include "samplers/numerics/draw.h"
#include "tests/support/spaces.h"

namespace sweepjob {
namespace {

double share_of(double noise, const std::function<double(double, double)>& f) {
  const SearchSpace space{{test::uniform("x", 0, 1), test::uniform("y", 0, 1)}};
  const Encoding encoding(space, kNaturalBase, true);
  RandomStream stream = Rng(7).stream(TrialId{}, "noise");
  std::vector<Point> points;
  std::vector<double> values;
  for (int i = 0; i < 300; ++i) {
    points.push_back(encoding.draw(stream));
    values.push_back(f(points.back()[0], points.back()[1]) + noise * (2 * stream.uniform() - 1));
  }
  return noise_share(points, values, encoding.axes());
}

TEST(NoiseShare, IsThatOfTheVariance) {
  const auto slope = [](double x, double y) { return 3 * x + y; };  // of variance 10 / 12
  EXPECT_NEAR(share_of(0, slope), 0, 0.02);
  EXPECT_NEAR(share_of(1, slope), (1 / 3.) / (1 / 3. + 10 / 12.), 0.1);
  EXPECT_NEAR(share_of(1, [](double, double) { return 0.0; }), 1, 0.15);
  EXPECT_LT(share_of(0, [](double x, double y) { return std::sin(8 * x) * std::cos(8 * y); }), 0.2);
}

TEST(NoiseShare, IsNoneOfTooFewPointsEqualOnesAndHugeOnes) {
  const std::vector<Axis> axes(1);
  EXPECT_EQ(noise_share({{0.1}, {0.2}}, {1, 2}, axes), 0);
  const std::vector<Point> points(20, Point{0.5});
  EXPECT_EQ(noise_share(points, std::vector<double>(20, 3.0), axes), 0);
  std::vector<double> huge(20, 1e308);
  huge[3] = -1e308;
  const double share = noise_share(points, huge, axes);
  EXPECT_TRUE(share >= 0 && share <= 1) << share;
}

}  // namespace
}  // namespace sweepjob
