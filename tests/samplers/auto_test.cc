#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/sampler_run.h"

namespace sweepjob {
namespace {

using test::SamplerUnderTest;
using testing::HasSubstr;
using testing::StartsWith;

std::string said(const SamplerUnderTest& sampler) {
  std::string text;
  for (const Finding& one : sampler.findings().all()) text += one.message + "\n";
  return text;
}

SearchSpace numbers(int count) {
  SearchSpace space;
  for (int i = 0; i < count; ++i) {
    space.parameters.push_back(test::uniform("x" + std::to_string(i), 0, 1));
  }
  return space;
}

TEST(Auto, SaysWhatItHasChosenAndWhy) {
  EXPECT_THAT(said(SamplerUnderTest(numbers(3), "auto")),
              HasSubstr("auto: gp (3 parameters, up to 200 results) up to 200 results, then cmaes "
                        "(all parameters are numbers)"));
  EXPECT_THAT(said(SamplerUnderTest(numbers(41), "auto")), HasSubstr("auto: tpe (41 parameters"));
  EXPECT_THAT(said(SamplerUnderTest({{test::model_choice(true)}}, "auto")),
              HasSubstr("then tpe (some parameters are conditional)"));
  EXPECT_THAT(said(SamplerUnderTest({{test::choice("z", std::vector<Value>{"a", "b"})}}, "auto")),
              HasSubstr("then tpe (some parameters are categories)"));
}

using Result = std::function<double(const std::vector<double>& x, RandomStream& noise)>;

// The note of the next proposal after so many results at points from everywhere.
std::string note_after(std::uint32_t results, int dimensions, const Result& result,
                       std::uint64_t seed = 3) {
  SamplerUnderTest sampler(numbers(dimensions), "auto");
  RandomStream points = Rng(seed).stream(TrialId{}, "points");
  RandomStream noise = Rng(seed).stream(TrialId{}, "noise");
  for (std::uint32_t trial = 0; trial < results; ++trial) {
    Params params;
    std::vector<double> x;
    for (int i = 0; i < dimensions; ++i) {
      x.push_back(points.uniform());
      params.emplace_back("x" + std::to_string(i), x.back());
    }
    test::finish(sampler, trial, std::move(params), result(x, noise));
  }
  return test::note_of(sampler, results);
}

double sphere(const std::vector<double>& x) {
  double sum = 0;
  for (const double one : x) sum += (one - 0.4) * (one - 0.4);
  return sum;
}

// From -5 to 5 in each dimension.
double rosenbrock(const std::vector<double>& x) {
  double sum = 0;
  for (std::size_t i = 0; i + 1 < x.size(); ++i) {
    const double a = 10 * x[i] - 5, b = 10 * x[i + 1] - 5;
    sum += 100 * (b - a * a) * (b - a * a) + (1 - a) * (1 - a);
  }
  return sum;
}

TEST(Auto, ChangesWithTheNumberOfResultsAndTheirNoise) {
  const Result slope = [](const auto& x, RandomStream&) { return x[0] + x[1]; };
  const Result chance = [](const auto&, RandomStream& noise) { return noise.uniform(); };
  EXPECT_THAT(note_after(0, 2, slope), StartsWith("auto: gp (2 parameters"));
  EXPECT_THAT(note_after(200, 2, slope), StartsWith("auto: cmaes (all parameters are numbers)"));
  EXPECT_THAT(note_after(200, 2, chance), StartsWith("auto: tpe (the results are noise"));
}

// Neighbours in it differ by far more than their distance says, which is not noise.
TEST(Auto, DoesNotTakeACurvedValleyForNoise) {
  const Result valley = [](const auto& x, RandomStream&) { return rosenbrock(x); };
  for (const std::uint64_t seed : {1, 2, 3}) {
    EXPECT_THAT(note_after(200, 5, valley, seed), StartsWith("auto: cmaes")) << seed;
  }
}

TEST(Auto, SeesTheNoiseOfASphere) {
  const auto noisy_by = [](double range) {
    return [range](const auto& x, RandomStream& noise) {
      return sphere(x) + range * (noise.uniform() - 0.5);
    };
  };
  // Of variance 0.04 without noise, and 0.08 or 0.0003 of noise.
  EXPECT_THAT(note_after(200, 5, noisy_by(1)), StartsWith("auto: tpe (the results are noise"));
  EXPECT_THAT(note_after(200, 5, noisy_by(0.06)), StartsWith("auto: cmaes"));
}

TEST(Auto, PassesItsOptionsOnAndHasNoOthers) {
  const SamplerUnderTest good(numbers(2), "auto",
                              {test::option("cut_trials", "failed"), test::option("logbase", 10)},
                              true, true);
  EXPECT_TRUE(good.exists());
  const SamplerUnderTest bad(numbers(2), "auto", {test::option("gamma", 0.2)}, true, true);
  EXPECT_FALSE(bad.exists());
}

}  // namespace
}  // namespace sweepjob
