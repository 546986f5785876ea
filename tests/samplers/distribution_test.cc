// What comes out of random, and of samplers that know nothing yet, is distributed as section 6 of
// azure-sweep says. Seeds are fixed: a failure is a change of the generator, not bad luck.
#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/sampler_life.h"

namespace sweepjob {
namespace {

using enum DistributionKind;
using test::option;
using test::parameter;
using test::SamplerUnderTest;

constexpr std::uint32_t kCount = 4096;

double normal_cdf(double z) { return 0.5 * std::erfc(-z / std::sqrt(2.0)); }

// The distribution function of parameter("x", kind, a, b) under `logbase`.
double cdf(DistributionKind kind, double a, double b, double logbase, double x) {
  const double exponent = std::log(x) / std::log(logbase);
  switch (kind) {
    case Uniform: return (x - a) / (b - a);
    case LogUniform: return (exponent - a) / (b - a);
    case Normal: return normal_cdf((x - a) / b);
    case LogNormal: return normal_cdf((exponent - a) / b);
    default: return NAN;
  }
}

struct Case {
  DistributionKind kind;
  double a;
  double b;
  double logbase;
};

const std::array<Case, 7> kCases{{{Uniform, -3, 5, M_E},
                                  {LogUniform, -6, -1, M_E},
                                  {LogUniform, -4, 0, 10},
                                  {Normal, 2, 3, M_E},
                                  {LogNormal, 0, 1, M_E},
                                  {LogNormal, 1, 0.5, 10},
                                  {Uniform, 0, 1e-9, M_E}}};

// The Kolmogorov-Smirnov distance of kCount draws from the distribution they should follow.
double distance(const Case& item, const char* rule, std::uint64_t seed) {
  SamplerUnderTest sampler({{parameter("x", item.kind, item.a, item.b)}}, "random",
                           {option("rule", rule), option("logbase", item.logbase)});
  std::vector<double> u;
  for (const Params& params : sampler.ask(0, kCount, seed)) {
    u.push_back(cdf(item.kind, item.a, item.b, item.logbase, *params[0].second.get<double>()));
  }
  std::sort(u.begin(), u.end());
  double largest = 0;
  for (std::size_t i = 0; i < u.size(); ++i) {
    const auto rank = static_cast<double>(i);
    largest = std::max({largest, u[i] - rank / kCount, (rank + 1) / kCount - u[i]});
  }
  return largest;
}

TEST(RandomRule, FollowsEachDistribution) {
  for (const Case& item : kCases) {
    for (const std::uint64_t seed : {1, 2, 3}) {
      // 1.95 / sqrt(n) is the critical value at 0.1 %.
      EXPECT_LT(distance(item, "random", seed), 1.95 / std::sqrt(kCount)) << to_string(item.kind);
      // Independent draws are not more even than chance either.
      EXPECT_GT(distance(item, "random", seed), 0.3 / std::sqrt(kCount)) << to_string(item.kind);
    }
  }
}

TEST(SobolRule, FollowsEachDistributionFarMoreEvenly) {
  for (const Case& item : kCases) {
    for (const std::uint64_t seed : {1, 2, 3}) {
      // One point in each of the 2^12 intervals: off by one interval at most.
      EXPECT_LE(distance(item, "sobol", seed), 1.001 / kCount) << to_string(item.kind);
    }
  }
}

// Every kind, whole numbers and halves, branches two deep; one chance in some 20 is so small once
// in 5,000 times.
constexpr double kLeastChance = 1e-5;

TEST(RandomRule, GivesEveryKindItsProbabilities) {
  const SearchSpace space = test::wide_spaces().front().space;
  for (const char* rule : {"random", "sobol"}) {
    const SamplerUnderTest sampler(space, "random", {option("rule", rule)});
    const auto chances = test::chances(space, sampler.ask(0, 20'000));
    EXPECT_EQ(chances.size(), all_parameters(space).size());
    for (const auto& [path, chance] : chances) EXPECT_GT(chance, kLeastChance) << rule << path;
  }
}

// Before they know anything, samplers that learn from results draw from the prior: here over the
// trials of one sweep, in tests/contract/sampler_space_contract_test.cc over seeds.
struct StartUp {
  const char* type;
  std::vector<Option> options;
};
std::vector<StartUp> start_ups() {
  const std::int64_t count = kCount;
  return {{"anneal", {}},
          {"cmaes", {option("n_startup_trials", count)}},
          {"dngo", {option("trials_per_update", count)}},
          {"evolution", {option("population_size", count)}},
          {"gp", {option("n_startup_trials", count)}},
          {"gp", {option("rule", "nni"), option("cold_start_num", count)}},
          {"gp", {option("rule", "wandb")}},
          {"metis", {option("cold_start_num", count)}},
          {"nsga2", {option("population_size", count)}},
          {"smac", {option("n_startup_jobs", count)}},
          {"tpe", {option("n_startup_trials", count)}},
          {"tpe", {option("rule", "optuna"), option("n_startup_trials", count)}},
          {"tpe", {option("rule", "nni"), option("n_startup_jobs", count)}}};
}

TEST(StartUp, GivesEveryKindItsProbabilities) {
  const std::vector<test::NamedSpace> spaces = test::wide_spaces();
  for (const StartUp& start_up : start_ups()) {
    const test::NamedSpace* space =
        test::space_for({start_up.type, start_up.type, start_up.options}, spaces);
    ASSERT_NE(space, nullptr);
    const SamplerUnderTest sampler(space->space, start_up.type, start_up.options);
    const std::vector<Params> draws = sampler.ask(0, kCount);
    ASSERT_EQ(draws.size(), kCount) << start_up.type;
    for (const auto& [path, chance] : test::chances(space->space, draws)) {
      EXPECT_GT(chance, kLeastChance) << start_up.type << " " << path;
    }
  }
}

TEST(RandomRule, DrawsChoicesAndIntegersWithEqualProbability) {
  SamplerUnderTest sampler(
      {{test::choice("c", std::vector<Value>{"a", "b", "c"}), test::randint("n", 5)}}, "random");
  std::map<std::string, int> counts;
  for (const Params& params : sampler.ask(0, 15'000)) {
    ++counts["c" + python_str(params[0].second)];
    ++counts["n" + python_str(params[1].second)];
  }
  ASSERT_EQ(counts.size(), 8u);
  for (const auto& [name, count] : counts) {
    const double expected = name[0] == 'c' ? 5'000 : 3'000;
    EXPECT_NEAR(count, expected, 4 * std::sqrt(expected)) << name;
  }
}

TEST(RandomRule, NormalHasItsMoments) {
  SamplerUnderTest sampler({{parameter("x", Normal, 10, 2)}}, "random");
  std::array<double, 4> sums{};
  for (const Params& params : sampler.ask(0, 40'000)) {
    const double z = (*params[0].second.get<double>() - 10) / 2;
    for (int power = 1; power <= 4; ++power) sums.at(power - 1) += std::pow(z, power) / 40'000;
  }
  EXPECT_NEAR(sums[0], 0, 4 * std::sqrt(1 / 40'000.0));
  EXPECT_NEAR(sums[1], 1, 4 * std::sqrt(2 / 40'000.0));
  EXPECT_NEAR(sums[2], 0, 4 * std::sqrt(15 / 40'000.0));
  EXPECT_NEAR(sums[3], 3, 4 * std::sqrt(96 / 40'000.0));
}

TEST(RandomRule, QuantizedEndsHaveHalfTheWeight) {
  // round(U(0,4)): 0 and 4 have half an interval each.
  SamplerUnderTest sampler({{parameter("x", QUniform, 0, 4, 1)}}, "random");
  std::map<double, int> counts;
  for (const Params& params : sampler.ask(0, 16'000)) ++counts[*params[0].second.get<double>()];
  ASSERT_EQ(counts.size(), 5u);
  EXPECT_NEAR(counts[0], 2'000, 180);
  EXPECT_NEAR(counts[1], 4'000, 250);
  EXPECT_NEAR(counts[4], 2'000, 180);
}

TEST(RandomRule, ParametersAreIndependentOfOneAnother) {
  SamplerUnderTest sampler({{test::uniform("a", 0, 1), test::uniform("b", 0, 1)}}, "random");
  double sum = 0;
  for (const Params& params : sampler.ask(0, 20'000)) {
    sum += (*params[0].second.get<double>() - 0.5) * (*params[1].second.get<double>() - 0.5) * 12;
  }
  EXPECT_NEAR(sum / 20'000, 0, 4 / std::sqrt(20'000));
}

}  // namespace
}  // namespace sweepjob
