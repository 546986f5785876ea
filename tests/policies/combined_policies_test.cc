// any, all, bounded and none: policies made of policies.
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/policy_harness.h"

namespace sweepjob::testing {
namespace {

Value upper(double bound) { return Value(Value::Map{{"type", "threshold"}, {"upper", bound}}); }
Value lower(double bound) { return Value(Value::Map{{"type", "threshold"}, {"lower", bound}}); }

PolicySetup combined(const char* type, Value::List policies) {
  return {.type = type, .goal = Goal::Minimize, .options = {{"policies", std::move(policies)}}};
}

PolicySetup bounded(Value policy, std::vector<std::pair<std::string, Value>> bounds,
                    Goal goal = Goal::Minimize) {
  PolicySetup setup{.type = "bounded", .goal = goal, .options = {{"policy", std::move(policy)}}};
  for (auto& bound : bounds) setup.options.push_back(std::move(bound));
  return setup;
}

TEST(Any, StopsWhenOneDoes) {
  Judged judged(combined("any", {upper(2), lower(-1)}));
  EXPECT_TRUE(judged.report(0, 3).stop);
  EXPECT_TRUE(judged.report(1, -3).stop);
  EXPECT_FALSE(judged.report(2, 0).stop);
}

TEST(All, StopsWhenEachDoes) {
  Judged judged(combined("all", {upper(2), upper(4)}));
  EXPECT_FALSE(judged.report(0, 3).stop);
  EXPECT_TRUE(judged.report(1, 5).stop);
  EXPECT_FALSE(judged.report(2, 0).stop);
}

TEST(AnyAndAll, ReasonsAreThoseOfThePoliciesThatDecided) {
  Judged any(combined("any", {upper(2), upper(4)}));
  EXPECT_EQ(any.report(0, 3).reason, "any: threshold: at interval 1 value 3.0 > upper 2.0");
  EXPECT_EQ(any.report(1, 5).reason,
            "any: threshold: at interval 1 value 5.0 > upper 2.0; threshold: at interval 1 value "
            "5.0 > upper 4.0");
  Judged all(combined("all", {upper(2), upper(4)}));
  all.report(0, 3);
  EXPECT_EQ(all.explain(0, 1).reason,
            "all: threshold: at interval 1 value 3.0 <= upper 4.0, by 1.0: kept");
}

TEST(AnyAndAll, NestAndTakeBareNames) {
  const Value inner(
      Value::Map{{"type", "all"}, {"policies", Value::List{upper(2), "median_stopping"}}});
  Judged judged(combined("any", {inner, "none"}));
  judged.report(0, 1);
  judged.report(1, 1);
  EXPECT_TRUE(judged.report(2, 3).stop);
}

TEST(Bounded, WaitsForTrialsAndForIntervals) {
  Judged judged(bounded(upper(2), {{"min_trials", 2}, {"min_intervals", 3}}));
  judged.report_all(0, {9, 9});
  EXPECT_FALSE(judged.report(0, 9).stop) << "one trial has reported";
  judged.report(1, 1);
  EXPECT_TRUE(judged.explain(0, 3).stop);
  EXPECT_FALSE(judged.explain(0, 2).stop) << "its second interval";
  EXPECT_EQ(judged.explain(0, 2).reason,
            "bounded: at interval 2 2 < 3 intervals, although threshold: at interval 2 value 9.0 > "
            "upper 2.0: kept");
}

TEST(Bounded, SparesTheBestTrialAndOfEqualOnesTheEarliest) {
  for (const Goal goal : {Goal::Minimize, Goal::Maximize}) {
    const double sign = goal == Goal::Minimize ? 1 : -1;
    const Value policy = goal == Goal::Minimize ? upper(2) : lower(-2);
    Judged judged(bounded(policy, {}, goal));
    EXPECT_TRUE(judged.report(1, NAN).stop) << "no number is never the best";
    judged.remove(1, 0);
    EXPECT_FALSE(judged.report(1, sign * 5).stop) << "the only one";
    EXPECT_TRUE(judged.report(2, sign * 6).stop);
    EXPECT_TRUE(judged.report(3, sign * 5).stop) << "as good, but later";
    EXPECT_FALSE(judged.report(0, sign * 5).stop) << "as good, and earlier";
    EXPECT_TRUE(judged.report(1, sign * 7).stop) << "so it is no longer";
    EXPECT_FALSE(judged.report(2, sign * 4).stop);
    EXPECT_TRUE(judged.report(0, sign * 5).stop);
    judged.remove(2, 1);
    EXPECT_FALSE(judged.report(0, sign * 5).stop) << "its better report was taken back";
    judged.exclude(0);
    EXPECT_FALSE(judged.explain(1, 1).stop);
  }
}

TEST(Bounded, ProtectionCanBeTurnedOff) {
  Judged judged(bounded(upper(2), {{"protect_best", false}, {"min_intervals", 1}}));
  EXPECT_TRUE(judged.report(0, 5).stop);
}

TEST(Bounded, SaysWhomItSpared) {
  Judged judged(bounded(upper(2), {}));
  judged.report(0, 5);
  EXPECT_EQ(judged.explain(0, 1).reason,
            "bounded: at interval 1 the trial is the best so far with 5.0, although threshold: at "
            "interval 1 value 5.0 > upper 2.0: kept");
  EXPECT_EQ(judged.report(1, 6).reason, "bounded: threshold: at interval 1 value 6.0 > upper 2.0");
}

TEST(None, StopsNobody) {
  Judged judged({.type = "none"});
  EXPECT_FALSE(judged.report(0, NAN).stop);
  EXPECT_EQ(judged.explain(0, 1).reason, "none: at interval 1 nobody is ever stopped: kept");
}

}  // namespace
}  // namespace sweepjob::testing
