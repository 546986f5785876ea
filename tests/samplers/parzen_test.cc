// Reference values: worked from the published formulas, apart from this code, or by hand.
#include <cmath>
#include <numeric>

#include <gtest/gtest.h>

#include "samplers/numerics/truncated_normal.h"
#include "samplers/surrogate/adaptive_parzen.h"
#include "samplers/surrogate/parzen.h"
#include "samplers/surrogate/product_kde.h"
#include "samplers/surrogate/tpe_rules.h"
#include "tests/support/spaces.h"

namespace sweepjob {
namespace {

using test::choice;
using test::parameter;
using test::randint;
using test::uniform;

// Points of a space with their encoding, and a density over all of its axes.
class Estimate {
 public:
  Estimate(SearchSpace space, std::vector<Point> points, ParzenRule rule = {})
      : space_(std::move(space)), encoding_(space_, kBase, false), points_(std::move(points)) {
    for (const Point& point : points_) pointers_.push_back(&point);
    weights_.assign(points_.size(), 1);
    axes_.resize(encoding_.size());
    std::iota(axes_.begin(), axes_.end(), std::size_t{0});
    parzen_.emplace(encoding_, axes_, pointers_, weights_, rule);
  }
  Estimate(const Estimate&) = delete;

  const Parzen& operator*() const { return *parzen_; }
  const Parzen* operator->() const { return &*parzen_; }
  [[nodiscard]] const Encoding& encoding() const { return encoding_; }

 private:
  static constexpr double kBase = 2.718281828459045;

