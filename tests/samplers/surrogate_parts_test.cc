// The small parts that surrogate samplers share: scales of losses, rows of a fit, local search.
#include <algorithm>
#include <cmath>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "samplers/numerics/draw.h"
#include "samplers/numerics/normal.h"
#include "samplers/surrogate/local_search.h"
#include "samplers/surrogate/model_losses.h"
#include "samplers/surrogate/training_rows.h"
#include "tests/support/spaces.h"

namespace sweepjob {
namespace {

using testing::Each;
using testing::ElementsAre;

const std::vector<LossScale> kScales{LossScale::Linear, LossScale::Log, LossScale::Rank};

TEST(LossScale, HasMeanZeroAndDeviationOneInTheSameOrder) {
  for (const LossScale scale : kScales) {
    for (const double size : {1e-300, 1.0, 1e300}) {
      const std::vector<double> losses{3 * size, -1 * size, 0.5 * size, 1.7 * size};
      const std::vector<double> scaled = model_losses(losses, scale);
      double sum = 0, squares = 0;
      for (const double value : scaled) {
        sum += value;
        squares += value * value;
      }
      EXPECT_NEAR(sum, 0, 1e-12);
      EXPECT_NEAR(squares / 4, 1, 1e-12) << size;
      EXPECT_LT(scaled[1], scaled[2]);
      EXPECT_LT(scaled[2], scaled[3]);
      EXPECT_LT(scaled[3], scaled[0]);
    }
    EXPECT_THAT(model_losses(std::vector<double>{7, 7, 7}, scale), Each(0.0));
    EXPECT_THAT(model_losses(std::vector<double>{1e300}, scale), ElementsAre(0.0));
  }
}

TEST(LossScale, RanksAreNormalQuantiles) {
  // Quantiles of 1/6, 1/2 and 5/6, which lie evenly, before they are brought to deviation 1.
  const std::vector<double> scaled = model_losses(std::vector<double>{5, 1e9, -2}, LossScale::Rank);
  EXPECT_NEAR(scaled[0], 0, 1e-12);
  EXPECT_NEAR(scaled[1], std::sqrt(1.5), 1e-12);
  EXPECT_NEAR(scaled[2], -std::sqrt(1.5), 1e-12);
}

TEST(NormalDraw, HasMeanZeroAndDeviationOne) {
  RandomStream stream(3);
  double sum = 0, squares = 0;
  for (int i = 0; i < 10000; ++i) {
    const double z = normal_draw(stream);
    sum += z;
    squares += z * z;
  }
  EXPECT_NEAR(sum / 10000, 0, 0.03);
  EXPECT_NEAR(squares / 10000, 1, 0.05);
  EXPECT_NEAR(normal_quantile(0.975), 1.959963984540054, 1e-12);
}

TEST(TrainingRows, KeepTheBestAndTheLatestAndSomeOfTheOthers) {
  const SearchSpace space{{test::uniform("x", 0, 1)}};
  const Encoding encoding(space, kNaturalBase, true);
  History history(encoding, Goal::Minimize);
  for (std::uint32_t i = 0; i < 100; ++i) {
    TrialAdded added{TrialId{i}, {}};
    added.proposal.params = {{"x", Value(i / 100.0)}};
    history.observe(added);
    const double loss = std::abs(i - 30.2);  // the best are 30, 31, 29, 32, 28
    history.observe(TrialEnded{TrialId{i}, Status::Completed, loss, loss});
  }
  const auto rows = training_rows(history, 100, 20, Rng(1));
  EXPECT_EQ(rows.size(), 20u);
  EXPECT_TRUE(std::is_sorted(rows.begin(), rows.end()));
  EXPECT_EQ(std::set(rows.begin(), rows.end()).size(), 20u);
  for (const std::uint32_t row : {28, 29, 30, 31, 32, 95, 96, 97, 98, 99}) {
    EXPECT_TRUE(std::binary_search(rows.begin(), rows.end(), row)) << row;
  }
  EXPECT_EQ(training_rows(history, 100, 20, Rng(1)), rows);
  EXPECT_EQ(training_rows(history, 60, 100, Rng(1)).size(), 60u) << "the first 60 to end";
}

class LocalSearchTest : public testing::Test {
 protected:
  // model (0: svm with C, 1: forest with trees), C, trees, n
  const SearchSpace space_{{test::model_choice(true), test::randint("n", 3)}};
  const Encoding encoding_{space_, kNaturalBase, true};
};

TEST_F(LocalSearchTest, NeighboursDifferInOneParameterAndWhatHangsOnIt) {
  Point point{0, 0.5, std::nan(""), 0.5};
  RandomStream stream(1);
  int others = 0, numbers = 0;
  for (const Point& one : one_exchange_neighbours(encoding_, point, {}, stream)) {
    Point snapped = one;
    encoding_.snap(snapped);
    EXPECT_TRUE(encoding_.encode(encoding_.decode(one)).has_value());
    if (one[0] == 1) {
      ++others;
      EXPECT_TRUE(std::isnan(one[1]));
      EXPECT_TRUE(one[2] == 0 || one[2] == 1);
      EXPECT_EQ(one[3], 0.5);
    } else {
      ++numbers;
      EXPECT_NE(one[1] != 0.5, one[3] != 0.5) << "C or n, not both";
    }
  }
  EXPECT_EQ(others, 1);
  EXPECT_EQ(numbers, 8) << "four of C, four of n";
}

TEST_F(LocalSearchTest, AClimbReachesTheTopOfAHill) {
  const Score hill = [](const Point& point) {
    return point[0] == 1 ? 2 + point[2] + point[3] : point[1];
  };
  RandomStream stream(1);
  const Point start{0, 0.5, std::nan(""), 0.5};
  const ScoredPoint top = climb(encoding_, {start, hill(start)}, hill, {}, stream);
  EXPECT_EQ(top.at[0], 1);
  EXPECT_EQ(top.at[2], 1);
  EXPECT_NEAR(top.score, 2 + 1 + 5.0 / 6, 1e-12);
}

TEST_F(LocalSearchTest, AFlatScoreLeavesTheStart) {
  RandomStream stream(1);
  const Point start{0, 0.5, std::nan(""), 0.5};
  EXPECT_EQ(climb(
                encoding_, {start, 1}, [](const Point&) { return 1.0; }, {}, stream)
                .at[1],
            0.5);
}

std::vector<double> upper(const std::vector<double>& losses) {
  return model_losses(losses, LossScale::UpperLog);
}

TEST(ModelLosses, TheLogarithmOfTheUpperHalfLetsNoOutlierFlattenTheRest) {
  const std::vector<double> scaled = upper({3, 1, 2, 1e9, 4});
  EXPECT_LT(scaled[1], scaled[2]);
  EXPECT_LT(scaled[4], scaled[3]);
  EXPECT_GT(scaled[2] - scaled[1], 0.05) << "against 1e-9 of plain standardising";
  EXPECT_NEAR(scaled[0] + scaled[1] + scaled[2] + scaled[3] + scaled[4], 0, 1e-12);
}

TEST(ModelLosses, OfTheUpperHalfTakesEqualAndHugeAndTinyOnes) {
  EXPECT_EQ(upper({5, 5, 5}), (std::vector<double>{0, 0, 0}));
  EXPECT_EQ(upper({0, 0}), (std::vector<double>{0, 0}));
  for (const double loss : upper({-1e308, 1e308, 0, 1e300})) EXPECT_TRUE(std::isfinite(loss));
  EXPECT_NEAR(upper({1e-300, 2e-300})[1], 1, 1e-9);
  EXPECT_TRUE(upper({}).empty());
}

}  // namespace
}  // namespace sweepjob
