// The sampler qmc: its points follow every kind of parameter, far more evenly than chance.
#include <algorithm>
#include <cmath>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/spaces.h"

namespace sweepjob {
namespace {

using enum DistributionKind;
using test::choice;
using test::option;
using test::parameter;
using test::SamplerUnderTest;
using testing::HasSubstr;

constexpr std::uint32_t kCount = 2048;

double normal_cdf(double z) { return 0.5 * std::erfc(-z / std::sqrt(2.0)); }

double cdf(DistributionKind kind, double a, double b, double x) {
  switch (kind) {
    case Uniform: return (x - a) / (b - a);
    case LogUniform: return (std::log(x) - a) / (b - a);
    case Normal: return normal_cdf((x - a) / b);
    default: return normal_cdf((std::log(x) - a) / b);
  }
}

double distance(std::vector<double> u) {
  std::sort(u.begin(), u.end());
  double largest = 0;
  const auto count = static_cast<double>(u.size());
  for (std::size_t i = 0; i < u.size(); ++i) {
    const auto rank = static_cast<double>(i);
    largest = std::max({largest, u[i] - rank / count, (rank + 1) / count - u[i]});
  }
  return largest;
}

SearchSpace continuous() {
  return {{parameter("a", Uniform, -3, 5), parameter("b", LogUniform, -6, -1),
           parameter("c", Normal, 2, 3), parameter("d", LogNormal, 0, 1)}};
}

TEST(Qmc, FollowsEveryContinuousKindFarMoreEvenlyThanChance) {
  for (const char* rule : {"sobol", "halton"}) {
    SamplerUnderTest sampler(continuous(), "qmc", {option("rule", rule)});
    const std::vector<Params> points = sampler.ask(0, kCount);
    ASSERT_EQ(points.size(), kCount);
    for (std::size_t i = 0; i < 4; ++i) {
      const Parameter one = continuous().parameters[i];
      std::vector<double> u;
      for (const Params& params : points) {
        u.push_back(cdf(one.kind, one.min, one.max, *params[i].second.get<double>()));
      }
      // Chance alone: 1.36 / sqrt(n) = 0.03 once in twenty. The discrepancy of either sequence is
      // some log n / n.
      EXPECT_LT(distance(u), 0.006) << rule << " " << one.name;
    }
  }
}

// Counts of every value: chi-square far below what independent draws would leave.
TEST(Qmc, GivesEveryDiscreteValueItsShare) {
  const SearchSpace space{{choice("z", std::vector<Value>{"a", "b", "c"}), test::randint("n", 7),
                           parameter("q", QUniform, 0, 4, 1)}};
  for (const char* rule : {"sobol", "halton"}) {
    SamplerUnderTest sampler(space, "qmc", {option("rule", rule)});
    std::map<std::string, int> counts;
    for (const Params& params : sampler.ask(0, kCount)) {
      for (const auto& [name, value] : params) ++counts[name + python_str(value)];
    }
    ASSERT_EQ(counts.size(), 3u + 7u + 5u);
    double chi_square = 0;
    for (const auto& [text, count] : counts) {
      double share = text[0] == 'z' ? 1.0 / 3 : 1.0 / 7;
      if (text[0] == 'q') share = text == "q0.0" || text == "q4.0" ? 0.125 : 0.25;
      const double expected = share * kCount;
      chi_square += (count - expected) * (count - expected) / expected;
    }
    // 12 degrees of freedom: independent draws are below 3 once in two hundred.
    EXPECT_LT(chi_square, 3) << rule;
  }
}

TEST(Qmc, FillsPairsOfParametersEvenly) {
  for (const char* rule : {"sobol", "halton"}) {
    SearchSpace space;
    for (int i = 0; i < 8; ++i) {
      space.parameters.push_back(test::uniform("x" + std::to_string(i), 0, 1));
    }
    SamplerUnderTest sampler(space, "qmc", {option("rule", rule)});
    const std::vector<Params> points = sampler.ask(0, 1024);
    for (const std::size_t second : {1, 4, 7}) {
      std::vector<int> boxes(64, 0);
      for (const Params& params : points) {
        const auto cell = [&](std::size_t i) {
          return static_cast<std::size_t>(*params[i].second.get<double>() * 8);
        };
        ++boxes[cell(0) * 8 + cell(second)];
      }
      double chi_square = 0;
      for (const int count : boxes) chi_square += (count - 16.0) * (count - 16.0) / 16;
      // 63 degrees of freedom: independent draws are below 40 once in a hundred.
      EXPECT_LT(chi_square, 40) << rule << " " << second;
    }
  }
}

TEST(Qmc, SobolIsTheSequenceOfRandomsRule) {
  EXPECT_EQ(SamplerUnderTest(continuous(), "qmc").ask(0, 20),
            SamplerUnderTest(continuous(), "random", {option("rule", "sobol")}).ask(0, 20));
}

TEST(Qmc, WithoutScramblingThePointsAreThePublishedOnes) {
  const SearchSpace space{{test::uniform("x", 0, 1), test::uniform("y", 0, 1)}};
  const auto values = [&](const char* type) {
    std::vector<double> result;
    SamplerUnderTest sampler(space, "qmc", {option("qmc_type", type), option("scramble", false)});
    for (const Params& params : sampler.ask(1, 3)) {
      for (const auto& [name, value] : params) result.push_back(*value.get<double>());
    }
    return result;
  };
  EXPECT_THAT(values("sobol"), testing::ElementsAre(0.5, 0.5, 0.75, 0.25, 0.25, 0.75));
  EXPECT_THAT(values("halton"),
              testing::Pointwise(testing::DoubleEq(),
                                 std::vector<double>{0.5, 1.0 / 3, 0.25, 2.0 / 3, 0.75, 1.0 / 9}));
}

TEST(Qmc, AValueDoesNotDependOnOtherParametersOfItsSequence) {
  SearchSpace more = continuous();
  more.parameters.push_back(test::uniform("e", 0, 1));
  for (const char* rule : {"sobol", "halton"}) {
    const Params few = SamplerUnderTest(continuous(), "qmc", {option("rule", rule)}).ask(9, 1)[0];
    const Params many = SamplerUnderTest(more, "qmc", {option("rule", rule)}).ask(9, 1)[0];
    EXPECT_EQ(few, Params(many.begin(), many.end() - 1)) << rule;
  }
}

TEST(Qmc, HaltonTakesWhatSobolHasNoDimensionsFor) {
  SearchSpace space;
  for (int i = 0; i < 3'668; ++i) {
    space.parameters.push_back(test::uniform("x" + std::to_string(i), 0, 1));
  }
  SamplerUnderTest sobol(space, "qmc");
  ASSERT_FALSE(sobol.exists());
  EXPECT_THAT(
      to_text(sobol.findings().all()[0]),
      HasSubstr("sobol has 3667 dimensions, the search space has 3668 parameters; use rule: "
                "halton or random"));
  SamplerUnderTest halton(space, "qmc", {option("rule", "halton")});
  ASSERT_TRUE(halton.exists());
  EXPECT_EQ(halton.ask(5, 1)[0].size(), 3'668u);
}

}  // namespace
}  // namespace sweepjob
