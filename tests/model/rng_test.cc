#include "model/rng.h"

#include <array>
#include <cmath>
#include <set>

#include <gtest/gtest.h>

namespace sweepjob {
namespace {

TEST(RandomStream, IsSplitMix64) {
  // First outputs of the published generator for seed 1234567.
  RandomStream stream(1234567);
  EXPECT_EQ(stream.next(), 6457827717110365317ULL);
  EXPECT_EQ(stream.next(), 3203168211198807973ULL);
  EXPECT_EQ(stream.next(), 9817491932198370423ULL);
}

TEST(RandomStream, DrawsUniformlyFromTheHalfOpenInterval) {
  RandomStream stream(1);
  double sum = 0;
  double squares = 0;
  constexpr int kCount = 100'000;
  for (int i = 0; i < kCount; ++i) {
    const double u = stream.uniform();
    ASSERT_GE(u, 0);
    ASSERT_LT(u, 1);
    sum += u;
    squares += u * u;
  }
  EXPECT_NEAR(sum / kCount, 0.5, 0.004);  // over four standard errors
  EXPECT_NEAR(squares / kCount, 1.0 / 3, 0.004);
}

TEST(RandomStream, BelowIsUnbiased) {
  RandomStream stream(2);
  // A bound where the plain modulo would give the lower third twice the weight.
  const std::uint64_t bound = 3 * (std::uint64_t{1} << 62);
  std::array<int, 3> thirds{};
  for (int i = 0; i < 30'000; ++i) ++thirds.at(stream.below(bound) >> 62);
  for (const int count : thirds) EXPECT_NEAR(count, 10'000, 400);

  std::array<int, 7> faces{};
  for (int i = 0; i < 70'000; ++i) ++faces.at(stream.below(7));
  for (const int count : faces) EXPECT_NEAR(count, 10'000, 400);
  EXPECT_EQ(stream.below(1), 0u);
}

TEST(Rng, GivesTheSameStreamForTheSameSeedTrialAndPath) {
  const Rng rng(42);
  RandomStream a = rng.stream(TrialId{7}, "lr");
  RandomStream b = Rng(42).stream(TrialId{7}, "lr");
  for (int i = 0; i < 10; ++i) EXPECT_EQ(a.next(), b.next());
}

TEST(Rng, SeparatesSeedsTrialsAndPaths) {
  std::set<std::uint64_t> firsts;
  int count = 0;
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    for (std::uint32_t trial = 0; trial < 1000; ++trial) {
      for (const char* path : {"", "a", "b", "ab", "ba", "model[0].C", "model[1].C"}) {
        firsts.insert(Rng(seed).stream(TrialId{trial}, path).next());
        ++count;
      }
    }
  }
  EXPECT_EQ(firsts.size(), static_cast<std::size_t>(count));
}

// Neighbouring trials and neighbouring seeds are what a sweep really uses side by side.
TEST(Rng, NeighbouringStreamsAreUncorrelated) {
  constexpr int kCount = 50'000;
  const auto correlation = [](auto pair_of) {
    double sum = 0;
    for (std::uint32_t i = 0; i < kCount; ++i) {
      const auto [a, b] = pair_of(i);
      sum += (a - 0.5) * (b - 0.5) * 12;
    }
    return sum / kCount;
  };
  const Rng rng(3);
  const auto first = [](const Rng& source, std::uint32_t trial, const char* path) {
    return source.stream(TrialId{trial}, path).uniform();
  };
  const double limit = 4 / std::sqrt(kCount);
  EXPECT_NEAR(correlation([&](std::uint32_t i) {
                return std::pair(first(rng, i, "x"), first(rng, i + 1, "x"));
              }),
              0, limit);
  EXPECT_NEAR(correlation([&](std::uint32_t i) {
                return std::pair(first(rng, i, "x"), first(rng, i, "y"));
              }),
              0, limit);
  EXPECT_NEAR(correlation([&](std::uint32_t i) {
                return std::pair(first(Rng(i), 0, "x"), first(Rng(i + 1), 0, "x"));
              }),
              0, limit);
}

}  // namespace
}  // namespace sweepjob
