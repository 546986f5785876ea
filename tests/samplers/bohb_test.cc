#include <cmath>

#include <gtest/gtest.h>

#include "tests/support/budget_run.h"

namespace sweepjob {
namespace {

using test::BudgetRun;
using test::option;
using test::SamplerUnderTest;
using test::uniform;

double x_of(const Proposal& proposal) {
  double storage = 0;
  return *proposal.params[0].second.as_number(storage);
}

// Ends every trial as it is proposed, its result the distance from 0.8; `bad` of those below it
// fail.
void play(BudgetRun& run, std::uint32_t evaluations, double fail_below = -1) {
  while (run.proposals().size() < evaluations) {
    const std::size_t before = run.proposals().size();
    const std::string taken = run.take(1);
    ASSERT_EQ(run.proposals().size(), before + 1) << taken;
    const double x = x_of(run.proposals().back());
    if (x < fail_below) {
      run.fail(static_cast<std::uint32_t>(before));
    } else {
      run.end(static_cast<std::uint32_t>(before), std::abs(x - 0.8));
    }
  }
}

std::vector<const Proposal*> fresh_ones(const BudgetRun& run, std::size_t from) {
  std::vector<const Proposal*> fresh;
  for (std::size_t i = from; i < run.proposals().size(); ++i) {
    if (!run.proposals()[i].parent) fresh.push_back(&run.proposals()[i]);
  }
  return fresh;
}

double mean_distance(const std::vector<const Proposal*>& proposals) {
  double sum = 0;
  for (const Proposal* one : proposals) sum += std::abs(x_of(*one) - 0.8);
  return sum / static_cast<double>(proposals.size());
}

TEST(Bohb, ItsBracketsAreHyperbands) {
  BudgetRun bohb("bohb", {option("max_budget", 9)});
  BudgetRun hyperband("hyperband", {option("max_budget", 9), option("rounds", 0)});
  for (int i = 0; i < 40; ++i) {
    ASSERT_EQ(bohb.take(1), hyperband.take(1)) << i;
    bohb.end(static_cast<std::uint32_t>(i), i % 7);
    hyperband.end(static_cast<std::uint32_t>(i), i % 7);
  }
  const auto plan = bohb.sampler().budget_plan();
  ASSERT_TRUE(plan);
  ASSERT_EQ(plan->rungs.size(), 6u);
  EXPECT_EQ(plan->rungs[0].trials, 9u);
  EXPECT_EQ(plan->rungs[2].budget, 9);
  EXPECT_EQ(plan->rounds, 0u);
}

TEST(Bohb, ModelsOnceABudgetHasEnoughResults) {
  // One parameter: both densities need two rows, so four results at one budget.
  BudgetRun run("bohb", {option("max_budget", 9), option("random_fraction", 0)});
  play(run, 60);
  const auto fresh = fresh_ones(run, 0);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_NE(fresh[i]->note.find("no model yet"), std::string::npos) << fresh[i]->note;
  }
  EXPECT_NE(fresh[4]->note.find("at budget 1"), std::string::npos) << fresh[4]->note;
  EXPECT_NE(fresh.back()->note.find("at budget 9"), std::string::npos) << fresh.back()->note;
}

TEST(Bohb, DrawsWhereResultsWereGood) {
  BudgetRun modelled("bohb", {option("max_budget", 9)});
  BudgetRun random("bohb", {option("max_budget", 9), option("random_fraction", 1)});
  play(modelled, 150);
  play(random, 150);
  EXPECT_LT(mean_distance(fresh_ones(modelled, 40)), 0.6 * mean_distance(fresh_ones(random, 40)));
  for (const Proposal* one : fresh_ones(random, 0)) {
    EXPECT_NE(one->note.find("at random"), std::string::npos);
  }
}

TEST(Bohb, FailedTrialsAreTheWorst) {
  BudgetRun run("bohb", {option("max_budget", 9), option("random_fraction", 0)});
  play(run, 150, 0.5);
  const auto fresh = fresh_ones(run, 60);
  std::size_t failing = 0;
  for (const Proposal* one : fresh) failing += x_of(*one) < 0.5 ? 1 : 0;
  EXPECT_LT(failing, fresh.size() / 4);
}

TEST(Bohb, ARestartedSamplerProposesTheSame) {
  const SearchSpace space{{uniform("x", 0, 1), test::model_choice(true)}};
  BudgetRun run("bohb", {option("max_budget", 9)}, Goal::Maximize, space);
  for (std::uint32_t trial = 0; trial < 70; ++trial) {
    run.take(1);
    if (trial % 9 == 4) {
      run.fail(trial);
    } else {
      run.end(trial, x_of(run.proposals().back()));
    }
    if (trial == 30) run.reopen(12);
    ASSERT_TRUE(run.restart_agrees()) << trial;
    if (trial == 30) run.end(12, 0.2);
  }
}

TEST(Bohb, AllFailedOrEqualAndASmallSpaceAreNoTrouble) {
  BudgetRun failing("bohb", {option("max_budget", 9)});
  for (std::uint32_t i = 0; i < 60; ++i) {
    failing.take(1);
    failing.fail(i);
  }
  EXPECT_EQ(failing.proposals().size(), 60u);
  BudgetRun equal("bohb", {option("max_budget", 9)});
  for (std::uint32_t i = 0; i < 60; ++i) {
    equal.take(1);
    equal.end(i, 1);
  }
  EXPECT_EQ(equal.proposals().size(), 60u);
  BudgetRun small("bohb", {option("max_budget", 9)}, Goal::Minimize, {{test::model_choice(false)}});
  std::set<std::string> fresh;
  for (std::uint32_t i = 0; i < 100; ++i) {
    if (small.take(1) == "exhausted") break;
    if (!small.proposals().back().parent) {
      EXPECT_TRUE(fresh.insert(to_json(Value(small.proposals().back().params))).second);
    }
    small.end(i, i % 3);
  }
  EXPECT_EQ(fresh.size(), 5u);
}

TEST(Bohb, SaysWhatIsWrongWithItsOptions) {
  const auto errors = [](std::vector<Option> options) {
    const SamplerUnderTest sampler({{uniform("x", 0, 1)}}, "bohb", std::move(options));
    EXPECT_FALSE(sampler.exists());
    return sampler.findings().error_count();
  };
  const Option max = option("max_budget", 9);
  EXPECT_EQ(errors({}), 1u) << "max_budget";
  EXPECT_EQ(errors({max, option("sampler", "random")}), 1u);
  EXPECT_EQ(errors({max, option("random_fraction", 1.5)}), 1u);
  EXPECT_EQ(errors({max, option("top_n_percent", 0)}), 1u);
  EXPECT_EQ(errors({max, option("num_samples", 0)}), 1u);
  EXPECT_EQ(errors({max, option("min_bandwidth", 0)}), 1u);
  EXPECT_EQ(errors({max, option("min_points_in_model", 0)}), 1u);
}

}  // namespace
}  // namespace sweepjob
