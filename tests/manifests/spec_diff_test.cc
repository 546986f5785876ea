#include "manifests/spec/spec_diff.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sweepjob {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> diff(const std::string& before, const std::string& after) {
  const auto a = from_json(before), b = from_json(after);
  EXPECT_TRUE(a.has_value() && b.has_value());
  return differing_keys(*a, *b);
}

TEST(SpecDiff, FindsNothingBetweenEqualSpecs) {
  EXPECT_THAT(diff(R"({"a":{"b":[1,{"c":2}]}})", R"({"a":{"b":[1,{"c":2}]}})"), IsEmpty());
}

TEST(SpecDiff, NamesEachKeyWithBothValues) {
  EXPECT_THAT(diff(R"({"limits":{"max_total_trials":20,"timeout":5},"compute":"cpu"})",
                   R"({"limits":{"max_total_trials":40,"timeout":5},"step":"x"})"),
              ElementsAre("limits.max_total_trials: 20 -> 40", "compute: \"cpu\" -> (none)",
                          "step: (none) -> \"x\""));
}

TEST(SpecDiff, GoesIntoListsAndTellsIntegersFromTheirText) {
  EXPECT_THAT(diff(R"({"v":[1,2]})", R"({"v":["1",2,3]})"),
              ElementsAre("v[0]: 1 -> \"1\"", "v[2]: (none) -> 3"));
}

TEST(SpecDiff, CountsTheOrderOfKeysOnlyInTheSearchSpace) {
  EXPECT_THAT(diff(R"({"tags2":{"a":1,"b":2}})", R"({"tags2":{"b":2,"a":1}})"), IsEmpty());
  EXPECT_THAT(diff(R"({"search_space":{"a":{"type":"uniform"},"b":{"type":"normal"}}})",
                   R"({"search_space":{"b":{"type":"normal"},"a":{"type":"uniform"}}})"),
              ElementsAre("search_space: order of keys a, b -> b, a"));
}

TEST(SpecDiff, IgnoresWhatOnlyLabelsASweep) {
  EXPECT_THAT(diff(R"({"description":"a","display_name":"b","tags":{"x":"1"}})",
                   R"({"description":"c","display_name":"d","tags":{"x":"2"}})"),
              IsEmpty());
  // The same names further down are data.
  EXPECT_THAT(diff(R"({"inputs":{"tags":1}})", R"({"inputs":{"tags":2}})"),
              ElementsAre("inputs.tags: 1 -> 2"));
}

TEST(SpecDiff, ShowsLongValuesShortened) {
  const auto lines = diff(R"({"c":")" + std::string(5000, 'x') + R"("})", R"({"c":"y"})");
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_LT(lines[0].size(), 300U);
}

}  // namespace
}  // namespace sweepjob
