// The sampler evolution against the rules in docs/samplers/evolution.md.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/spaces.h"

namespace sweepjob {
namespace {

using test::choice;
using test::option;
using test::SamplerUnderTest;
using test::uniform;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::StartsWith;

SearchSpace space() {
  return {{uniform("x", 0, 1), uniform("y", 0, 1), choice("z", std::vector<Value>{"a", "b", "c"})}};
}

Proposal ask(const SamplerUnderTest& sampler, std::uint32_t trial) {
  const std::vector<TrialId> trials{TrialId{trial}};
  return std::get<std::vector<Proposal>>(sampler->propose(trials, Rng(3)))[0];
}

// Adds what is proposed and ends it with this loss, or as failed for NaN.
Proposal step(SamplerUnderTest& sampler, std::uint32_t trial, double loss) {
  Proposal proposal = ask(sampler, trial);
  sampler->observe(TrialAdded{TrialId{trial}, proposal});
  if (std::isnan(loss)) {
    sampler->observe(TrialEnded{TrialId{trial}, Status::Failed, {}, {}});
  } else {
    sampler->observe(TrialEnded{TrialId{trial}, Status::Completed, loss, loss});
  }
  return proposal;
}

std::size_t differences(const Params& a, const Params& b) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < a.size(); ++i) count += a[i].second == b[i].second ? 0 : 1;
  return count;
}

TEST(Evolution, AChildDiffersInExactlyOneParameterFromTheBetterOfTwo) {
  SamplerUnderTest sampler(space(), "evolution", {option("population_size", 4)});
  std::vector<Params> all;
  std::vector<double> losses;
  std::set<std::uint32_t> population;
  for (std::uint32_t trial = 0; trial < 60; ++trial) {
    const double loss = (trial * 37) % 61;
    const Proposal proposal = step(sampler, trial, loss);
    if (trial < 4) {
      EXPECT_EQ(proposal.note, "a random individual");
    } else {
      unsigned parent = 0;
      unsigned left = 0;
      ASSERT_EQ(std::sscanf(proposal.note.c_str(),
                            "child of trial %u in place of trial %u: ", &parent, &left),
                2)
          << proposal.note;
      EXPECT_EQ(differences(proposal.params, all[parent]), 1u) << proposal.note;
      EXPECT_TRUE(population.contains(parent)) << proposal.note;
      EXPECT_EQ(population.erase(left), 1u) << proposal.note;
      EXPECT_LE(losses[parent], losses[left]) << proposal.note;
    }
    population.insert(trial);
    EXPECT_EQ(population.size(), std::min(trial + 1, 4u));
    all.push_back(proposal.params);
    losses.push_back(loss);
  }
}

TEST(Evolution, AFailedTrialIsReplacedByARandomIndividual) {
  SamplerUnderTest sampler(space(), "evolution", {option("population_size", 3)});
  EXPECT_EQ(step(sampler, 0, 1).note, "a random individual");
  EXPECT_EQ(step(sampler, 1, NAN).note, "a random individual");
  EXPECT_EQ(step(sampler, 2, 1).note, "a random individual");
  EXPECT_EQ(step(sampler, 3, 1).note, "a random individual");
  EXPECT_THAT(step(sampler, 4, NAN).note, StartsWith("child of trial "));
  EXPECT_EQ(step(sampler, 5, 1).note, "a random individual") << "for the failed child";
  EXPECT_THAT(step(sampler, 6, 1).note, StartsWith("child of trial "));
}

TEST(Evolution, WithoutAnIndividualToSpareItDrawsAnother) {
  SamplerUnderTest sampler(space(), "evolution", {option("population_size", 8)});
  EXPECT_EQ(sampler.ask(0, 64).size(), 64u);
}

TEST(Evolution, DrawsWhatStandsBelowAChangedChoice) {
  const SearchSpace nested{{test::model_choice(true)}};
  SamplerUnderTest sampler(nested, "evolution",
                           {option("population_size", 5), option("rule", "regularised")});
  std::vector<Params> all;
  int switched = 0;
  for (std::uint32_t trial = 0; trial < 60; ++trial) {
    const Proposal proposal = step(sampler, trial, trial);
    all.push_back(proposal.params);
    unsigned parent = 0;
    char path[40] = "";
    if (std::sscanf(proposal.note.c_str(), "child of trial %u: %39s", &parent, path) != 2) continue;
    const Value& before = all[parent][0].second;
    const Value& after = proposal.params[0].second;
    if (*before.find("name") == *after.find("name")) continue;
    EXPECT_STREQ(path, "model");
    ++switched;
  }
  EXPECT_GT(switched, 0);
}

TEST(Evolution, UnderTheRegularisedRuleTheOldestLeaveAndTheBestOfTheSampleHasChildren) {
  SamplerUnderTest sampler(
      space(), "evolution",
      {option("rule", "regularized"), option("population_size", 5), option("sample_size", 200)});
  for (std::uint32_t trial = 0; trial < 40; ++trial) {
    // Ever worse: the best of the population is its oldest member.
    const Proposal proposal = step(sampler, trial, trial);
    if (trial < 5) continue;
    EXPECT_THAT(proposal.note, StartsWith("child of trial " + std::to_string(trial - 5) + ":"));
  }
}

TEST(Evolution, UnderTheRegularisedRuleAFailedChildIsForgotten) {
  SamplerUnderTest sampler(space(), "evolution",
                           {option("rule", "regularised"), option("population_size", 2)});
  EXPECT_EQ(step(sampler, 0, NAN).note, "a random individual");
  EXPECT_EQ(step(sampler, 1, 1).note, "a random individual");
  EXPECT_EQ(step(sampler, 2, 1).note, "a random individual") << "for the failed first one";
  EXPECT_THAT(step(sampler, 3, NAN).note, StartsWith("child of trial "));
  EXPECT_THAT(step(sampler, 4, 1).note, MatchesRegex("child of trial [12]: [xyz]"));
}

TEST(Evolution, FindsTheOptimumOfCategories) {
  for (const char* rule : {"naive", "regularised"}) {
    SearchSpace letters;
    for (int i = 0; i < 6; ++i) {
      letters.parameters.push_back(
          choice("z" + std::to_string(i), std::vector<Value>{"a", "b", "c", "d"}));
    }
    SamplerUnderTest sampler(letters, "evolution",
                             {option("rule", rule), option("population_size", 12)});
    double best = 6;
    for (std::uint32_t trial = 0; trial < 400; ++trial) {
      double loss = 0;
      const Proposal proposal = ask(sampler, trial);
      for (const auto& [name, value] : proposal.params) loss += value == Value("c") ? 0 : 1;
      best = std::min(best, loss);
      step(sampler, trial, loss);
    }
    EXPECT_EQ(best, 0) << rule;  // one in 4096
  }
}

TEST(Evolution, SaysWhatIsWrongWithItsOptions) {
  const auto error_of = [](std::vector<Option> options) {
    SamplerUnderTest sampler(space(), "evolution", std::move(options));
    return sampler.exists() ? "" : to_text(sampler.findings().all()[0]);
  };
  EXPECT_THAT(error_of({option("population_size", 0)}), HasSubstr("population_size: expected"));
  EXPECT_THAT(error_of({option("sample_size", 5)}), HasSubstr("belongs to rule: regularised"));
  EXPECT_THAT(error_of({option("rule", "aging")}), HasSubstr("is not in set"));
}

}  // namespace
}  // namespace sweepjob