  SearchSpace space_;
  Encoding encoding_;
  std::vector<Point> points_;
  std::vector<const Point*> pointers_;
  std::vector<double> weights_;
  std::vector<std::size_t> axes_;
  std::optional<Parzen> parzen_;
};

TEST(TruncatedNormal, LogarithmsReachIntoTheTails) {
  EXPECT_NEAR(log_normal_cdf(0), std::log(0.5), 1e-15);
  EXPECT_NEAR(log_normal_cdf(-10), -53.231285151, 1e-8);
  EXPECT_NEAR(log_normal_cdf(-30), -454.321243956, 1e-8);
  EXPECT_NEAR(log_normal_cdf(-20.0 - 1e-9), log_normal_cdf(-20.0 + 1e-9), 1e-6);
  EXPECT_NEAR(log_normal_cdf(-1e8), -0.5e16, 1e3);
  EXPECT_NEAR(log_normal_cdf(9), -std::exp(log_normal_cdf(-9)), 1e-30);
  EXPECT_NEAR(log_normal_mass(-0.5, 1), -0.6295956325528635, 1e-12);
  EXPECT_EQ(log_normal_mass(9, 10), log_normal_mass(-10, -9));
  EXPECT_NEAR(log_normal_mass(-40, -39), log_normal_cdf(-39), 1e-9);
  EXPECT_TRUE(std::isinf(log_normal_mass(1, 1)));
}

TEST(TruncatedNormal, QuantilesInvertTheMass) {
  for (const auto& [a, b] : {std::pair(-1.0, 2.0), std::pair(-0.1, 30.0), std::pair(7.0, 9.0),
                             std::pair(-60.0, -50.0), std::pair(300.0, 301.0)}) {
    for (const double u : {1e-6, 0.2, 0.5, 0.9}) {
      const double x = truncated_normal_quantile(u, a, b);
      EXPECT_GE(x, a);
      EXPECT_LE(x, b);
      EXPECT_NEAR(std::exp(log_normal_mass(a, x) - log_normal_mass(a, b)), u, 1e-7)
          << a << " " << u;
    }
    EXPECT_NEAR(truncated_normal_quantile(0, a, b), a, 1e-9 * std::abs(a));
    EXPECT_NEAR(truncated_normal_quantile(1, a, b), b, 1e-9 * std::abs(b));
  }
}

TEST(TruncatedNormal, LogSumExpNeitherOverflowsNorUnderflows) {
  const std::vector<double> large{1000, 1000};
  EXPECT_NEAR(log_sum_exp(large), 1000 + std::log(2), 1e-12);
  const std::vector<double> small{-5000, -5001};
  EXPECT_NEAR(log_sum_exp(small), -5000 + std::log1p(std::exp(-1)), 1e-12);
  EXPECT_TRUE(std::isinf(log_sum_exp({})));
}

TEST(Parzen, IsOptunasForAFloat) {
  const Estimate one({{uniform("x", 0, 1)}}, {{0.2}, {0.6}, {0.9}}, {.bell_prior = true});
  const auto widths = one->widths(0);
  ASSERT_EQ(widths.size(), 3u);
  EXPECT_NEAR(widths[0], 0.4, 1e-12);
  EXPECT_NEAR(widths[1], 0.4, 1e-12);
  EXPECT_NEAR(widths[2], 0.3, 1e-12);
  EXPECT_NEAR(one->log_density({0.4}), 0.0040437312, 1e-9);
}

TEST(Parzen, EndpointsCountAsNeighboursIfAskedFor) {
  EXPECT_EQ(neighbour_gaps(std::vector<double>{0.5, 0.25}, true), (std::vector<double>{0.5, 0.25}));
  EXPECT_EQ(neighbour_gaps(std::vector<double>{0.5, 0.25}, false),
            (std::vector<double>{0.25, 0.25}));
  EXPECT_EQ(neighbour_gaps(std::vector<double>{0.25}, false), (std::vector<double>{0.75}));
}

TEST(Parzen, GapsAboveABoundNeedNoSorting) {
  RandomStream stream(9);
  for (const std::size_t count : {0u, 1u, 2u, 3u, 10u, 80u}) {
    for (const double least : {0.01, 0.07, 0.5, 1.0}) {
      for (const bool ends : {false, true}) {
        std::vector<double> values;
        for (std::size_t i = 0; i < count; ++i) {
          const double u = stream.uniform();
          values.push_back(u < 0.3 ? std::round(u * 10) / 10 : u);  // some of them equal
        }
        const auto exact = neighbour_gaps(values, ends);
        const auto quick = neighbour_gaps(values, ends, least);
        for (std::size_t i = 0; i < count; ++i) {
          ASSERT_EQ(std::max(quick[i], least), std::max(exact[i], least)) << count << " " << least;
        }
      }
    }
  }
}

TEST(Parzen, WidthBySampleSizeIsClippedFromBelow) {
  ParzenRule rule;
  rule.width = ParzenRule::Width::SampleSize;
  const SearchSpace plane{{uniform("x", 0, 1), uniform("y", 0, 1)}};
  const std::vector<Point> points{{0.2, 0.1}, {0.6, 0.2}, {0.9, 0.3}};
  const Estimate clipped(plane, points, rule);
  EXPECT_NEAR(clipped->widths(0)[1], 0.2, 1e-12);
  rule.magic_clip = false;
  const Estimate free(plane, points, rule);
  EXPECT_NEAR(free->widths(1)[1], 0.166537, 1e-6);
}

TEST(Parzen, IsOptunasForAnInteger) {
  const Estimate one({{randint("n", 5)}}, {{0.3}}, {.bell_prior = true});  // the second of 1..5
  const double expected[] = {0.20356812, 0.21393520, 0.21153918, 0.19717280, 0.17378470};
  for (int i = 0; i < 5; ++i) {
    EXPECT_NEAR(std::exp(one->log_density({(i + 0.5) / 5})) / 5, expected[i], 1e-8) << i;
  }
}

TEST(Parzen, StepsOfAQuantizedKindAreNarrowerAtItsEnds) {
  const SearchSpace space{{parameter("q", DistributionKind::QUniform, 0, 2, 1), randint("n", 4)}};
  const Encoding encoding(space, 10, true);
  EXPECT_EQ(encoding.step_range(0, 0), std::pair(0.0, 0.25));
  EXPECT_EQ(encoding.step_range(0, 1), std::pair(0.25, 0.75));
  EXPECT_EQ(encoding.step_range(0, 2), std::pair(0.75, 1.0));
  EXPECT_EQ(encoding.step_range(1, 3), std::pair(0.75, 1.0));
}

// exp(u) / 2 is rounded to 0 at u = 0 only, which a job's own points may well ask for.
TEST(Parzen, AStepWithoutWidthHasADensityToo) {
  const Estimate one({{parameter("q", DistributionKind::QLogUniform, 0, 5, 2)}}, {{0}, {0.5}});
  EXPECT_EQ(one.encoding().step_range(0, 0), std::pair(0.0, 0.0));
  EXPECT_TRUE(std::isfinite(one->log_density({0})));
}

TEST(Parzen, IsOptunasForCategories) {
  const SearchSpace space{{choice("c", std::vector<Value>{"a", "b", "c"})}};
  const Estimate one(space, {{0}, {0}, {2}});
  const double expected[] = {0.47619048, 0.19047619, 0.33333333};
  for (int i = 0; i < 3; ++i) {
    EXPECT_NEAR(std::exp(one->log_density({static_cast<double>(i)})) / 3, expected[i], 1e-8);
  }
  // Draws have these probabilities too.
  RandomStream stream(5);
  int counts[3] = {};
  for (int i = 0; i < 20'000; ++i) {
    Point point{0};
    one->draw(stream, point);
    ++counts[static_cast<int>(point[0])];
  }
  for (int i = 0; i < 3; ++i) EXPECT_NEAR(counts[i] / 20'000.0, expected[i], 0.015);
}

TEST(Parzen, WithoutObservationsItIsThePrior) {
  const Estimate none({{uniform("x", 0, 1), randint("n", 4)}}, {});
  EXPECT_NEAR(none->log_density({0.3, 0.125}), 0, 1e-12);
}

// Where an observation is not active, it says nothing: its kernel is the prior's.
TEST(Parzen, AnInactiveAxisCountsAsThePrior) {
  const SearchSpace space{{test::model_choice(true)}};
  const double nan = std::nan("");
  // Axes: model, C below svm, trees below forest.
  const Estimate one(space, {{0, 0.25, nan}, {1, nan, 0}});
  const double off = 1.0 / 3;
  const double same = (1 + off) / (1 + 2 * off) * 2;
  const double other = off / (1 + 2 * off) * 2;
  const double width = 0.75;
  const double bell = std::exp(-0.5 * std::pow(0.1 / width, 2)) / (width * std::sqrt(2 * M_PI)) /
                      (normal_cdf(0.75 / width) - normal_cdf(-0.25 / width));
  EXPECT_NEAR(one->log_density({0, 0.35, nan}), std::log((same * bell + other * 1 + 1) / 3), 1e-9);
}

TEST(Parzen, DrawsFollowTheDensity) {
  const Estimate one({{uniform("x", 0, 1)}}, {{0.1}, {0.15}, {0.8}});
  RandomStream stream(7);
  constexpr int kDraws = 40'000;
  constexpr int kBins = 10;
  std::vector<int> counts(kBins);
  for (int i = 0; i < kDraws; ++i) {
    Point point{0};
    one->draw(stream, point);
    ++counts[static_cast<std::size_t>(std::min(9.0, point[0] * kBins))];
  }
  double chi_square = 0;
  for (int bin = 0; bin < kBins; ++bin) {
    double expected = 0;
    for (int i = 0; i < 100; ++i) {
      expected += std::exp(one->log_density({(bin + (i + 0.5) / 100) / kBins})) / 1000 * kDraws;
    }
    const double off = counts[static_cast<std::size_t>(bin)] - expected;
    chi_square += off * off / expected;
  }
  EXPECT_LT(chi_square, 27.9);  // 9 degrees of freedom, p = 0.001
}

TEST(AdaptiveParzen, IsNnis) {
  const std::vector<double> seen{0.9, 0.2, 0.6};
  const std::vector<double> weights{1, 1, 1};
  const AdaptiveParzen one(seen, weights, 1, kUniformPrior);
  EXPECT_EQ(one.centres(), (std::vector<double>{0.2, 0.5, 0.6, 0.9}));
  const double widths[] = {0.3, 1.0, 0.3, 0.3};
  for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(one.widths()[i], widths[i], 1e-12);
  EXPECT_NEAR(one.log_density(0.4), 0.0787115819, 1e-9);
  RandomStream stream(3);
  for (int i = 0; i < 1000; ++i) {
    const double x = one.draw(stream);
    ASSERT_TRUE(x >= 0 && x <= 1);
  }
}

TEST(AdaptiveParzen, ASingleObservationHasHalfThePriorsWidth) {
  const AdaptiveParzen one(std::vector<double>{0.3}, std::vector<double>{1}, 1, kNormalPrior);
  EXPECT_EQ(one.widths(), (std::vector<double>{1, 0.5}));
  const AdaptiveParzen none({}, {}, 1, kNormalPrior);
  EXPECT_NEAR(none.log_density(0), -0.9189385332, 1e-9);
}

TEST(TpeRules, SharesOfGoodResults) {
  const GoodShare optuna;
  for (const auto& [n, good] :
       {std::pair(10u, 1u), {11u, 2u}, {25u, 3u}, {250u, 25u}, {300u, 25u}}) {
    EXPECT_EQ(optuna.of(n), good) << n;
  }
  const GoodShare hyperopt{.of_root = true, .share = 0.25};
  for (const auto& [n, good] : {std::pair(20u, 2u), {65u, 3u}, {400u, 5u}, {10'001u, 25u}}) {
    EXPECT_EQ(hyperopt.of(n), good) << n;
  }
}

TEST(TpeRules, OldResultsAreForgottenSlowly) {
  const auto weights = forgetting_weights(30);
  const double first[] = {0.033333, 0.275, 0.516667, 0.758333, 1};
  for (std::size_t i = 0; i < 5; ++i) EXPECT_NEAR(weights[i], first[i], 1e-6);
  for (std::size_t i = 5; i < 30; ++i) EXPECT_EQ(weights[i], 1);
  EXPECT_EQ(forgetting_weights(24), std::vector<double>(24, 1));
  EXPECT_NEAR(forgetting_weights(26)[0], 1.0 / 26, 1e-12);
}

TEST(ProductKde, BandwidthAndDensityAreStatsmodels) {
  const SearchSpace space{{uniform("x", 0, 1)}};
  const Encoding encoding(space, 10, false);
  const std::vector<std::size_t> axes{0};
  const ProductKde one(encoding, axes, {{0.1}, {0.3}, {0.4}, {0.8}}, 1e-3);
  EXPECT_NEAR(one.bandwidths()[0], 0.20480971, 1e-8);
  EXPECT_NEAR(one.density({0.35}), 1.2200952485, 1e-8);
}

TEST(ProductKde, CategoriesAreAitchisonAitken) {
  const SearchSpace space{{choice("c", std::vector<Value>{"a", "b", "c"})}};
  const Encoding encoding(space, 10, false);
  const std::vector<std::size_t> axes{0};
  const ProductKde same(encoding, axes, {{1}, {1}, {1}}, 0.3);
  EXPECT_NEAR(same.density({1}), 0.7, 1e-12);
  EXPECT_NEAR(same.density({2}), 0.15, 1e-12);
  // sd of 0, 0, 2, 2 is 1, far above what a category can have.
  const ProductKde wide(encoding, axes, {{0}, {0}, {2}, {2}}, 1e-3);
  EXPECT_NEAR(wide.bandwidths()[0], 2.0 / 3, 1e-12);
}

TEST(ProductKde, ImputesFromOtherRowsAndElseFromThePrior) {
  const SearchSpace space{{test::model_choice(true)}};
  const Encoding encoding(space, 10, false);
  const std::vector<std::size_t> axes{0, 1, 2};
  const double nan = std::nan("");
  std::vector<Point> rows{{0, 0.25, nan}, {1, nan, 0}, {0, 0.5, nan}};
  RandomStream stream(1);
  impute(encoding, axes, rows, stream);
  EXPECT_TRUE(rows[1][1] == 0.25 || rows[1][1] == 0.5);
  EXPECT_EQ(rows[0][2], 0);
  EXPECT_EQ(rows[2][2], 0);
  std::vector<Point> alone{{0, 0.25, nan}};
  impute(encoding, axes, alone, stream);
  EXPECT_TRUE(alone[0][2] == 0 || alone[0][2] == 1);
}

}  // namespace
}  // namespace sweepjob
