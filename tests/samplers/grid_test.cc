#include <gtest/gtest.h>

#include "samplers/numerics/draw.h"
#include "samplers/numerics/enumeration.h"
#include "tests/support/spaces.h"

namespace sweepjob {
namespace {

using enum DistributionKind;
using test::choice;
using test::SamplerUnderTest;

std::vector<std::string> texts(const std::vector<Params>& all) {
  std::vector<std::string> result;
  for (const Params& params : all) result.push_back(to_json(Value(params)));
  return result;
}

TEST(Grid, GoesThroughTheKeysInYamlOrderTheLastOneFastest) {
  SamplerUnderTest sampler(
      {{choice("b", std::vector<Value>{"x", "y"}), choice("a", std::vector<Value>{3, 1, 2})}},
      "grid");
  EXPECT_EQ(
      texts(sampler.ask(0, 10)),
      (std::vector<std::string>{R"({"b":"x","a":3})", R"({"b":"x","a":1})", R"({"b":"x","a":2})",
                                R"({"b":"y","a":3})", R"({"b":"y","a":1})", R"({"b":"y","a":2})"}));
}

TEST(Grid, EnumeratesTheLeavesOfEachBranch) {
  SamplerUnderTest sampler({{test::model_choice(false), choice("z", std::vector<Value>{0, 1})}},
                           "grid");
  EXPECT_EQ(
      texts(sampler.ask(0, 100)),
      (std::vector<std::string>{
          R"({"model":{"name":"svm","C":0.1},"z":0})", R"({"model":{"name":"svm","C":0.1},"z":1})",
          R"({"model":{"name":"svm","C":1.0},"z":0})", R"({"model":{"name":"svm","C":1.0},"z":1})",
          R"({"model":{"name":"svm","C":10.0},"z":0})",
          R"({"model":{"name":"svm","C":10.0},"z":1})",
          R"({"model":{"name":"forest","trees":100},"z":0})",
          R"({"model":{"name":"forest","trees":100},"z":1})",
          R"({"model":{"name":"forest","trees":200},"z":0})",
          R"({"model":{"name":"forest","trees":200},"z":1})"}));
}

TEST(Grid, KeepsEveryListEntryAlsoEqualOnes) {
  SamplerUnderTest sampler({{choice("a", std::vector<Value>{1, 1, "1"})}}, "grid");
  EXPECT_EQ(texts(sampler.ask(0, 9)),
            (std::vector<std::string>{R"({"a":1})", R"({"a":1})", R"({"a":"1"})"}));
}

TEST(Grid, GoesOnAfterARestartWhereItWas) {
  const SearchSpace space{{choice("a", std::vector<Value>{0, 1, 2, 3, 4})}};
  SamplerUnderTest first(space, "grid");
  const std::vector<Params> all = first.ask(0, 5);
  SamplerUnderTest restarted(space, "grid");
  for (std::uint32_t trial = 0; trial < 3; ++trial) restarted.add(trial, all[trial]);
  EXPECT_EQ(restarted.ask(3, 10), (std::vector<Params>{all[3], all[4]}));
  EXPECT_TRUE(restarted.ask(5, 1).empty());
}

TEST(Grid, RefusesOtherTypesAtTheirPlaceAlsoNestedOnes) {
  Parameter lr = test::uniform("lr", 0, 1);
  lr.where = {"job.yaml", 12, 5};
  SamplerUnderTest sampler({{lr, test::model_choice(true), test::randint("n", 3)}}, "grid");
  EXPECT_FALSE(sampler.exists());
  const std::vector<Finding>& findings = sampler.findings().all();
  ASSERT_EQ(findings.size(), 3u);
  EXPECT_EQ(to_text(findings[0]),
            "job.yaml:12:5: error: search_space.lr: grid sampling takes only choice parameters, "
            "this one is uniform; list its values in a choice, or use random");
  EXPECT_EQ(findings[1].path, "search_space.model.C");
  EXPECT_EQ(findings[2].path, "search_space.n");
}

TEST(Grid, WarnsWhenTheLimitCutsIt) {
  std::vector<Value> values;
  for (int i = 0; i < 101; ++i) values.emplace_back(i);
  SamplerUnderTest large({{choice("a", values)}}, "grid");  // max_total_trials is 100
  EXPECT_TRUE(large.exists());
  ASSERT_EQ(large.findings().all().size(), 1u);
  EXPECT_EQ(large.findings().all()[0].severity, Severity::Warning);
  EXPECT_NE(large.findings().all()[0].message.find("101 points; only 100"), std::string::npos);
  values.pop_back();
  EXPECT_TRUE(SamplerUnderTest({{choice("a", values)}}, "grid").findings().all().empty());
}

TEST(Grid, ReachesPointsOfASpaceTooLargeToCount) {
  SearchSpace space;
  for (int i = 0; i < 70; ++i) {
    space.parameters.push_back(choice("p" + std::to_string(i), std::vector<Value>{0, 1}));
  }
  SamplerUnderTest sampler(space, "grid");
  ASSERT_TRUE(sampler.exists());
  const Params params = sampler.ask(6, 1).at(0);
  EXPECT_EQ(params[0].second, Value(0));
  EXPECT_EQ(params[67].second, Value(1));
  EXPECT_EQ(params[68].second, Value(1));
  EXPECT_EQ(params[69].second, Value(0));
  const Enumeration points(space, kNaturalBase);
  EXPECT_EQ(points.size(), UINT64_MAX);
}

TEST(Enumeration, CountsWhatQuantizedDrawsCanGive) {
  const auto size = [](const Parameter& parameter) {
    const SearchSpace space{{parameter}};
    return Enumeration(space, kNaturalBase).size();
  };
  EXPECT_EQ(size(test::parameter("x", QUniform, 10, 50, 5)), 9u);
  EXPECT_EQ(size(test::parameter("x", QUniform, 0.1, 0.9, 0.5)), 3u);
  EXPECT_EQ(size(test::parameter("x", QLogUniform, 0, 2, 1)), 7u);  // 1 .. 7
  EXPECT_EQ(size(test::randint("x", 12)), 12u);
  EXPECT_EQ(size(test::uniform("x", 2, 2)), 1u);
  EXPECT_EQ(size(test::uniform("x", 2, 3)), std::nullopt);
  EXPECT_EQ(size(test::parameter("x", QLogUniform, 0, 1000, 1)), std::nullopt);  // overflows
  EXPECT_EQ(size(test::model_choice(true)), std::nullopt);
  EXPECT_EQ(size(test::model_choice(false)), 5u);
}

TEST(Enumeration, OfAnEmptySpaceIsTheOneEmptyPoint) {
  const SearchSpace space;
  const Enumeration points(space, kNaturalBase);
  ASSERT_EQ(points.size(), 1u);
  EXPECT_TRUE(points.at(0).empty());
}

}  // namespace
}  // namespace sweepjob
