#include "runner/app/wrong_cut.h"

#include <gtest/gtest.h>

namespace sweepjob {
namespace {

TEST(WrongCuts, AreThoseOfTrialsThatEndBetterThanTheBestThatWasNotCut) {
  for (const double sign : {1.0, -1.0}) {
    WrongCuts cuts(sign > 0 ? Goal::Maximize : Goal::Minimize);
    cuts.keep(sign * 3, false);
    cuts.keep(sign * 5, false);
    cuts.keep(sign * 9, true);  // it failed
    cuts.keep(kWorst, false);
    EXPECT_TRUE(cuts.is_wrong(sign * 6, false));
    EXPECT_FALSE(cuts.is_wrong(sign * 5, false)) << "a tie";
    EXPECT_FALSE(cuts.is_wrong(sign * 4, false));
    EXPECT_FALSE(cuts.is_wrong(sign * 6, true)) << "it fails";
    EXPECT_FALSE(cuts.is_wrong(kWorst, false));
  }
}

TEST(WrongCuts, EveryNumberIsBetterThanNothing) {
  const WrongCuts cuts(Goal::Minimize);
  EXPECT_TRUE(cuts.is_wrong(1e9, false));
  EXPECT_FALSE(cuts.is_wrong(kWorst, false));
}

}  // namespace
}  // namespace sweepjob
