#include "samplers/surrogate/random_forest.h"

#include <cmath>

#include <gtest/gtest.h>

#include "samplers/numerics/draw.h"
#include "tests/support/spaces.h"

namespace sweepjob {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

class RandomForestTest : public testing::Test {
 protected:
  [[nodiscard]] static RandomForest grow(const Encoding& encoding,
                                         const RandomForest::Settings& settings,
                                         const std::vector<Point>& points,
                                         const std::vector<double>& losses,
                                         std::uint64_t seed = 1) {
    return {encoding, settings, points, losses, RandomStream(seed)};
  }

  const SearchSpace line_{{test::uniform("x", 0, 1)}};
  const Encoding on_line_{line_, kNaturalBase, true};
  // Of one split each, at the best place, two rows on either side.
  const RandomForest::Settings stumps_{.trees = 2000,
                                       .bootstrap = false,
                                       .axes_per_split = 1,
                                       .min_to_split = 2,
                                       .min_in_leaf = 2,
                                       .max_depth = 1};
};

// The best split parts {1, 3} from {7, 9}, anywhere between 0.2 and 0.8.
TEST_F(RandomForestTest, TheVarianceIsThatWithinLeavesAndThatBetweenTrees) {
  const RandomForest forest = grow(on_line_, stumps_, {{0.1}, {0.2}, {0.8}, {0.9}}, {1, 3, 7, 9});
  EXPECT_DOUBLE_EQ(forest.predict({0.15}).mean, 2);
  EXPECT_NEAR(forest.predict({0.15}).variance, 1, 1e-9) << "the trees agree: within the leaf alone";
  EXPECT_DOUBLE_EQ(forest.predict({0.95}).mean, 8);

  // Trees that say 2, a share p, and trees that say 8: 1 + 36 p (1 - p).
  const Prediction middle = forest.predict({0.5});
  EXPECT_NEAR(middle.mean, 5, 0.3) << "half of the splits lie below";
  EXPECT_NEAR(middle.variance, 1 + (middle.mean - 2) * (8 - middle.mean), 1e-9);
  EXPECT_NEAR(forest.predict({0.35}).mean, 2 + 6 * 0.25, 0.3) << "a quarter of them";
}

TEST_F(RandomForestTest, ABootstrapMakesTreesDisagree) {
  RandomForest::Settings settings = stumps_;
  settings.bootstrap = true;
  settings.max_depth = 0;
  // Two draws of {1, 3}: means 1, 2, 3 with 1/4, 1/2, 1/4; within them 0, 1, 0.
  const Prediction all = grow(on_line_, settings, {{0.1}, {0.9}}, {1, 3}).predict({0.5});
  EXPECT_NEAR(all.mean, 2, 0.1);
  EXPECT_NEAR(all.variance, 0.5 + 0.5, 0.01);
}

TEST_F(RandomForestTest, PartsCategoriesIntoAnyTwoSets) {
  const SearchSpace space{{test::choice("c", std::vector<Value>{"a", "b", "c", "d", "e"})}};
  const Encoding encoding(space, kNaturalBase, true);
  RandomForest::Settings settings = stumps_;
  settings.min_in_leaf = 1;
  const RandomForest forest = grow(encoding, settings, {{0}, {1}, {2}, {3}}, {0, 10, 0.5, 9.5});
  for (const double low : {0.0, 2.0}) EXPECT_DOUBLE_EQ(forest.predict({low}).mean, 0.25);
  for (const double high : {1.0, 3.0}) EXPECT_DOUBLE_EQ(forest.predict({high}).mean, 9.75);
  EXPECT_NEAR(forest.predict({4}).mean, 5, 0.4) << "an entry never seen: on either side";
}

TEST_F(RandomForestTest, WhatIsNotActiveIsAPlaceOfItsOwn) {
  const SearchSpace space{{test::model_choice(true)}};  // svm with C, forest with trees
  const Encoding encoding(space, kNaturalBase, true);
  RandomForest::Settings settings = stumps_;
  settings.trees = 50;
  settings.min_in_leaf = 1;
  settings.max_depth = 20;
  const std::vector<Point> points{{0, 0.1, kNan}, {0, 0.9, kNan}, {1, kNan, 0}, {1, kNan, 1}};
  for (const auto split : {RandomForest::Split::Best, RandomForest::Split::Random}) {
    settings.split = split;
    const RandomForest forest = grow(encoding, settings, points, {1, 2, 5, 9});
    for (std::size_t i = 0; i < points.size(); ++i) {
      EXPECT_DOUBLE_EQ(forest.predict(points[i]).mean, std::vector<double>({1, 2, 5, 9})[i]);
    }
    EXPECT_GT(forest.predict({0, 0.5, kNan}).mean, 1);
    EXPECT_LT(forest.predict({0, 0.5, kNan}).mean, 2) << "C is a matter of svm alone";
  }
}

TEST_F(RandomForestTest, EqualLossesAndSmallNodesAreOneLeaf) {
  EXPECT_EQ(grow(on_line_, {}, {{0.1}, {0.5}, {0.9}}, {4, 4, 4}).predict({0.3}).mean, 4);
  EXPECT_EQ(grow(on_line_, {}, {{0.1}, {0.5}, {0.9}}, {4, 4, 4}).predict({0.3}).variance, 0);
  EXPECT_EQ(grow(on_line_, {}, {{0.1}}, {-3}).predict({0.9}).mean, -3);
  RandomForest::Settings settings = stumps_;
  settings.min_in_leaf = 3;
  const RandomForest forest = grow(on_line_, settings, {{0.1}, {0.2}, {0.3}, {0.9}}, {1, 2, 3, 6});
  EXPECT_DOUBLE_EQ(forest.predict({0.9}).mean, 3) << "no split leaves three on both sides";
}

TEST_F(RandomForestTest, WhatIsAssumedIsCounted) {
  RandomForest forest = grow(on_line_, stumps_, {{0.1}, {0.2}, {0.8}, {0.9}}, {1, 3, 7, 9});
  forest.assume({0.15}, forest.predict({0.15}).mean);
  EXPECT_DOUBLE_EQ(forest.predict({0.1}).mean, 2);
  EXPECT_NEAR(forest.predict({0.1}).variance, (1.0 + 1 + 0) / 3, 1e-9);
  EXPECT_NEAR(forest.predict({0.9}).variance, 1, 1e-9);
}

TEST_F(RandomForestTest, TheStreamIsAllItsRandomness) {
  const std::vector<Point> points{{0.1}, {0.2}, {0.3}, {0.6}, {0.8}, {0.9}};
  const std::vector<double> losses{3, 1, 4, 1, 5, 9};
  const auto at = [&](std::uint64_t seed) {
    return grow(on_line_, {}, points, losses, seed).predict({0.45}).mean;
  };
  EXPECT_EQ(at(1), at(1));
  EXPECT_NE(at(1), at(2));
}

}  // namespace
}  // namespace sweepjob
