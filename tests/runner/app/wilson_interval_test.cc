#include "runner/app/views/wilson_interval.h"

#include <gtest/gtest.h>

namespace sweepjob {
namespace {

struct WilsonCase {
  std::uint64_t successes, trials;
  double confidence, low, high;
};

class WilsonInterval : public ::testing::TestWithParam<WilsonCase> {};

TEST_P(WilsonInterval, IsWhatTheFormulaGivesByHand) {
  const WilsonCase& c = GetParam();
  const auto interval = wilson_interval(c.successes, c.trials, c.confidence);
  ASSERT_TRUE(interval.has_value());
  EXPECT_NEAR(interval->low, c.low, 1e-6);
  EXPECT_NEAR(interval->high, c.high, 1e-6);
}

// z = 1.9599640 and 1.6448536. At the ends the formula is z^2 / (n + z^2) and n / (n + z^2).
INSTANTIATE_TEST_SUITE_P(ByHand, WilsonInterval,
                         ::testing::Values(WilsonCase{1, 10, 0.95, 0.0178762, 0.4041500},
                                           WilsonCase{0, 10, 0.95, 0, 0.2775328},
                                           WilsonCase{10, 10, 0.95, 0.7224672, 1},
                                           WilsonCase{1, 1, 0.95, 0.2065493, 1},
                                           WilsonCase{50, 100, 0.95, 0.4038315, 0.5961685},
                                           WilsonCase{1, 10, 0.9, 0.0226349, 0.3477187}));

TEST(WilsonIntervalEnds, AreExactAndMirrorEachOther) {
  for (const std::uint64_t trials : {1u, 3u, 7u, 1000u, 4'000'000u}) {
    EXPECT_EQ(wilson_interval(0, trials)->low, 0) << trials;
    EXPECT_EQ(wilson_interval(trials, trials)->high, 1) << trials;
    EXPECT_NEAR(wilson_interval(0, trials)->high, 1 - wilson_interval(trials, trials)->low, 1e-12);
  }
}

TEST(WilsonIntervalEnds, NothingIsSaidWithoutTrials) {
  EXPECT_FALSE(wilson_interval(0, 0).has_value());
}

}  // namespace
}  // namespace sweepjob
