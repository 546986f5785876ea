#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/spaces.h"

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

// The note of the next proposal after so many results, of x or of pure noise.
std::string note_after(std::uint32_t results, bool noise) {
  SamplerUnderTest sampler(numbers(2), "auto");
  RandomStream stream = Rng(3).stream(TrialId{}, "results");
  for (std::uint32_t i = 0; i < results; ++i) {
    const double x = stream.uniform(), y = stream.uniform();
    sampler.add(i, {{"x0", x}, {"x1", y}});
    const double value = noise ? stream.uniform() : x + y;
    sampler->observe(TrialEnded{TrialId{i}, Status::Completed, value, value});
  }
  const std::vector<TrialId> next{TrialId{results}};
  return std::get<std::vector<Proposal>>(sampler->propose(next, Rng(1))).at(0).note;
}

TEST(Auto, ChangesWithTheNumberOfResultsAndTheirNoise) {
  EXPECT_THAT(note_after(0, false), StartsWith("auto: gp (2 parameters"));
  EXPECT_THAT(note_after(200, false), StartsWith("auto: cmaes (all parameters are numbers)"));
  EXPECT_THAT(note_after(200, true), StartsWith("auto: tpe (the results are noise"));
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
