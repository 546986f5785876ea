// The sampler batch: the user's points, in order, and then no more.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/spaces.h"

namespace sweepjob {
namespace {

using test::choice;
using test::option;
using test::SamplerUnderTest;
using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> texts(const std::vector<Params>& all) {
  std::vector<std::string> result;
  for (const Params& one : all) result.push_back(to_json(one));
  return result;
}

bool is_exhausted(const SamplerUnderTest& sampler, std::uint32_t trial) {
  const std::vector<TrialId> trials{TrialId{trial}};
  return std::holds_alternative<Exhausted>(sampler->propose(trials, Rng(1)));
}

SearchSpace space() {
  return {{test::uniform("lr", 0, 1), choice("z", std::vector<Value>{"a", "b"})}};
}

TEST(Batch, TriesItsPointsInOrderAndEnds) {
  const Value points = Value::List{Value::Map{{"lr", 0.25}, {"z", "b"}},
                                   Value::Map{{"z", "a"}, {"lr", 1.0}}, Value::Map{{"lr", 0.5}}};
  SamplerUnderTest sampler(space(), "batch", {option("points", points)});
  ASSERT_TRUE(sampler.exists());
  const std::vector<Params> asked = sampler.ask(0, 9);
  ASSERT_EQ(asked.size(), 3u);
  EXPECT_EQ(to_json(asked[0]), R"({"lr":0.25,"z":"b"})");
  EXPECT_EQ(to_json(asked[1]), R"({"lr":1.0,"z":"a"})");
  EXPECT_EQ(asked[2][0].second, Value(0.5)) << "and z is drawn";
  EXPECT_TRUE(is_exhausted(sampler, 3));
  EXPECT_TRUE(is_exhausted(sampler, 30));
}

TEST(Batch, TakesTheEntriesOfASingleChoice) {
  SamplerUnderTest sampler({{choice("z", std::vector<Value>{"a", 3, "a"})}}, "batch");
  EXPECT_THAT(texts(sampler.ask(0, 9)), ElementsAre(R"({"z":"a"})", R"({"z":3})", R"({"z":"a"})"));
  EXPECT_THAT(texts(sampler.ask(1, 1)), ElementsAre(R"({"z":3})"));
  EXPECT_TRUE(is_exhausted(sampler, 3));
}

TEST(Batch, DrawsTheParametersInsideAnEntry) {
  SamplerUnderTest sampler({{test::model_choice(true)}}, "batch");
  const std::vector<Params> asked = sampler.ask(0, 5);
  ASSERT_EQ(asked.size(), 2u);
  EXPECT_EQ(*asked[0][0].second.find("name"), Value("svm"));
  EXPECT_NE(asked[0][0].second.find("C"), nullptr);
  EXPECT_EQ(*asked[1][0].second.find("name"), Value("forest"));
}

TEST(Batch, UnwrapsEntriesThatStandForTheParameters) {
  const std::vector<Value> entries{Value::Map{{"lr", 0.1}, {"layers", 2}},
                                   Value::Map{{"lr", 0.2}, {"layers", 3}}};
  SamplerUnderTest sampler({{choice("combine", entries)}}, "batch", {option("unwrap", true)});
  EXPECT_THAT(texts(sampler.ask(0, 9)),
              ElementsAre(R"({"lr":0.1,"layers":2})", R"({"lr":0.2,"layers":3})"));
}

std::string error_of(SearchSpace searched, std::vector<Option> options) {
  const SamplerUnderTest sampler(std::move(searched), "batch", std::move(options));
  EXPECT_FALSE(sampler.exists());
  EXPECT_EQ(sampler.findings().error_count(), 1u);
  return sampler.findings().all().empty() ? "" : to_text(sampler.findings().all()[0]);
}

TEST(Batch, SaysWhatIsWrongAtItsPlace) {
  const Parameter two = choice("z", std::vector<Value>{1, 2});
  EXPECT_THAT(error_of({{two, two}}, {}),
              HasSubstr("batch needs points, or a search space of one"));
  Parameter x = test::uniform("x", 0, 1);
  x.where = {"job.yaml", 9, 5};
  EXPECT_EQ(error_of({{two, x}}, {}),
            "job.yaml:9:5: error: search_space.x: batch without points takes one choice, whose "
            "entries are the points; this parameter is uniform; give points, or use random, which "
            "takes every kind");
  EXPECT_THAT(error_of({{choice("z", std::vector<Value>{1, 2})}}, {option("unwrap", true)}),
              HasSubstr("every entry must be a mapping"));
  Option points =
      option("points", Value::List{Value::Map{{"lr", 0.5}, {"z", "a"}}, Value::Map{{"lr", 1.5}}});
  points.inside = {{{"job.yaml", 7, 5}, {}}, {{"job.yaml", 8, 5}, {{{"job.yaml", 8, 9}, {}}}}};
  EXPECT_EQ(error_of(space(), {points}),
            "job.yaml:8:9: error: sampling_algorithm.points[1].lr: 1.5 is not a value of this "
            "parameter; it takes a number from 0 to 1");
  EXPECT_THAT(error_of(space(), {option("points", Value::List{Value::Map{{"lr", 0.5}}}),
                                 option("unwrap", true)}),
              HasSubstr("not to points"));
}

}  // namespace
}  // namespace sweepjob
