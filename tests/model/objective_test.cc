#include "model/objective.h"

#include <algorithm>
#include <vector>

#include <gtest/gtest.h>

namespace sweepjob {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(Better, FollowsTheGoalStrictly) {
  EXPECT_TRUE(better(Goal::Minimize, 1, 2));
  EXPECT_FALSE(better(Goal::Minimize, 2, 1));
  EXPECT_TRUE(better(Goal::Maximize, 2, 1));
  for (const Goal goal : {Goal::Minimize, Goal::Maximize}) {
    EXPECT_FALSE(better(goal, 1, 1));
    EXPECT_FALSE(better(goal, -0.0, 0.0));
  }
}

TEST(Better, HoldsNanAndInfinitiesForWorseThanEveryNumberAndEqual) {
  for (const Goal goal : {Goal::Minimize, Goal::Maximize}) {
    for (const double worst : {kWorst, kInfinity, -kInfinity}) {
      EXPECT_TRUE(is_worst(worst));
      EXPECT_TRUE(better(goal, 1e308, worst));
      EXPECT_TRUE(better(goal, -1e308, worst));
      EXPECT_FALSE(better(goal, worst, -1e308));
      EXPECT_FALSE(better(goal, worst, 1e308));
      for (const double other : {kWorst, kInfinity, -kInfinity}) {
        EXPECT_FALSE(better(goal, worst, other));
      }
    }
  }
}

TEST(BestOf, KeepsTheFirstOnATieAndAnyNumberOverWorst) {
  EXPECT_EQ(best_of(Goal::Minimize, 1, 2), 1);
  EXPECT_EQ(best_of(Goal::Maximize, 1, 2), 2);
  EXPECT_EQ(best_of(Goal::Minimize, kWorst, 5), 5);
  EXPECT_EQ(best_of(Goal::Maximize, kInfinity, -5), -5);
  EXPECT_TRUE(is_worst(best_of(Goal::Maximize, kWorst, kInfinity)));
}

TEST(RankKey, SortsWorstFirstUnderBothGoals) {
  for (const Goal goal : {Goal::Minimize, Goal::Maximize}) {
    std::vector<double> values{3, kInfinity, -2, kWorst, 0, -kInfinity, 1e308, -1e308};
    std::sort(values.begin(), values.end(),
              [&](double a, double b) { return rank_key(goal, a) < rank_key(goal, b); });
    for (std::size_t i = 0; i < values.size(); ++i) EXPECT_EQ(is_worst(values[i]), i < 3);
    for (std::size_t i = 3; i + 1 < values.size(); ++i) {
      EXPECT_TRUE(better(goal, values[i + 1], values[i]));
    }
  }
}

}  // namespace
}  // namespace sweepjob
