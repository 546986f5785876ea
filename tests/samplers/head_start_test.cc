#include "samplers/head_start.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/spaces.h"

namespace sweepjob {
namespace {

using test::option;
using test::SamplerUnderTest;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

Value point(double x, const char* z) { return Value::Map{{"x", x}, {"z", z}}; }

SearchSpace space() {
  return {{test::uniform("x", 0, 1), test::choice("z", std::vector<Value>{"a", "b"})}};
}

std::vector<std::string> texts(const std::vector<Params>& all) {
  std::vector<std::string> result;
  for (const Params& one : all) result.push_back(to_json(one));
  return result;
}

TEST(HeadStart, TriesTheGivenPointsFirstAsTheyAreWritten) {
  const SamplerUnderTest sampler(
      space(), "random", {option("points", Value::List{point(0.25, "b"), point(0.5, "a")})});
  ASSERT_TRUE(sampler.exists());
  EXPECT_THAT(texts(sampler.ask(0, 5)),
              ElementsAre(R"({"x":0.25,"z":"b"})", R"({"x":0.5,"z":"a"})"))
      << "the sampler hears of them before it is asked";
  EXPECT_EQ(sampler.ask(2, 3), SamplerUnderTest(space(), "random").ask(2, 3));
}

TEST(HeadStart, DrawsWhatAPointLeavesOut) {
  const SamplerUnderTest sampler(
      space(), "random", {option("points", Value::List{Value::Map{{"z", "b"}}, Value::Map{}})});
  const std::vector<Params> asked = sampler.ask(0, 2);
  ASSERT_THAT(asked, SizeIs(2));
  EXPECT_EQ(asked[0][1].second, Value("b"));
  EXPECT_NE(asked[0][0].second, asked[1][0].second);
  EXPECT_EQ(asked, sampler.ask(0, 2));
}

std::string errors_of(const std::string& type, std::vector<Option> options) {
  const SamplerUnderTest sampler(space(), type, std::move(options));
  EXPECT_FALSE(sampler.exists());
  std::string text;
  for (const Finding& one : sampler.findings().all()) {
    text += one.path + ": " + one.message + " (" + one.hint + ")\n";
  }
  return text;
}

TEST(HeadStart, RefusesAPointThatIsNotOfTheSpace) {
  const Value::List points{Value::Map{{"y", 1}}, Value::Map{{"z", "c"}}, Value(3),
                           Value::Map{{"x", "wide"}}};
  const std::string text = errors_of("random", {option("points", points)});
  EXPECT_THAT(text, HasSubstr("points[0]: the search space has no parameter 'y'"));
  EXPECT_THAT(text, HasSubstr("points[1].z: \"c\" is not a value of this parameter"));
  EXPECT_THAT(text, HasSubstr("points[2]: expected a mapping"));
  EXPECT_THAT(text, HasSubstr("points[3].x: \"wide\" is not a value of this parameter"));
  EXPECT_THAT(errors_of("random", {option("points", 3)}), HasSubstr("expected a list"));
}

TEST(HeadStart, SaysWhichSamplersCanHaveNone) {
  const Value::List points{point(0.5, "a")};
  EXPECT_THAT(errors_of("successive_halving", {option("points", points), option("max_budget", 9)}),
              HasSubstr("write it below: sampler: {type: ..., points: ...}"));
  SearchSpace choices{{test::choice("z", std::vector<Value>{"a", "b"})}};
  const SamplerUnderTest grid(std::move(choices), "grid",
                              {option("points", Value::List{Value::Map{{"z", "b"}}})});
  EXPECT_FALSE(grid.exists());
}

TEST(HeadStart, IsGivenToTheSamplerInsideOneWithBudgets) {
  const Value inner = Value::Map{{"type", "random"}, {"points", Value::List{point(0.125, "b")}}};
  const SamplerUnderTest sampler(space(), "successive_halving",
                                 {option("max_budget", 9), option("sampler", inner)});
  ASSERT_TRUE(sampler.exists());
  EXPECT_EQ(texts(sampler.ask(0, 1))[0], R"({"x":0.125,"z":"b"})");
}

TEST(HeadStart, BohbTrainsTheGivenPointsFirstAndLearnsFromEarlierSweeps) {
  const SamplerUnderTest points(
      space(), "bohb", {option("max_budget", 9), option("points", Value::List{point(0.125, "b")})});
  ASSERT_TRUE(points.exists());
  EXPECT_EQ(texts(points.ask(0, 1))[0], R"({"x":0.125,"z":"b"})");

  std::vector<PriorResult> results;
  for (int i = 0; i < 40; ++i) {
    const double x = (i + 0.5) / 40;
    results.push_back({{{"x", x}, {"z", "a"}}, Status::Completed, std::abs(x - 0.8)});
  }
  const SamplerUnderTest warm(
      space(), "bohb",
      {option("max_budget", 9), option("random_fraction", 0), option("warm_start", "a"),
       option(kWarmStartResults, to_value(results))});
  ASSERT_TRUE(warm.exists());
  const std::vector<TrialId> first{TrialId{0}};
  const Proposal proposal = std::get<std::vector<Proposal>>(warm->propose(first, Rng(1))).at(0);
  EXPECT_THAT(proposal.note, HasSubstr("bohb: ln l/g"));
  EXPECT_THAT(proposal.note, HasSubstr("at budget 9"));
}

TEST(HeadStart, OtherSamplersSayThatTheyLearnFromOneObjectiveOnly) {
  const auto said = [](const char* type) {
    Options own;
    own.type = type;
    own.path = "sampling_algorithm";
    const SearchSpace both = space();
    Findings findings;
    const auto sampler =
        make_sampler({both, own, {{"a", Goal::Minimize}, {"b", Goal::Minimize}}, 100}, findings);
    EXPECT_NE(sampler, nullptr);
    std::string text;
    for (const Finding& one : findings.all()) text += one.message + "\n";
    return text;
  };
  EXPECT_THAT(said("tpe"), HasSubstr("tpe learns from the first of the 2 objectives alone"));
  EXPECT_EQ(said("nsga2"), "");
  EXPECT_EQ(said("random"), "");
}

TEST(HeadStart, GivesTheLastValueOfEachObjective) {
  std::vector<PriorResult> results;
  for (const double x : {0.2, 0.4, 0.6}) {
    results.push_back({{{"x", x}, {"z", "a"}}, Status::Completed, x, {x, 1 - x}});
  }
  results.back().lasts[1] = kWorst;
  Options own;
  own.type = "nsga2";
  own.options = {option("population_size", 2), option("warm_start", "a"),
                 option(kWarmStartResults, to_value(results))};
  const SearchSpace both = space();
  Findings findings;
  const auto sampler =
      make_sampler({both, own, {{"a", Goal::Minimize}, {"b", Goal::Minimize}}, 100}, findings);
  ASSERT_NE(sampler, nullptr);
  const std::vector<TrialId> first{TrialId{0}};
  const std::string note =
      std::get<std::vector<Proposal>>(sampler->propose(first, Rng(1))).at(0).note;
  EXPECT_EQ(note.substr(0, 17), "generation 1 from") << "two have both values";
}

TEST(HeadStart, AWarmStartIsNamesAndTheirResults) {
  Options options;
  options.options = {option("warm_start", Value::List{"a", "b"})};
  EXPECT_THAT(warm_start_sweeps(options), ElementsAre("a", "b"));
  options.options = {option("warm_start", "a")};
  EXPECT_THAT(warm_start_sweeps(options), ElementsAre("a"));
  EXPECT_THAT(errors_of("random", {option("warm_start", 5)}),
              HasSubstr("expected the name of a sweep"));
  EXPECT_THAT(errors_of("random", {option("warm_start_results", Value::List{1})}),
              HasSubstr("expected what submitting"));
  const SamplerUnderTest random(space(), "random", {option("warm_start", "a")});
  EXPECT_TRUE(random.exists());
  ASSERT_THAT(random.findings().all(), SizeIs(1));
  EXPECT_EQ(random.findings().all()[0].message,
            "random does not learn from results: it has no effect");
}

}  // namespace
}  // namespace sweepjob
