#include "tests/bench/samplers/speed.h"

#include <gtest/gtest.h>

namespace sweepjob::bench {
namespace {

TEST(Speed, TheHistoryIsTheSameForEverybody) {
  const History history = make_history(3, 50);
  EXPECT_EQ(history.points, make_history(3, 50).points);
  ASSERT_EQ(history.values.size(), 50u);
  for (std::size_t i = 0; i < history.points.size(); ++i) {
    ASSERT_EQ(history.points[i].size(), 3u);
    EXPECT_EQ(history.values[i], value_at(history.points[i]));
  }
  EXPECT_EQ(cube(3).parameters.size(), 3u);
}

TEST(Speed, ValuesAreDistancesFromAPoint) {
  EXPECT_NEAR(value_at({0.3, 0.32, 0.34}), 0, 1e-15);
  EXPECT_NEAR(value_at({0.8, 0.32}), 0.25, 1e-15);
}

TEST(Speed, ACostIsTakenOfASamplerThatKnowsTheHistory) {
  const Cost cost = measure_cost(contender_from("random"), 2, 20);
  EXPECT_GT(cost.ms, 0);
  EXPECT_GT(cost.first_ms, 0);
  EXPECT_LT(cost.ms, 1000);
}

}  // namespace
}  // namespace sweepjob::bench
