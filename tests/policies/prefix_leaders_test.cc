#include "policies/prefix_leaders.h"

#include <map>
#include <utility>

#include <gtest/gtest.h>

#include "model/rng.h"

namespace sweepjob {
namespace {

using Leader = PrefixLeaders::Leader;

TEST(PrefixLeaders, NobodyLeadsAtFirst) {
  const PrefixLeaders leaders;
  EXPECT_FALSE(Leader{}.beats(leaders.leader(3)));
  EXPECT_LT(leaders.leader(3).key, -1e308);
}

TEST(PrefixLeaders, OfEqualValuesTheLowestTrialLeads) {
  PrefixLeaders leaders;
  leaders.offer(4, {1.0, TrialId(7)});
  leaders.offer(2, {1.0, TrialId(9)});
  EXPECT_EQ(leaders.leader(3).trial, TrialId(9));
  EXPECT_EQ(leaders.leader(4).trial, TrialId(7));
  leaders.offer(0, {1.0, TrialId(3)});
  EXPECT_EQ(leaders.leader(4).trial, TrialId(3));
}

TEST(PrefixLeaders, LaterSlotsPlayNoPart) {
  PrefixLeaders leaders;
  leaders.offer(0, {1.0, TrialId(0)});
  leaders.offer(9, {5.0, TrialId(1)});
  EXPECT_EQ(leaders.leader(8).key, 1.0);
  EXPECT_EQ(leaders.leader(9).key, 5.0);
  EXPECT_EQ(leaders.leader(90).key, 5.0);
}

// One value a (slot, trial); withdrawn leaders make slots stale, and all values are offered again.
TEST(PrefixLeaders, AgreesWithASearchOverAllValues) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    SCOPED_TRACE(seed);
    RandomStream random(seed);
    PrefixLeaders leaders;
    std::map<std::pair<std::size_t, TrialId>, double> values;
    for (int i = 0; i < 200; ++i) {
      const std::pair at(random.below(20), TrialId(random.below(8)));
      if (values.erase(at) > 0) {
        leaders.withdraw(at.first, at.second);
      } else {
        values[at] = static_cast<double>(random.below(30));
        leaders.offer(at.first, {values[at], at.second});
      }
      if (random.below(3) == 0) continue;
      for (const auto& [place, value] : values) leaders.refill(place.first, {value, place.second});
      leaders.finish_refill();
      const std::size_t slot = random.below(25);
      Leader expected;
      for (const auto& [place, value] : values) {
        const Leader candidate{value, place.second};
        if (place.first <= slot && candidate.beats(expected)) expected = candidate;
      }
      ASSERT_EQ(leaders.leader(slot).key, expected.key);
      ASSERT_EQ(leaders.leader(slot).trial, expected.trial);
    }
  }
}

TEST(PrefixLeadersDeathTest, StaleSlotsAreNotAskedAbout) {
  PrefixLeaders leaders;
  leaders.offer(1, {1.0, TrialId(0)});
  leaders.withdraw(1, TrialId(0));
  EXPECT_FALSE(leaders.leader(0).beats(Leader{}));
  EXPECT_DEATH(static_cast<void>(leaders.leader(1)), "refilled");
}

}  // namespace
}  // namespace sweepjob
