#include "model/pareto.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sweepjob {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Row = std::vector<double>;

TEST(Pareto, DominatesWhoIsNowhereWorseAndSomewhereBetter) {
  EXPECT_TRUE(dominates(Row{1, 2}, Row{1, 3}));
  EXPECT_TRUE(dominates(Row{0, 2}, Row{1, 3}));
  EXPECT_FALSE(dominates(Row{1, 2}, Row{1, 2}));
  EXPECT_FALSE(dominates(Row{0, 4}, Row{1, 3}));
  EXPECT_TRUE(dominates(Row{1, 2}, Row{1, kWorst}));
  EXPECT_FALSE(dominates(Row{0, kWorst}, Row{1, 3}));
}

TEST(Pareto, TheFrontIsWhoNobodyDominates) {
  EXPECT_THAT(pareto_front({{3, 1}, {2, 2}, {1, 3}, {2, 3}, {3, 3}}), ElementsAre(0, 1, 2));
  EXPECT_THAT(pareto_front({{1, 1}, {1, 1}, {1, 2}}), ElementsAre(0, 1)) << "equal ones are both";
  EXPECT_THAT(pareto_front({{1, kWorst}, {5, 5}}), ElementsAre(1));
  EXPECT_THAT(pareto_front({{5}, {3}, {4}}), ElementsAre(1));
  EXPECT_THAT(pareto_front({}), IsEmpty());
}

TEST(Pareto, ThreeObjectivesByHand) {
  EXPECT_THAT(pareto_front({{1, 2, 3}, {2, 1, 3}, {3, 3, 1}, {2, 2, 3}, {1, 2, 4}}),
              ElementsAre(0, 1, 2));
}

}  // namespace
}  // namespace sweepjob
