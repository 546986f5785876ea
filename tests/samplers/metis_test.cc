#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/spaces.h"

namespace sweepjob {
namespace {

using test::option;
using test::SamplerUnderTest;
using testing::AnyOf;
using testing::HasSubstr;
using testing::StartsWith;

std::vector<Option> quick(std::vector<Option> more = {}) {
  return test::with({option("selection_num_starting_points", 60)}, more);
}

struct Course {
  double lowest = 1e9;
  std::vector<std::string> notes;
  std::vector<double> xs;
};

Course run(std::vector<Option> options, std::uint32_t trials) {
  SamplerUnderTest sampler({{test::uniform("x", 0, 1), test::uniform("y", -5, 5)}}, "metis",
                           std::move(options));
  Course result;
  for (std::uint32_t i = 0; i < trials; ++i) {
    const std::vector<TrialId> ids{TrialId{i}};
    const auto proposals = std::get<std::vector<Proposal>>(sampler->propose(ids, Rng(4)));
    const Params& params = proposals[0].params;
    result.notes.push_back(proposals[0].note);
    sampler.add(i, params);
    const double x = *params[0].second.get<double>(), y = *params[1].second.get<double>();
    result.xs.push_back(x);
    const double loss = (x - 0.7) * (x - 0.7) + (y + 2) * (y + 2) / 10;
    result.lowest = std::min(result.lowest, loss);
    sampler->observe(TrialEnded{TrialId{i}, Status::Completed, loss, loss});
  }
  return result;
}

TEST(Metis, DrawsFirstAndThenSaysWhatEachProposalPromises) {
  const Course result = run(quick(), 20);
  EXPECT_EQ(result.notes[0], "start-up draw, 0 of 10 points have results");
  EXPECT_THAT(result.notes[9], StartsWith("start-up draw, 9 of 10"));
  for (std::size_t i = 10; i < 20; ++i) {
    EXPECT_THAT(result.notes[i],
                AnyOf(StartsWith("expected best"), HasSubstr("promises"), HasSubstr("a draw")));
  }
}

TEST(Metis, WithoutExplorationGoesToTheExpectedBest) {
  const Course result = run(quick({option("exploration_probability", 0)}), 18);
  EXPECT_LT(result.lowest, 0.01);
  EXPECT_THAT(result.notes[10], StartsWith("expected best"));
}

TEST(Metis, TakesNumbersAlone) {
  const SamplerUnderTest letters({{test::choice("z", std::vector<Value>{"a", "b"})}}, "metis");
  EXPECT_FALSE(letters.exists());
  EXPECT_THAT(letters.findings().all()[0].message, HasSubstr("metis takes numbers"));
  const SamplerUnderTest nested({{test::model_choice(true)}}, "metis");
  EXPECT_FALSE(nested.exists());
  EXPECT_TRUE(
      SamplerUnderTest({{test::choice("n", std::vector<Value>{1, 2, 8}), test::randint("r", 9)}},
                       "metis")
          .exists());
  // NNI takes any list of numbers.
  SamplerUnderTest two({{test::choice("n", std::vector<Value>{16, 32}), test::uniform("x", 0, 1)}},
                       "metis", quick({option("cold_start_num", 4)}));
  ASSERT_TRUE(two.exists());
  std::uint32_t of_32 = 0;
  for (std::uint32_t i = 0; i < 16; ++i) {
    const Params params = two.ask(i, 1).at(0);
    const bool is_32 = params[0].second == Value(32);
    of_32 += is_32 ? 1 : 0;
    const double loss = *params[1].second.get<double>() + (is_32 ? 0 : 1);
    two.add(i, params);
    two->observe(TrialEnded{TrialId{i}, Status::Completed, loss, loss});
  }
  EXPECT_GT(of_32, 8u);
}

TEST(Metis, SaysWhichOptionIsWrong) {
  EXPECT_FALSE(SamplerUnderTest({{test::uniform("x", 0, 1)}}, "metis",
                                {option("exploration_probability", 2)})
                   .exists());
  EXPECT_FALSE(
      SamplerUnderTest({{test::uniform("x", 0, 1)}}, "metis", {option("cold_start_num", 0)})
          .exists());
}

}  // namespace
}  // namespace sweepjob
