// What docs/samplers/gp.md promises of the sampler.
#include <algorithm>
#include <cmath>
#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/sampler_run.h"

namespace sweepjob {
namespace {

using test::number;
using test::option;
using test::SamplerUnderTest;
using test::square;
using Objective = std::function<double(const Params&)>;

// The smallest loss of so many trials, one after the other.
double best_of(const SearchSpace& space, const std::string& type, const Objective& objective,
               std::uint32_t trials, std::uint64_t seed) {
  SamplerUnderTest sampler(space, type);
  return test::run(sampler, objective, 0, trials, seed);
}

double median_of_random(const SearchSpace& space, const Objective& objective,
                        std::uint32_t trials) {
  std::vector<double> bests;
  for (std::uint64_t seed = 0; seed < 15; ++seed) {
    bests.push_back(best_of(space, "random", objective, trials, seed));
  }
  std::nth_element(bests.begin(), bests.begin() + 7, bests.end());
  return bests[7];
}

TEST(Gp, IsFarBetterThanRandomOnASmoothFunction) {
  const Objective bowl = [](const Params& params) {
    return std::pow(number(params[0].second) - 0.37, 2) +
           3 * std::pow(number(params[1].second) - 0.61, 2);
  };
  EXPECT_LT(best_of(square(), "gp", bowl, 25, 1), 0.05 * median_of_random(square(), bowl, 25));
}

TEST(Gp, StartsWithTenPointsForEachBranch) {
  const auto first_note = [](const SearchSpace& space, std::vector<Option> options) {
    const SamplerUnderTest sampler(space, "gp", std::move(options));
    return test::note_of(sampler, 0);
  };
  const SearchSpace nested{{test::model_choice(true)}};
  EXPECT_EQ(first_note(square(), {}), "start-up point 1 of 10");
  EXPECT_EQ(first_note(nested, {}), "start-up point 1 of 20");
  EXPECT_EQ(first_note(nested, {option("n_startup_trials", 7)}), "start-up point 1 of 7");
}

TEST(Gp, IsFarBetterThanRandomOnNestedModels) {
  const SearchSpace space{{test::model_choice(true), test::uniform("w", 0, 1)}};
  const Objective objective = [](const Params& params) {
    const Value& model = params[0].second;
    const double common = std::pow(number(params[1].second) - 0.3, 2);
    const Value* c = model.find("C");
    return common + (c == nullptr ? 1 : 0.1 * std::pow(std::log(number(*c)) + 0.7, 2));
  };
  EXPECT_LT(best_of(space, "gp", objective, 25, 2), 0.2 * median_of_random(space, objective, 25));
}

TEST(Gp, FindsTheBestOfManyCombinationsOfIntegersAndCategories) {
  const SearchSpace space{{test::randint("n", 40), test::randint("m", 40),
                           test::choice("z", std::vector<Value>{"a", "b", "c"})}};
  const Objective objective = [](const Params& params) {
    return std::pow(number(params[0].second) - 23, 2) + std::pow(number(params[1].second) - 9, 2) +
           (params[2].second == Value("b") ? 0 : 30);
  };
  EXPECT_LE(best_of(space, "gp", objective, 30, 3), 1) << "of 4800 points, 30 were tried";
}

TEST(Gp, ProposesTheSameAfterARestart) {
  const SearchSpace space{{test::model_choice(true), test::uniform("w", 0, 1)}};
  SamplerUnderTest live(space, "gp");
  std::vector<TrialEvent> events;
  for (std::uint32_t trial = 0; trial < 14; ++trial) {
    const auto proposed = live.ask(trial, 1);
    SamplerUnderTest restarted(space, "gp");
    for (const TrialEvent& event : events) restarted->observe(event);
    ASSERT_EQ(to_json(Value(restarted.ask(trial, 1)[0])), to_json(Value(proposed[0])));
    TrialAdded added{TrialId{trial}, {}};
    added.proposal.params = proposed[0];
    const double loss = std::cos(3.0 * trial);
    for (const TrialEvent& event : std::vector<TrialEvent>{
             added, TrialEnded{TrialId{trial}, Status::Completed, loss, loss}}) {
      live->observe(event);
      events.push_back(event);
    }
  }
}

TEST(Gp, ManyAtOnceWithoutAResultSpreadOut) {
  SamplerUnderTest sampler(square(), "gp", {option("n_startup_trials", 5)});
  for (std::uint32_t trial = 0; trial < 6; ++trial) {
    sampler.add(trial, sampler.ask(trial, 1)[0]);
    sampler->observe(TrialEnded{TrialId{trial}, Status::Completed, 1.0 * trial, 1.0 * trial});
  }
  const auto batch = sampler.ask(6, 16);
  ASSERT_EQ(batch.size(), 16u);
  for (std::size_t i = 0; i < batch.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const double apart = std::hypot(number(batch[i][0].second) - number(batch[j][0].second),
                                      number(batch[i][1].second) - number(batch[j][1].second));
      EXPECT_GT(apart, 1e-3) << i << " and " << j;
    }
  }
}

TEST(Gp, TakesWhateverResultsThereAre) {
  const std::vector<std::function<double(std::uint32_t)>> kinds{
      [](std::uint32_t) { return 4.0; },
      [](std::uint32_t trial) { return trial % 2 == 0 ? 1e300 : -1e300; },
      [](std::uint32_t trial) { return 1e-300 * trial; },
      [](std::uint32_t trial) { return trial % 3 == 0 ? NAN : 1.0 * trial; }};
  for (const auto& loss : kinds) {
    SamplerUnderTest sampler(square(), "gp", {option("n_startup_trials", 3)});
    for (std::uint32_t trial = 0; trial < 8; ++trial) {
      const auto proposed = sampler.ask(trial, 1);
      ASSERT_EQ(proposed.size(), 1u);
      for (const auto& [name, value] : proposed[0]) {
        EXPECT_TRUE(number(value) >= 0 && number(value) <= 1) << number(value);
      }
      sampler.add(trial, proposed[0]);
      sampler->observe(TrialEnded{TrialId{trial}, Status::Completed, loss(trial), loss(trial)});
    }
  }
}

TEST(Gp, ReadsTheArgumentsOfBothPeersAndRefusesWhatIsOutOfBounds) {
  EXPECT_TRUE(
      SamplerUnderTest(square(), "gp",
                       {option("utility", "ucb"), option("kappa", 2), option("cold_start_num", 4),
                        option("noise", "none"), option("selection_num_warm_up", 100000)})
          .exists());
  const std::vector<Option> wrong{option("noise", "much"),       option("noise", -1),
                                  option("n_startup_trials", 0), option("nu", 1.5),
                                  option("kappa", -1),           option("utility", "lcb")};
  for (const Option& one : wrong) {
    SamplerUnderTest sampler(square(), "gp", {one});
    EXPECT_FALSE(sampler.exists()) << one.name;
    EXPECT_EQ(sampler.findings().error_count(), 1u) << one.name;
  }
}

}  // namespace
}  // namespace sweepjob
