// The rules nni and wandb of gp.
#include "samplers/surrogate/classic_search.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/spaces.h"

namespace sweepjob {
namespace {

using test::option;
using test::SamplerUnderTest;
using testing::HasSubstr;

// mu = 0.2, sigma = 0.5, y* = 0 gives 0.1152194; mu = -0.1, sigma = 0.2 gives 0.1395593.
TEST(ClassicSearch, WandbsImprovementIsItsOwn) {
  EXPECT_NEAR(wandb_improvement(0, 0.2, 0.5), 0.1152194, 1e-6);
  EXPECT_NEAR(wandb_improvement(0, -0.1, 0.2), 0.1395593, 1e-6);
}

std::vector<Option> few(const char* rule) {
  std::vector<Option> options{option("rule", rule)};
  if (std::string_view(rule) == "nni") {
    options.push_back(option("selection_num_warm_up", 500));
    options.push_back(option("selection_num_starting_points", 5));
  }
  return options;
}

// The lowest of (x - 0.7)^2 + (y + 2)^2 / 10 + penalty of z after so many trials.
double lowest_after(const char* rule, std::uint32_t trials) {
  SearchSpace space{{test::uniform("x", 0, 1), test::uniform("y", -5, 5),
                     test::choice("z", std::vector<Value>{"a", "b"})}};
  SamplerUnderTest sampler(std::move(space), "gp", few(rule));
  double lowest = 100;
  for (std::uint32_t i = 0; i < trials; ++i) {
    const Params params = sampler.ask(i, 1).at(0);
    sampler.add(i, params);
    const double x = *params[0].second.get<double>(), y = *params[1].second.get<double>();
    const double loss =
        (x - 0.7) * (x - 0.7) + (y + 2) * (y + 2) / 10 + (params[2].second == Value("b") ? 0.5 : 0);
    lowest = std::min(lowest, loss);
    sampler->observe(TrialEnded{TrialId{i}, Status::Completed, loss, loss});
  }
  return lowest;
}

TEST(ClassicSearch, BothRulesComeNearTheBest) {
  EXPECT_LT(lowest_after("nni", 30), 0.02);
  EXPECT_LT(lowest_after("wandb", 30), 0.02);
}

// NNI searches between the bounds themselves, not only where its draws happen to lie.
TEST(ClassicSearch, NnisSearchReachesTheBounds) {
  SamplerUnderTest sampler({{test::uniform("x", 0, 1)}}, "gp",
                           {option("rule", "nni"), option("selection_num_warm_up", 5),
                            option("selection_num_starting_points", 20)});
  double most = 0;
  for (std::uint32_t i = 0; i < 25; ++i) {
    const Params params = sampler.ask(i, 1).at(0);
    const double x = *params[0].second.get<double>();
    most = std::max(most, x);
    sampler.add(i, params);
    sampler->observe(TrialEnded{TrialId{i}, Status::Completed, 1 - x, 1 - x});
  }
  EXPECT_EQ(most, 1);
}

TEST(ClassicSearch, WandbTellsPendingTrialsApart) {
  SamplerUnderTest sampler({{test::uniform("x", 0, 1)}}, "gp", few("wandb"));
  for (std::uint32_t i = 0; i < 5; ++i) {
    const double x = 0.1 + 0.2 * i;
    sampler.add(i, {{"x", x}});
    sampler->observe(TrialEnded{TrialId{i}, Status::Completed, std::sin(5 * x), 0});
  }
  const std::vector<Params> asked = sampler.ask(5, 2);
  ASSERT_EQ(asked.size(), 2u);
  EXPECT_GT(std::abs(*asked[0][0].second.get<double>() - *asked[1][0].second.get<double>()), 0.01);
}

TEST(ClassicSearch, NniTakesNumericChoicesAndLogKindsByTheirValues) {
  SearchSpace space{{test::choice("n", std::vector<Value>{64, 16, 256}),
                     test::parameter("lr", DistributionKind::LogUniform, -6, -1),
                     test::parameter("q", DistributionKind::QUniform, 0, 1, 0.25),
                     test::randint("r", 4)}};
  SamplerUnderTest sampler(std::move(space), "gp", few("nni"));
  for (std::uint32_t i = 0; i < 20; ++i) {
    const Params params = sampler.ask(i, 1).at(0);
    sampler.add(i, params);
    const double n = static_cast<double>(*params[0].second.get<std::int64_t>());
    EXPECT_TRUE(n == 64 || n == 16 || n == 256);
    const double q = *params[2].second.get<double>();
    EXPECT_EQ(q, std::nearbyint(q * 4) / 4);
    sampler->observe(TrialEnded{TrialId{i}, Status::Completed, n + q, n + q});
  }
}

TEST(ClassicSearch, RefusesWhatTheRuleDoesNotHave) {
  const SamplerUnderTest nested({{test::model_choice(true)}}, "gp", few("nni"));
  EXPECT_FALSE(nested.exists());
  EXPECT_THAT(nested.findings().all()[0].message, HasSubstr("takes no nested parameters"));
  EXPECT_TRUE(SamplerUnderTest({{test::model_choice(true)}}, "gp", few("wandb")).exists());
  EXPECT_FALSE(
      SamplerUnderTest({{test::uniform("x", 0, 1)}}, "gp", {option("rule", "nni"), option("nu", 2)})
          .exists());
}

}  // namespace
}  // namespace sweepjob
