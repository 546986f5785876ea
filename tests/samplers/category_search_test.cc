#include "samplers/numerics/category_search.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <gtest/gtest.h>

#include "model/rng.h"

namespace sweepjob {
namespace {

using Points = std::vector<std::vector<std::size_t>>;

// Eight points a generation, the four with the most matches of category 1 share the weight.
std::size_t generations_to_find(std::size_t axes, std::size_t count, std::uint64_t seed) {
  CategorySearch search(std::vector<std::size_t>(axes, count), axes);
  RandomStream stream(seed);
  for (std::size_t generation = 1; generation < 1'000; ++generation) {
    std::vector<std::pair<int, std::vector<std::size_t>>> drawn;
    for (int i = 0; i < 8; ++i) {
      auto& [matches, point] = drawn.emplace_back();
      for (std::size_t axis = 0; axis < axes; ++axis) {
        point.push_back(search.at(axis, stream.uniform()));
        matches -= point.back() == 1 ? 1 : 0;
      }
    }
    std::stable_sort(drawn.begin(), drawn.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    if (drawn[0].first == -static_cast<int>(axes)) return generation;
    Points points;
    for (const auto& one : drawn) points.push_back(one.second);
    search.tell(points, std::vector<double>{0.25, 0.25, 0.25, 0.25, 0, 0, 0, 0});
  }
  return 1'000;
}

TEST(CategorySearch, DrawsByItsProbabilities) {
  const CategorySearch search({4}, 1);
  EXPECT_EQ(search.at(0, 0), 0u);
  EXPECT_EQ(search.at(0, 0.2499), 0u);
  EXPECT_EQ(search.at(0, 0.25), 1u);
  EXPECT_EQ(search.at(0, 0.9999), 3u);
}

// Chance alone would need 4^8 / 8 = 8192 generations.
TEST(CategorySearch, FindsTheBestOfManyCombinations) {
  for (const std::uint64_t seed : {1, 2, 3, 4}) {
    EXPECT_LT(generations_to_find(8, 4, seed), 150u) << seed;
  }
}

TEST(CategorySearch, NeverLosesACategory) {
  CategorySearch search({3, 2}, 2);
  for (int i = 0; i < 500; ++i) search.tell({{0, 1}}, std::vector<double>{1});
  for (const std::size_t axis : {0, 1}) {
    const std::vector<double>& q = search.probabilities(axis);
    EXPECT_NEAR(std::accumulate(q.begin(), q.end(), 0.0), 1, 1e-12);
    // (1 - 0.73^(1/2)) / (K - 1): CatCMA's margin.
    const double margin = (1 - std::sqrt(0.73)) / static_cast<double>(q.size() - 1);
    for (const double one : q) EXPECT_GE(one, margin - 1e-12);
    EXPECT_NEAR(*std::max_element(q.begin(), q.end()), std::sqrt(0.73), 1e-6);
  }
}

TEST(CategorySearch, LearnsNothingWhereTheAxisWasNotActive) {
  CategorySearch search({3, 2}, 2);
  search.tell({{CategorySearch::kInactive, 1}}, std::vector<double>{1});
  for (const double one : search.probabilities(0)) EXPECT_NEAR(one, 1.0 / 3, 1e-12);
  EXPECT_GT(search.probabilities(1)[1], 0.5);
}

TEST(CategorySearch, ManyCategoriesLeaveRoomForAFavourite) {
  CategorySearch search({500}, 1);
  for (int i = 0; i < 2'000; ++i) search.tell({{7}}, std::vector<double>{1});
  EXPECT_GT(search.probabilities(0)[7], 0.4);
}

}  // namespace
}  // namespace sweepjob
