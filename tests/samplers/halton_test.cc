#include "samplers/numerics/halton.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "model/rng.h"

namespace sweepjob {
namespace {

TEST(Halton, IsTheRadicalInverseInThePrimeOfTheDimension) {
  const double in_two[] = {0, 1.0 / 2, 1.0 / 4, 3.0 / 4, 1.0 / 8};
  const double in_three[] = {0, 1.0 / 3, 2.0 / 3, 1.0 / 9, 4.0 / 9};
  const double in_five[] = {0, 1.0 / 5, 2.0 / 5, 3.0 / 5, 4.0 / 5};
  for (std::uint32_t i = 0; i < 5; ++i) {
    EXPECT_DOUBLE_EQ(halton(i, 0), in_two[i]);
    EXPECT_DOUBLE_EQ(halton(i, 1), in_three[i]);
    EXPECT_DOUBLE_EQ(halton(i, 2), in_five[i]);
  }
  EXPECT_DOUBLE_EQ(halton(1, kHaltonDimensions - 1), 1.0 / 104'729) << "the 10,000th prime";
  EXPECT_LT(halton(UINT32_MAX, 0), 1);
}

// b^k points of one dimension: one in each b^k-th of [0, 1), scrambled or not.
TEST(Halton, StaysEvenWhenItIsScrambled) {
  const struct {
    std::size_t dimension;
    std::uint32_t count;
  } cases[] = {{0, 1024}, {1, 729}, {2, 625}, {5, 2197}, {20, 73}};
  for (const auto& item : cases) {
    for (const std::uint64_t key : {1, 2, 3}) {
      std::vector<int> hits(item.count, 0);
      for (std::uint32_t i = 0; i < item.count; ++i) {
        const double u = scrambled_halton(i, item.dimension, key);
        ASSERT_GE(u, 0);
        ASSERT_LT(u, 1);
        ++hits[static_cast<std::size_t>(u * item.count)];
      }
      EXPECT_EQ(std::count(hits.begin(), hits.end(), 1), item.count) << item.dimension;
    }
  }
}

TEST(Halton, EachScrambledPointIsUniform) {
  std::vector<double> first;
  for (std::uint64_t key = 0; key < 2'000; ++key) {
    first.push_back(scrambled_halton(7, 30, RandomStream(key).next()));
  }
  std::sort(first.begin(), first.end());
  double largest = 0;
  for (std::size_t i = 0; i < first.size(); ++i) {
    largest = std::max(largest, std::abs(first[i] - (static_cast<double>(i) + 0.5) / 2'000));
  }
  // Kolmogorov-Smirnov at 0.1 %.
  EXPECT_LT(largest, 1.95 / std::sqrt(2'000));
}

// The first points of neighbouring large primes lie on a line; scrambled they do not.
TEST(Halton, ScramblingPartsTheLargePrimes) {
  const auto correlation = [](const auto& at) {
    double sum = 0;
    for (std::uint32_t i = 0; i < 100; ++i) sum += (at(i, 60) - 0.5) * (at(i, 61) - 0.5);
    return sum * 12 / 100;
  };
  const auto plain = [](std::uint32_t i, std::size_t d) { return halton(i, d) * 2.83; };
  EXPECT_GT(correlation(plain), 0.9);
  for (const std::uint64_t key : {1, 2, 3}) {
    const auto scrambled = [&](std::uint32_t i, std::size_t d) {
      return scrambled_halton(i, d, RandomStream(key * 1000 + d).next());
    };
    EXPECT_LT(std::abs(correlation(scrambled)), 0.4) << key;
  }
}

}  // namespace
}  // namespace sweepjob
