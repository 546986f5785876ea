// Every sampler of the catalog through the lives that sweeps have: restarted at every point, asked
// for many at once, told of nothing but failures. All well beyond its start-up, on the widest space
// that it takes.
#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include <gtest/gtest.h>

#include "tests/support/sampler_life.h"

namespace sweepjob {
namespace {

using test::completed;
using test::loss_of;
using test::Outcome;
using test::SamplerCase;
using test::SamplerLife;

constexpr std::uint32_t kManyTrials = 10'000;

// Trials behind every start-up there is: slow samplers model after 10 to 30 results, populations
// have 50 to 100 members, and one with budgets waits for results at its largest.
std::uint32_t beyond_start_up(const Sampler& sampler) {
  if (sampler.budget_plan()) return 200;
  return sampler.slow() ? 48 : 130;
}

std::string params_of(const SamplerLife& life) {
  std::string result;
  for (const Proposal& one : life.proposals()) result += to_json(Value(one.params), true) + "\n";
  return result;
}

// Where "u", between -3 and 5, lies in its range.
std::vector<double> places_of_u(const SamplerLife& life) {
  std::vector<double> places;
  for (const Proposal& proposal : life.proposals()) {
    for (const auto& [name, value] : proposal.params) {
      if (name == "u") places.push_back((*value.get<double>() + 3) / 8);
    }
  }
  return places;
}

class SamplerLives : public testing::TestWithParam<SamplerCase> {
 protected:
  // A life on the first of the spaces that the sampler takes.
  static std::unique_ptr<SamplerLife> make(const std::vector<test::NamedSpace>& spaces,
                                           std::uint32_t limit = 100'000) {
    const test::NamedSpace* space = test::space_for(GetParam(), spaces);
    if (space == nullptr) return nullptr;
    return std::make_unique<SamplerLife>(GetParam(), space->space, limit);
  }
  // Of the proposals from `first` on, continuations left out.
  static void expect_no_repeats(const SamplerLife& life, std::size_t first = 0) {
    if (!GetParam().repeats) {
      EXPECT_EQ(life.distinct(first), life.fresh(first));
    }
  }
};

// After every event; of slow ones after all events of one end or one answer.
TEST_P(SamplerLives, ARestartAtAnyPointChangesNothing) {
  const auto life = make(test::wide_spaces());
  ASSERT_NE(life, nullptr);
  const std::uint32_t trials = beyond_start_up(life->sampler());
  const bool slow = life->sampler().slow();
  std::uint32_t count = 0;
  const auto compare = [&] {
    if (HasFailure()) return;
    count = slow ? 1 : count % 3 + 1;
    const std::string asked = test::text(life->ask(count));
    EXPECT_EQ(test::text(life->ask_restarted(count)), asked) << life->proposals().size();
  };
  if (!slow) life->after_each_event(compare);
  do {
    if (slow) compare();
  } while (!HasFailure() && life->proposals().size() < trials &&
           life->step(4, test::mixed_outcome, true));
}

// That the other lives here are long enough: what is proposed depends on the results, of which a
// life of mixed outcomes has three for four trials.
TEST_P(SamplerLives, LearnFromResultsAndOnlyWhereTheySaySo) {
  const auto one = make(test::wide_spaces());
  const auto other = make(test::wide_spaces());
  ASSERT_NE(one, nullptr);
  const std::uint32_t trials = beyond_start_up(one->sampler()) * 3 / 4;
  one->play(trials, 4, [](TrialId, const Params& params) { return completed(loss_of(params)); });
  other->play(trials, 4, [](TrialId, const Params& params) { return completed(-loss_of(params)); });
  EXPECT_EQ(params_of(*one) != params_of(*other), one->sampler().needs_results());
}

// In one call, and one by one: 64 different places, all over the space.
TEST_P(SamplerLives, SixtyFourAtOnceWithoutAResult) {
  for (const std::uint32_t each : {64u, 1u}) {
    const auto life = make(test::wide_spaces());
    ASSERT_NE(life, nullptr);
    while (life->proposals().size() < 64 &&
           life->start(std::min<std::uint32_t>(each, 64 - life->proposals().size())) > 0) {
    }
    expect_no_repeats(*life);
    EXPECT_EQ(test::text(life->ask_restarted(2)), test::text(life->ask(2)));
    if (life->proposals().size() < 64) {
      EXPECT_TRUE(life->sampler().budget_plan() || life->is_exhausted()) << "gives fewer";
      continue;
    }
    std::array<int, 4> quarters{};
    for (const double place : places_of_u(*life)) {
      ++quarters.at(std::min<std::size_t>(3, static_cast<std::size_t>(place * 4)));
    }
    if (places_of_u(*life).empty()) continue;
    // Independent draws leave fewer than 4 of 64 in a given quarter once in 20,000 times.
    EXPECT_GE(*std::min_element(quarters.begin(), quarters.end()), 4);
  }
}

// Not one place a hair apart 64 times either: most differ in the first digit of some parameter.
TEST_P(SamplerLives, SixtyFourPendingBesideResults) {
  const auto life = make(test::wide_spaces());
  ASSERT_NE(life, nullptr);
  life->play(beyond_start_up(life->sampler()), 4, test::mixed_outcome);
  const std::size_t first = life->proposals().size();
  while (life->proposals().size() < first + 64) {
    if (life->start(static_cast<std::uint32_t>(first + 64 - life->proposals().size())) == 0) break;
  }
  expect_no_repeats(*life, first);
  EXPECT_GE(2 * life->distinct(first, 1), life->fresh(first)) << "they crowd";
}

struct Fate {
  const char* name;
  test::OutcomeOf outcome_of;
};

TEST_P(SamplerLives, GoOnWhateverComesOfTheTrials) {
  const Outcome failed{Status::Failed, std::nullopt, std::nullopt};
  const Outcome nan{Status::Completed, std::nullopt, NAN};
  const std::vector<Fate> fates{
      {"all equal", [](TrialId, const Params&) { return completed(0.25); }},
      {"all failed", [=](TrialId, const Params&) { return failed; }},
      {"all NaN", [=](TrialId, const Params&) { return nan; }},
      {"all infinite",
       [](TrialId, const Params&) {
         return Outcome{Status::Completed, std::nullopt, INFINITY};
       }},
      {"all cut without a value",
       [](TrialId, const Params&) {
         return Outcome{Status::Canceled, std::nullopt, std::nullopt};
       }},
      {"one result, the others failed",
       [=](TrialId trial, const Params&) { return index_of(trial) == 7 ? completed(1) : failed; }},
      {"huge",
       [](TrialId trial, const Params& params) {
         return completed((index_of(trial) % 2 == 0 ? 1e300 : -1e300) * loss_of(params));
       }},
      {"tiny", [](TrialId, const Params& params) { return completed(1e-300 * loss_of(params)); }}};
  for (const Fate& fate : fates) {
    SCOPED_TRACE(fate.name);
    const auto life = make(test::wide_spaces());
    ASSERT_NE(life, nullptr);
    EXPECT_TRUE(life->play(beyond_start_up(life->sampler()), 4, fate.outcome_of) ||
                (!life->sampler().needs_results() && life->is_exhausted()));
    expect_no_repeats(*life);
    EXPECT_EQ(test::text(life->ask_restarted(1)), test::text(life->ask(1)));
  }
}

TEST_P(SamplerLives, OfOneTrial) {
  for (const Outcome& outcome :
       {completed(0.5), Outcome{Status::Failed, std::nullopt, std::nullopt},
        Outcome{Status::Completed, std::nullopt, NAN}}) {
    const auto life = make(test::wide_spaces(), 1);
    ASSERT_NE(life, nullptr);
    ASSERT_EQ(life->start(1), 1u);
    life->end(TrialId{0}, outcome);
    // The core asks no more; what `update` of the limit makes of it must be well.
    EXPECT_EQ(test::text(life->ask_restarted(8)), test::text(life->ask(8)));
    EXPECT_GT(life->start(8), 0u);
  }
}

// Those with budgets run them, slow ones a tenth of them; the others hear of the results of trials
// that random search has proposed.
TEST_P(SamplerLives, OfTenThousandTrials) {
  const auto life = make(test::wide_spaces());
  ASSERT_NE(life, nullptr);
  if (life->sampler().budget_plan()) {
    life->play(life->sampler().slow() ? kManyTrials / 10 : kManyTrials, 16, test::mixed_outcome);
  } else {
    const test::SamplerUnderTest random(life->space(), "random");
    const std::vector<Params> drawn = random.ask(0, kManyTrials);
    for (std::uint32_t i = 0; i < kManyTrials; ++i) {
      TrialAdded added{TrialId{i}, {}};
      added.proposal.params = drawn[i];
      life->observe(added);
      life->end(TrialId{i}, test::mixed_outcome(TrialId{i}, drawn[i]));
    }
  }
  const Proposals answer = life->ask(1);
  EXPECT_EQ(test::text(life->ask_restarted(1)), test::text(answer));
  EXPECT_TRUE(life->start(answer) > 0 ||
              (!life->sampler().needs_results() && life->is_exhausted()));
}

INSTANTIATE_TEST_SUITE_P(Catalog, SamplerLives, testing::ValuesIn(test::plain_sampler_cases()),
                         [](const auto& item) { return item.param.label; });

}  // namespace
}  // namespace sweepjob
