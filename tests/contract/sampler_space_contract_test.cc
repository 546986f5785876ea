// Every sampler of the catalog and what its search space may hold: 200 parameters, draws from the
// prior while it knows nothing, and kinds that it cannot take.
#include <algorithm>
#include <cctype>
#include <set>

#include <gtest/gtest.h>

#include "tests/support/sampler_life.h"

namespace sweepjob {
namespace {

using test::SamplerCase;
using test::SamplerLife;
using test::SamplerUnderTest;

class SamplerSpaces : public testing::TestWithParam<SamplerCase> {};

// Beyond the start-up of those that learn from other samplers' trials.
TEST_P(SamplerSpaces, Takes200Parameters) {
  const std::vector<test::NamedSpace> spaces = test::large_spaces();
  const test::NamedSpace* space = test::space_for(GetParam(), spaces);
  ASSERT_NE(space, nullptr);
  SamplerLife life(GetParam(), space->space, 1000);
  if (!life.sampler().budget_plan()) {
    const std::vector<Params> drawn = SamplerUnderTest(space->space, "random").ask(0, 40);
    for (std::uint32_t i = 0; i < drawn.size(); ++i) {
      TrialAdded added{TrialId{i}, {}};
      added.proposal.params = drawn[i];
      life.observe(added);
      life.end(TrialId{i}, test::mixed_outcome(TrialId{i}, drawn[i]));
    }
  }
  const auto first = static_cast<std::uint32_t>(life.proposals().size());
  EXPECT_EQ(test::text(life.ask_restarted(1)), test::text(life.ask(1)));
  EXPECT_TRUE(life.play(first + 2, 4, test::mixed_outcome) || life.is_exhausted());
  EXPECT_EQ(life.distinct(first), life.fresh(first));
}

// The same trial's proposal over many seeds: whatever is spread over trials, a single one is a draw
// from the prior. Enumerations and lists draw nothing.
TEST_P(SamplerSpaces, TheFirstTrialsAreDrawsFromThePrior) {
  constexpr std::uint64_t kSeeds = 2000;
  // Of some 400 chances one is as small as this once in 250 times, and the seeds are fixed.
  constexpr double kLeast = 1e-5;
  const std::vector<test::NamedSpace> spaces = test::wide_spaces();
  const test::NamedSpace* space = test::space_for(GetParam(), spaces);
  ASSERT_NE(space, nullptr);
  if (space->name != "every kind" && space->name != "numbers") return;
  const SamplerUnderTest sampler(space->space, GetParam().type, GetParam().options);
  std::vector<Params> sample;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const std::vector<Params> asked = sampler.ask(3, 1, seed);
    ASSERT_EQ(asked.size(), 1u);
    sample.push_back(asked[0]);
  }
  const auto chances = test::chances(space->space, sample);
  EXPECT_GE(chances.size(), space->space.parameters.size());
  for (const auto& [path, chance] : chances) EXPECT_GT(chance, kLeast) << path;
}

// Gives each parameter, nested ones included, a line of its own.
void number_lines(Parameter& parameter, int& line) {
  parameter.where = {"job.yaml", line++, 5};
  for (ChoiceEntry& entry : parameter.choices) {
    for (auto& [name, content] : entry.members) {
      if (auto* nested = std::get_if<Parameter>(&content)) number_lines(*nested, line);
    }
  }
}

// The samplers of the catalog whose names are words of the text.
std::vector<SamplerCase> named_in(const std::string& text) {
  std::vector<SamplerCase> result;
  for (const SamplerCase& one : test::sampler_cases()) {
    if (one.label != one.type) continue;
    for (auto at = text.find(one.type); at != std::string::npos; at = text.find(one.type, at + 1)) {
      const auto is_letter = [&](std::size_t i) {
        return i < text.size() &&
               (std::isalpha(static_cast<unsigned char>(text[i])) != 0 || text[i] == '_');
      };
      if ((at > 0 && is_letter(at - 1)) || is_letter(at + one.type.size())) continue;
      result.push_back(one);
      break;
    }
  }
  return result;
}

void expect_refusal(const SearchSpace& space, const std::string& type, const Finding& finding) {
  SCOPED_TRACE(to_text(finding));
  bool is_its_place = false;
  for (const LeafParameter& leaf : all_parameters(space)) {
    const Parameter& parameter = *leaf.parameter;
    is_its_place = is_its_place ||
                   (finding.where == parameter.where && finding.path.ends_with(parameter.path));
  }
  EXPECT_TRUE(is_its_place) << "says neither which parameter nor where";
  std::size_t others = 0;
  for (const SamplerCase& other : named_in(finding.message + " " + finding.hint)) {
    if (other.type == type) continue;
    ++others;
    EXPECT_TRUE(SamplerUnderTest(space, other.type, other.options).exists()) << other.type;
  }
  EXPECT_GT(others, 0u) << "names no sampler that takes it";
}

TEST_P(SamplerSpaces, WhatItCannotTakeIsRefusedWithItsPlaceAndThoseThatCan) {
  int line = 20;
  std::vector<Parameter> parameters = test::wide_spaces().front().space.parameters;
  for (Parameter& parameter : parameters) {
    number_lines(parameter, line);
    for (const bool strict : {false, true}) {
      const SearchSpace space{{parameter}};
      const SamplerUnderTest sampler(space, GetParam().type, GetParam().options, true, strict);
      EXPECT_EQ(sampler.exists(), !sampler.findings().has_errors()) << parameter.path;
      for (const Finding& finding : sampler.findings().all()) {
        if (finding.severity != Severity::Error) continue;
        expect_refusal(space, GetParam().type, finding);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Catalog, SamplerSpaces, testing::ValuesIn(test::plain_sampler_cases()),
                         [](const auto& item) { return item.param.label; });

}  // namespace
}  // namespace sweepjob
