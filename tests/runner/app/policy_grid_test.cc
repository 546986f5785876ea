#include "runner/app/policy_grid.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sweepjob {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

std::string refusal(const std::string& text) {
  const auto axis = parse_grid_axis(text);
  return axis.has_error() ? axis.error().text() : "accepted";
}

TEST(PolicyGrid, ARangeHasBothEndsAndRoundNumbers) {
  const auto axis = parse_grid_axis("slack_factor=0.05:0.25:5");
  ASSERT_TRUE(axis.has_value());
  EXPECT_EQ(axis->key, "slack_factor");
  EXPECT_THAT(axis->points, ElementsAre("0.05", "0.1", "0.15", "0.2", "0.25"));
  EXPECT_THAT(axis->numbers, ElementsAre(0.05, 0.1, 0.15, 0.2, 0.25));
  EXPECT_THAT(parse_grid_axis("delay_evaluation=10:1:4")->points, ElementsAre("10", "7", "4", "1"));
}

TEST(PolicyGrid, AListHoldsNumbersOrWords) {
  EXPECT_THAT(parse_grid_axis("a=0.1,0.25")->numbers, ElementsAre(0.1, 0.25));
  const auto words = parse_grid_axis("policy.mode=any,all");
  EXPECT_THAT(words->points, ElementsAre("any", "all"));
  EXPECT_THAT(words->numbers, IsEmpty());
}

TEST(PolicyGrid, SaysWhatWasExpected) {
  EXPECT_THAT(refusal("slack_factor"), HasSubstr("expects KEY=FROM:TO:COUNT or KEY=a,b,c"));
  EXPECT_THAT(refusal("=1,2"), HasSubstr("expects KEY="));
  EXPECT_THAT(refusal("k=1:2"), HasSubstr("--grid k: expected three numbers"));
  EXPECT_THAT(refusal("k=1:2:3:4"), HasSubstr("expected three numbers"));
  EXPECT_THAT(refusal("k=a:2:3"), HasSubstr("FROM and TO must be finite numbers"));
  EXPECT_THAT(refusal("k=0:inf:3"), HasSubstr("FROM and TO must be finite numbers"));
  EXPECT_THAT(refusal("k=0:1:1"), HasSubstr("COUNT must be a whole number from 2 to 10000"));
  EXPECT_THAT(refusal("k=0:1:2.5"), HasSubstr("COUNT must be"));
  EXPECT_THAT(refusal("k=0:1:99999999999"), HasSubstr("COUNT must be"));
  EXPECT_THAT(refusal("k=1,,2"), HasSubstr("an entry of the list is empty"));
  EXPECT_THAT(refusal("k="), HasSubstr("an entry of the list is empty"));
}

TEST(PolicyGrid, TwoAxesGiveAllCombinations) {
  const auto points = grid_points({*parse_grid_axis("a=1,2"), *parse_grid_axis("b=x,y")});
  ASSERT_TRUE(points.has_value());
  ASSERT_EQ(points->size(), 4U);
  EXPECT_THAT((*points)[1], ElementsAre(Pair("a", "1"), Pair("b", "y")));
  EXPECT_THAT((*points)[2], ElementsAre(Pair("a", "2"), Pair("b", "x")));
}

TEST(PolicyGrid, BoundsHowManyPointsThereAre) {
  const GridAxis axis = *parse_grid_axis("a=0:1:101");
  GridAxis other = axis;
  EXPECT_THAT(grid_points({axis, other}).error().text(), HasSubstr("given twice for a"));
  other.key = "b";
  EXPECT_THAT(grid_points({axis, other}).error().text(), HasSubstr("more than 10000 points"));
  EXPECT_THAT(grid_points({axis, other, axis}).error().text(), HasSubstr("once or twice"));
}

}  // namespace
}  // namespace sweepjob
