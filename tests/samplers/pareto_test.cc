#include "samplers/numerics/pareto.h"

#include <algorithm>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/rng.h"

namespace sweepjob {
namespace {

using testing::ElementsAre;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::vector<Losses> random_points(std::size_t count, std::size_t losses, std::uint64_t seed) {
  RandomStream stream(seed);
  std::vector<Losses> points(count, Losses(losses));
  for (Losses& point : points) {
    for (double& loss : point) loss = stream.uniform();
  }
  return points;
}

TEST(Pareto, OneDominatesIfNowhereWorseAndSomewhereBetter) {
  EXPECT_TRUE(dominates({1, 2}, {1, 3}));
  EXPECT_FALSE(dominates({1, 2}, {1, 2}));
  EXPECT_FALSE(dominates({1, 3}, {2, 2}));
  EXPECT_TRUE(dominates({1, kInfinity}, {2, kInfinity}));
}

TEST(Pareto, FrontsByHand) {
  //  (1,5) (2,3) (4,1) are the first, (2,5) (4,3) behind, (5,5) last; equal points share a front.
  const std::vector<Losses> points{{5, 5}, {2, 3}, {2, 5}, {1, 5}, {4, 3}, {4, 1}, {2, 3}};
  EXPECT_THAT(non_dominated_fronts(points),
              ElementsAre(ElementsAre(1, 3, 5, 6), ElementsAre(2, 4), ElementsAre(0)));
  EXPECT_TRUE(non_dominated_fronts({}).empty());
}

// The definition: a point's front is one behind the last front with a point that dominates it.
TEST(Pareto, FrontsAreThoseOfTheDefinition) {
  const std::vector<Losses> points = random_points(150, 3, 4);
  const auto fronts = non_dominated_fronts(points);
  std::vector<std::size_t> front_of(points.size());
  for (std::size_t i = 0; i < fronts.size(); ++i) {
    for (const std::size_t one : fronts[i]) front_of[one] = i;
  }
  for (std::size_t one = 0; one < points.size(); ++one) {
    std::size_t expected = 0;
    for (std::size_t other = 0; other < points.size(); ++other) {
      if (dominates(points[other], points[one])) {
        expected = std::max(expected, front_of[other] + 1);
      }
    }
    EXPECT_EQ(front_of[one], expected) << one;
  }
}

TEST(Pareto, CrowdingByHand) {
  // (1,9) (2,3) (4,2) (5,1): ranges 4 and 8; between the neighbours of (2,3) lie 3 and 7.
  EXPECT_THAT(crowding_distances(std::vector<Losses>{{2, 3}, {1, 9}, {5, 1}, {4, 2}}),
              ElementsAre(3.0 / 4 + 7.0 / 8, kInfinity, kInfinity, 3.0 / 4 + 2.0 / 8));
  EXPECT_THAT(crowding_distances(std::vector<Losses>{{2, 3}, {2, 3}}), ElementsAre(0, 0));
  EXPECT_THAT(crowding_distances(std::vector<Losses>{{2, 3}}), ElementsAre(0));
}

TEST(Pareto, HypervolumeByHand) {
  // (1,3) (2,2) (3,1) below (4,4): columns of 1, 2 and 3.
  const std::vector<Losses> stairs{{3, 1}, {1, 3}, {2, 2}, {3, 3}, {2, 2}, {0, 5}};
  EXPECT_DOUBLE_EQ(hypervolume(stairs, {4, 4}), 6);
  EXPECT_EQ(hypervolume({}, {1, 1}), 0);
  EXPECT_EQ(hypervolume(std::vector<Losses>{{1, 1}}, {1, 2}), 0);
  EXPECT_DOUBLE_EQ(hypervolume(std::vector<Losses>{{3}, {1}}, {4}), 3);
  // Two boxes of 2 x 1 x 1 and 1 x 2 x 1 that share a unit cube, and a third one inside.
  EXPECT_DOUBLE_EQ(hypervolume(std::vector<Losses>{{0, 1, 1}, {1, 0, 1}, {1, 1, 1}}, {2, 2, 2}), 3);
  // Each covers a half of two losses; both together a half of all four.
  EXPECT_DOUBLE_EQ(
      hypervolume(std::vector<Losses>{{0.5, 0.5, 0, 0}, {0, 0, 0.5, 0.5}}, {1, 1, 1, 1}),
      0.25 + 0.25 - 0.0625);
}

TEST(Pareto, HypervolumeIsTheShareOfPointsThatAreDominated) {
  for (const std::size_t losses : {2U, 3U, 4U}) {
    const std::vector<Losses> front = random_points(12, losses, losses);
    const std::vector<Losses> probes = random_points(20000, losses, 99);
    double covered = 0;
    for (const Losses& probe : probes) {
      for (const Losses& point : front) {
        if (!dominates(point, probe)) continue;
        covered += 1.0 / 20000;
        break;
      }
    }
    EXPECT_NEAR(hypervolume(front, Losses(losses, 1.0)), covered, 0.015);
  }
}

}  // namespace
}  // namespace sweepjob
