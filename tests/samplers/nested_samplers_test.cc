// Samplers around others: what the inner one has written into its notes comes back to it, and a
// trial that goes on (a configuration's next budget, or a retry by hand) counts once.
#include <cmath>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/spaces.h"

namespace sweepjob {
namespace {

using test::option;
using test::SamplerUnderTest;
using test::uniform;
using testing::HasSubstr;
using testing::StartsWith;

SearchSpace plane() { return {{uniform("x", 0, 1), uniform("y", 0, 1)}}; }

double bowl(const Params& params) {
  const double x = *params[0].second.get<double>(), y = *params[1].second.get<double>();
  return (x - 0.3) * (x - 0.3) + (y - 0.6) * (y - 0.6);
}

// One after the other; all that was proposed.
std::vector<Proposal> run(SamplerUnderTest& sampler, std::uint32_t trials) {
  std::vector<Proposal> proposals;
  for (std::uint32_t i = 0; i < trials; ++i) {
    const std::vector<TrialId> next{TrialId{i}};
    const Proposals answer = sampler->propose(next, Rng(5));
    const auto* list = std::get_if<std::vector<Proposal>>(&answer);
    if (list == nullptr) break;
    proposals.push_back(list->at(0));
    sampler->observe(TrialAdded{TrialId{i}, proposals.back()});
    const double loss = bowl(proposals.back().params);
    sampler->observe(TrialEnded{TrialId{i}, Status::Completed, loss, loss});
  }
  return proposals;
}

std::uint32_t generation_of(const Proposal& proposal) {
  const std::size_t at = proposal.note.find("generation ");
  if (at == std::string::npos) return 0;
  return static_cast<std::uint32_t>(std::stoul(proposal.note.substr(at + 11)));
}

std::vector<Option> hyperband_of(const char* inner, std::vector<Option> more = {}) {
  Value::Map sampler{{"type", inner}};
  for (const Option& one : more) sampler.emplace_back(one.name, one.value);
  return {option("max_budget", 9), option("rounds", 0), option("sampler", std::move(sampler))};
}

TEST(NestedSamplers, CmaesGoesFromGenerationToGenerationWithinHyperband) {
  SamplerUnderTest sampler(plane(), "hyperband", hyperband_of("cmaes"));
  ASSERT_TRUE(sampler.exists());
  const std::vector<Proposal> proposals = run(sampler, 200);
  std::uint32_t last = 0, fresh = 0;
  std::set<std::string> places;
  for (const Proposal& one : proposals) {
    if (one.parent) continue;
    if (++fresh == 1) continue;  // the start-up draw
    EXPECT_GE(generation_of(one), last) << one.note;
    last = generation_of(one);
    EXPECT_THAT(one.note, HasSubstr(" after 1:"));
    const std::size_t at = one.note.find("generation ");
    EXPECT_TRUE(places.insert(one.note.substr(at, one.note.find(" after ") - at)).second);
  }
  // Each configuration counts once, however often it was trained: six make a generation. Those that
  // are trained further just then may be counted in the next.
  EXPECT_LE(last, fresh / 6);
  EXPECT_GE(last, fresh / 6 / 2);
}

TEST(NestedSamplers, CmaesGoesFromGenerationToGenerationWithinAuto) {
  SamplerUnderTest sampler(plane(), "auto");
  RandomStream stream(1);
  std::uint32_t next = 0;
  const auto end = [&](Proposal proposal) {
    sampler->observe(TrialAdded{TrialId{next}, proposal});
    const double loss = bowl(proposal.params);
    sampler->observe(TrialEnded{TrialId{next++}, Status::Completed, loss, loss});
  };
  while (next < 200) end({{{"x", stream.uniform()}, {"y", stream.uniform()}}, {}, {}, {}});
  std::uint32_t generation = 0;
  double best = INFINITY;
  for (int i = 0; i < 60; ++i) {
    const std::vector<TrialId> ids{TrialId{next}};
    const Proposal proposal = std::get<std::vector<Proposal>>(sampler->propose(ids, Rng(5))).at(0);
    ASSERT_THAT(proposal.note, StartsWith("auto: cmaes "));
    generation = generation_of(proposal);
    best = std::min(best, bowl(proposal.params));
    end(proposal);
  }
  EXPECT_EQ(generation, 9u) << "six points each";
  EXPECT_LT(best, 1e-4);
}

TEST(NestedSamplers, EvolutionHasChildrenWithinHyperband) {
  SamplerUnderTest sampler(plane(), "hyperband",
                           hyperband_of("evolution", {option("population_size", 4)}));
  ASSERT_TRUE(sampler.exists());
  std::uint32_t draws = 0, children = 0;
  for (const Proposal& one : run(sampler, 100)) {
    if (one.parent) continue;
    draws += one.note.find("a random individual") != std::string::npos ? 1 : 0;
    children += one.note.find("child of trial ") != std::string::npos ? 1 : 0;
  }
  EXPECT_EQ(draws, 4u);
  EXPECT_GT(children, 30u);
}

std::string next_note(const SamplerUnderTest& sampler, std::uint32_t trial) {
  const std::vector<TrialId> ids{TrialId{trial}};
  return std::get<std::vector<Proposal>>(sampler->propose(ids, Rng(5))).at(0).note;
}

TEST(NestedSamplers, ATrialOfCmaesThatWasStartedAgainCountsOnce) {
  SamplerUnderTest sampler(plane(), "cmaes");
  run(sampler, 4);  // the start-up draw, and three of six points
  const auto again = [&](std::uint32_t trial, double loss) {
    sampler->observe(TrialReopened{TrialId{trial}});
    sampler->observe(TrialEnded{TrialId{trial}, Status::Completed, loss, loss});
  };
  for (int i = 0; i < 3; ++i) again(3, 0.5);
  EXPECT_THAT(next_note(sampler, 4), StartsWith("generation 0 point 3 "));
  // While it runs it does not count at all.
  sampler->observe(TrialReopened{TrialId{2}});
  for (std::uint32_t i = 4; i < 7; ++i) {
    const std::vector<TrialId> ids{TrialId{i}};
    const Proposals answer = sampler->propose(ids, Rng(5));
    sampler->observe(TrialAdded{TrialId{i}, std::get<std::vector<Proposal>>(answer).at(0)});
    sampler->observe(TrialEnded{TrialId{i}, Status::Completed, 1.0 / i, 1.0 / i});
  }
  EXPECT_THAT(next_note(sampler, 7), StartsWith("generation 0 point 6 "));
  sampler->observe(TrialEnded{TrialId{2}, Status::Completed, 0.1, 0.1});
  EXPECT_THAT(next_note(sampler, 7), StartsWith("generation 1 point 0 "));
}

TEST(NestedSamplers, OwnNoteIsWhatFollowsThoseAround) {
  EXPECT_EQ(own_note("a random individual"), "a random individual");
  EXPECT_EQ(own_note("round 2 bracket 1 rung 0; auto: cmaes (why); generation 1 point 2"),
            "generation 1 point 2");
  EXPECT_EQ(own_note(""), "");
}

}  // namespace
}  // namespace sweepjob
