// What samplers/sampler.h promises, asked of every sampler in the catalog on a space of few points,
// which it comes to the end of. A new file in samplers/ is tested here unasked; one that suits none
// of the spaces fails. Longer lives: sampler_life_contract_test.cc.
#include <gtest/gtest.h>

#include "tests/support/sampler_life.h"

namespace sweepjob {
namespace {

using test::completed;
using test::option;
using test::SamplerCase;
using test::SamplerLife;
using test::SamplerUnderTest;

class SamplerContract : public testing::TestWithParam<SamplerCase> {
 protected:
  void SetUp() override {
    const test::NamedSpace* space = test::space_for(GetParam(), small_);
    ASSERT_NE(space, nullptr);
    space_ = *space;
  }

  [[nodiscard]] SamplerLife life() const { return {GetParam(), space_.space, 1000}; }

  // Learning samplers repeat no point, but for some rules and what is inside others.
  [[nodiscard]] bool uses_up(const Sampler& sampler) const {
    if (!GetParam().allow_duplicates) return true;
    return sampler.needs_results() && !sampler.budget_plan() && !GetParam().repeats;
  }

  const std::vector<test::NamedSpace> small_ = test::small_spaces();
  test::NamedSpace space_;
};

TEST_P(SamplerContract, ARestartAtAnyPointChangesNothing) {
  SamplerLife life = this->life();
  std::uint32_t count = 0;
  do {
    count = count % 3 + 1;
    const std::string asked = test::text(life.ask(count));
    ASSERT_EQ(test::text(life.ask_restarted(count)), asked) << life.proposals().size();
    ASSERT_EQ(test::text(life.ask(count)), asked) << "asked again";
    if (asked == "wait") {
      ASSERT_TRUE(life.sampler().needs_results()) << "only a sampler that needs results may wait";
      ASSERT_FALSE(life.running().empty()) << "nothing to wait for";
    }
  } while (life.proposals().size() < 40 && life.step(4, test::mixed_outcome, true));
  EXPECT_GE(life.proposals().size(), space_.points);
}

// Whether results come one by one, late, or not before the end.
TEST_P(SamplerContract, TriesEveryPointOnceAndIsExhausted) {
  for (const std::uint32_t at_once : {1u, 4u, 64u}) {
    SamplerLife life = this->life();
    const bool goes_on = life.play(100, at_once, test::mixed_outcome);
    if (!uses_up(life.sampler())) continue;
    EXPECT_EQ(life.distinct(), life.fresh()) << at_once;
    if (goes_on) {
      EXPECT_TRUE(life.sampler().budget_plan()) << "only members of a population go on and on";
    } else {
      EXPECT_EQ(life.fresh(), space_.points) << at_once;
    }
  }
}

// A trial that is started again may bring more to a sampler that needs results; the core, once told
// that nothing more comes, does not ask it.
TEST_P(SamplerContract, ExhaustedStaysExhausted) {
  SamplerLife life = this->life();
  if (life.play(200, 3, [](TrialId, const Params&) { return completed(1); })) return;
  ASSERT_TRUE(life.is_exhausted()) << "every trial has ended, and it waits";
  std::vector<TrialEvent> later{TrialExcluded{TrialId{2}},
                                TrialEnded{TrialId{1}, Status::Failed, {}, {}}};
  if (!life.sampler().needs_results()) later.insert(later.begin(), TrialReopened{TrialId{1}});
  for (const TrialEvent& event : later) {
    life.observe(event);
    for (const std::uint32_t count : {1u, 5u}) {
      EXPECT_TRUE(std::holds_alternative<Exhausted>(life.ask(count)));
    }
  }
}

TEST_P(SamplerContract, ConstantsAreAllThereIsOfTheirSpace) {
  const std::vector<test::NamedSpace> spaces = test::constant_spaces();
  const test::NamedSpace* constants = test::space_for(GetParam(), spaces);
  ASSERT_NE(constants, nullptr);
  SamplerLife life(GetParam(), constants->space, 1000);
  const bool goes_on = life.play(40, 4, test::mixed_outcome);
  EXPECT_GE(life.proposals().size(), 1u);
  EXPECT_EQ(life.distinct(), 1u);
  if (uses_up(life.sampler())) {
    EXPECT_EQ(life.fresh(), 1u);
    EXPECT_TRUE(!goes_on || life.sampler().budget_plan());
  }
}

TEST_P(SamplerContract, AskedAheadOfNeedItProposesWhatItWouldOneByOne) {
  const std::vector<test::NamedSpace> spaces = test::wide_spaces();
  const test::NamedSpace* wide = test::space_for(GetParam(), spaces);
  ASSERT_NE(wide, nullptr);
  SamplerUnderTest sampler(wide->space, GetParam().type, GetParam().options,
                           GetParam().allow_duplicates);
  if (sampler->needs_results()) return;
  const std::vector<Params> ahead = sampler.ask(0, 8);
  ASSERT_EQ(ahead.size(), 8u);
  for (std::uint32_t trial = 0; trial < ahead.size(); ++trial) {
    const std::vector<Params> single = sampler.ask(trial, 1);
    ASSERT_EQ(single.size(), 1u);
    EXPECT_EQ(single[0], ahead[trial]);
    sampler.add(trial, single[0]);
  }
}

TEST_P(SamplerContract, AWrongKeyIsAnErrorOnlyWhenStrict) {
  const std::vector<Option> options = test::with(GetParam().options, {option("no_such_key", 1)});
  const SamplerUnderTest lenient(space_.space, GetParam().type, options);
  const SamplerUnderTest strict(space_.space, GetParam().type, options, true, true);
  EXPECT_TRUE(lenient.exists());
  EXPECT_FALSE(lenient.findings().all().empty());
  EXPECT_FALSE(strict.exists());
  EXPECT_TRUE(strict.findings().has_errors());
}

INSTANTIATE_TEST_SUITE_P(Catalog, SamplerContract, testing::ValuesIn(test::sampler_cases()),
                         [](const auto& item) { return item.param.label; });

}  // namespace
}  // namespace sweepjob
