#include "samplers/numerics/sobol.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "model/rng.h"

namespace sweepjob {
namespace {

using Points = std::vector<std::vector<double>>;

double fraction(std::uint32_t bits) { return bits * 0x1p-32; }

Points scrambled_points(std::uint32_t count, std::size_t dimensions, std::uint64_t seed) {
  const SobolSequence sequence(dimensions);
  RandomStream keys(seed);
  std::vector<std::uint64_t> key(dimensions);
  for (std::uint64_t& one : key) one = keys.next();
  Points points(count, std::vector<double>(dimensions));
  for (std::uint32_t i = 0; i < count; ++i) {
    for (std::size_t d = 0; d < dimensions; ++d) {
      points[i][d] = owen_scramble(sequence.at(i, d), key[d]);
    }
  }
  return points;
}

Points random_points(std::uint32_t count, std::size_t dimensions, std::uint64_t seed) {
  RandomStream stream(seed);
  Points points(count, std::vector<double>(dimensions));
  for (auto& point : points) {
    for (double& x : point) x = stream.uniform();
  }
  return points;
}

// The square of the centered L2 discrepancy (F. J. Hickernell, "A generalized discrepancy and
// quadrature error bound", 1998), which measures every projection as well.
double squared_discrepancy(const Points& points) {
  const auto n = static_cast<double>(points.size());
  const std::size_t dimensions = points[0].size();
  double single = 0;
  double pairs = 0;
  for (const auto& x : points) {
    double product = 1;
    for (const double coordinate : x) {
      const double offset = std::abs(coordinate - 0.5);
      product *= 1 + offset / 2 - offset * offset / 2;
    }
    single += product;
    for (const auto& y : points) {
      double kernel = 1;
      for (std::size_t d = 0; d < dimensions; ++d) {
        kernel *=
            1 + std::abs(x[d] - 0.5) / 2 + std::abs(y[d] - 0.5) / 2 - std::abs(x[d] - y[d]) / 2;
      }
      pairs += kernel;
    }
  }
  return std::pow(13.0 / 12, dimensions) - 2 * single / n + pairs / (n * n);
}

// The root of its mean over some seeds.
double discrepancy(Points (*make)(std::uint32_t, std::size_t, std::uint64_t), std::uint32_t count,
                   std::size_t dimensions) {
  double sum = 0;
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    sum += squared_discrepancy(make(count, dimensions, seed)) / 8;
  }
  return std::sqrt(sum);
}

// As printed on the page of the published generator for 10 points in 3 dimensions.
TEST(SobolSequence, StartsWithThePublishedPoints) {
  const std::array<std::array<double, 3>, 10> published{{{0, 0, 0},
                                                         {0.5, 0.5, 0.5},
                                                         {0.75, 0.25, 0.25},
                                                         {0.25, 0.75, 0.75},
                                                         {0.375, 0.375, 0.625},
                                                         {0.875, 0.875, 0.125},
                                                         {0.625, 0.125, 0.875},
                                                         {0.125, 0.625, 0.375},
                                                         {0.1875, 0.3125, 0.9375},
                                                         {0.6875, 0.8125, 0.4375}}};
  const SobolSequence sequence(3);
  for (std::uint32_t i = 0; i < published.size(); ++i) {
    for (std::size_t d = 0; d < 3; ++d) {
      EXPECT_EQ(fraction(sequence.at(i, d)), published[i][d]) << i << " " << d;
    }
  }
}

// The first rows of new-joe-kuo-6.21201: degree, coefficients, initial numbers.
struct Row {
  unsigned degree;
  unsigned coefficients;
  std::vector<std::uint32_t> initial;
};

std::uint32_t reference(const Row& row, std::uint32_t index) {
  std::array<std::uint32_t, 32> v{};
  for (unsigned i = 0; i < 32; ++i) {
    if (i < row.degree) {
      v[i] = row.initial[i] << (31 - i);
      continue;
    }
    v[i] = v[i - row.degree] ^ (v[i - row.degree] >> row.degree);
    for (unsigned k = 1; k < row.degree; ++k) {
      if ((row.coefficients >> (row.degree - 1 - k)) & 1) v[i] ^= v[i - k];
    }
  }
  std::uint32_t point = 0;
  for (std::uint32_t i = 0; i < index; ++i) {
    unsigned lowest_zero = 0;
    while ((i >> lowest_zero) & 1) ++lowest_zero;
    point ^= v[lowest_zero];
  }
  return point;
}

TEST(SobolSequence, UsesTheDirectionNumbersOfJoeAndKuo) {
  const std::vector<Row> rows{{1, 0, {1}},
                              {2, 1, {1, 3}},
                              {3, 1, {1, 3, 1}},
                              {3, 2, {1, 1, 1}},
                              {4, 1, {1, 1, 3, 3}},
                              {4, 4, {1, 3, 5, 13}},
                              {5, 2, {1, 1, 5, 5, 17}},
                              {5, 4, {1, 1, 5, 5, 5}},
                              {5, 7, {1, 1, 7, 11, 19}}};
  const SobolSequence sequence(rows.size() + 1);
  for (const std::uint32_t index : {1, 2, 3, 100, 1023, 1024, 70'001}) {
    for (std::size_t d = 0; d < rows.size(); ++d) {
      EXPECT_EQ(sequence.at(index, d + 1), reference(rows[d], index)) << index << " " << d;
    }
  }
}

TEST(SobolSequence, ReachesItsLastPointAndDimension) {
  const SobolSequence sequence(SobolSequence::kMaxDimensions);
  // Point 2^32 - 1 is the direction number of the last bit: its lowest digit is set.
  EXPECT_EQ(sequence.at(UINT32_MAX, 0), 1u);
  EXPECT_EQ(sequence.at(UINT32_MAX, SobolSequence::kMaxDimensions - 1) & 1, 1u);
}

// Every interval of length 2^-m holds exactly one of the first 2^m points, and so does every later
// block of 2^m.
void expect_one_point_per_interval(const Points& points, unsigned m) {
  const std::size_t count = std::size_t{1} << m;
  for (std::size_t d = 0; d < points[0].size(); ++d) {
    for (std::size_t block = 0; block < points.size() / count; ++block) {
      std::vector<bool> hit(count);
      for (std::size_t i = block * count; i < (block + 1) * count; ++i) {
        const auto interval = static_cast<std::size_t>(points[i][d] * static_cast<double>(count));
        ASSERT_FALSE(hit[interval]) << "m " << m << ", dimension " << d << ", block " << block;
        hit[interval] = true;
      }
    }
  }
}

TEST(OwenScramble, KeepsOnePointPerIntervalInEveryDimension) {
  const Points points = scrambled_points(1024, 40, 7);
  for (unsigned m = 0; m <= 10; ++m) expect_one_point_per_interval(points, m);
}

// Dimensions 1 and 2 are a (0, m, 2)-net: one point in every elementary rectangle.
TEST(OwenScramble, KeepsOnePointPerElementaryRectangle) {
  constexpr unsigned kM = 10;
  const Points points = scrambled_points(1 << kM, 2, 3);
  for (unsigned a = 0; a <= kM; ++a) {
    std::vector<bool> hit(1 << kM);
    for (const auto& point : points) {
      const auto row = static_cast<std::size_t>(std::ldexp(point[0], static_cast<int>(a)));
      const auto column = static_cast<std::size_t>(std::ldexp(point[1], static_cast<int>(kM - a)));
      const std::size_t rectangle = (row << (kM - a)) | column;
      ASSERT_FALSE(hit[rectangle]) << a;
      hit[rectangle] = true;
    }
  }
}

TEST(OwenScramble, MakesEachPointUniformOverSeeds) {
  // The origin and a neighbour over many keys: uniform, and always in different halves.
  std::array<int, 16> bins{};
  constexpr int kKeys = 16'000;
  RandomStream keys(5);
  for (int i = 0; i < kKeys; ++i) {
    const std::uint64_t key = keys.next();
    const double origin = owen_scramble(0, key);
    ASSERT_NE(origin < 0.5, owen_scramble(0x80000000U, key) < 0.5);
    ++bins.at(static_cast<std::size_t>(origin * 16));
  }
  for (const int count : bins) EXPECT_NEAR(count, kKeys / 16, 130);
}

// What tells nested scrambling from a digital shift: the flip of a digit depends on those before.
TEST(OwenScramble, FlipsADigitDependingOnTheDigitsBeforeIt) {
  RandomStream keys(6);
  int differ = 0;
  for (int i = 0; i < 1000; ++i) {
    const std::uint64_t key = keys.next();
    const auto second_digit = [key](std::uint32_t point) {
      return static_cast<unsigned>(owen_scramble(point, key) * 4) & 1;
    };
    if (second_digit(0) != second_digit(0x80000000U)) ++differ;
  }
  EXPECT_NEAR(differ, 500, 70);
}

TEST(OwenScramble, StaysBelowOneAndIsAFunctionOfItsArguments) {
  RandomStream keys(9);
  for (int i = 0; i < 1000; ++i) {
    const std::uint64_t key = keys.next();
    const auto point = static_cast<std::uint32_t>(keys.next());
    const double u = owen_scramble(point, key);
    EXPECT_GE(u, 0);
    EXPECT_LT(u, 1);
    EXPECT_EQ(u, owen_scramble(point, key));
  }
}

TEST(Discrepancy, OfScrambledSobolIsWellBelowPlainRandom) {
  for (const auto& [count, dimensions, ratio] :
       {std::tuple{64U, 2U, 0.3}, {256U, 2U, 0.2}, {256U, 5U, 0.3}, {512U, 8U, 0.4}}) {
    const double sobol = discrepancy(scrambled_points, count, dimensions);
    const double plain = discrepancy(random_points, count, dimensions);
    EXPECT_LT(sobol, ratio * plain) << count << " points, " << dimensions << " dimensions";
  }
}

TEST(Discrepancy, OfAnyPrefixIsNotWorseThanPlainRandom) {
  for (const std::uint32_t count : {7U, 20U, 100U, 300U}) {
    EXPECT_LT(discrepancy(scrambled_points, count, 4), discrepancy(random_points, count, 4));
  }
}

}  // namespace
}  // namespace sweepjob
