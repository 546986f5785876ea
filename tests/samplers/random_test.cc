#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "samplers/numerics/sobol.h"
#include "tests/support/spaces.h"

namespace sweepjob {
namespace {

using enum DistributionKind;
using test::choice;
using test::option;
using test::parameter;
using test::SamplerUnderTest;
using test::uniform;

SearchSpace mixed_space() {
  return {{uniform("lr", 0, 1), test::model_choice(true), test::randint("layers", 8)}};
}

class BothRules : public testing::TestWithParam<const char*> {
 protected:
  std::vector<Option> rule() const { return {option("rule", GetParam())}; }
};

TEST_P(BothRules, ATrialsValuesDependOnSeedAndTrialAlone) {
  SamplerUnderTest together(mixed_space(), "random", rule());
  const std::vector<Params> all = together.ask(0, 50);
  SamplerUnderTest apart(mixed_space(), "random", rule());
  for (std::uint32_t trial = 50; trial-- > 0;) {
    apart.add(99 + trial, {{"lr", 0.5}});
    EXPECT_EQ(apart.ask(trial, 1).at(0), all[trial]);
  }
  EXPECT_NE(together.ask(0, 50, 2), all);
}

TEST_P(BothRules, AddingAParameterChangesNoOther) {
  SamplerUnderTest narrow({{uniform("lr", 0, 1)}}, "random", rule());
  SamplerUnderTest wide({{uniform("lr", 0, 1), uniform("momentum", 0, 1)}}, "random", rule());
  for (std::uint32_t trial = 0; trial < 20; ++trial) {
    EXPECT_EQ(narrow.ask(trial, 1)[0][0], wide.ask(trial, 1)[0][0]);
  }
}

TEST_P(BothRules, EqualPathsInTwoBranchesHaveStreamsOfTheirOwn) {
  const auto branch = [](const char* name) {
    Parameter x = uniform("x", 0, 1);
    x.path = "m.x";
    return ChoiceEntry{Value(), {{"name", Value(name)}, {"x", std::move(x)}}};
  };
  SamplerUnderTest first({{choice("m", std::vector<ChoiceEntry>{branch("a")})}}, "random", rule());
  SamplerUnderTest both({{choice("m", std::vector<ChoiceEntry>{branch("a"), branch("b")})}},
                        "random", rule());
  int compared = 0;
  for (std::uint32_t trial = 0; trial < 50; ++trial) {
    const Value a = *first.ask(trial, 1)[0][0].second.find("x");
    const Value drawn = both.ask(trial, 1)[0][0].second;
    if (*drawn.find("name") == Value("a")) {
      EXPECT_EQ(*drawn.find("x"), a);
    } else {
      EXPECT_NE(*drawn.find("x"), a);
      ++compared;
    }
  }
  EXPECT_GT(compared, 10);
}

TEST_P(BothRules, ForbiddenDuplicatesUseUpAFiniteSpaceExactly) {
  const SearchSpace space{{test::model_choice(false), parameter("q", QUniform, 0, 3, 1),
                           choice("twice", std::vector<Value>{"a", "a", "b"})}};
  SamplerUnderTest sampler(space, "random", rule(), false);
  std::set<std::string> seen;
  std::uint32_t trial = 0;
  for (; trial < 1000; ++trial) {
    const auto params = sampler.ask(trial, 1);
    if (params.empty()) break;
    EXPECT_TRUE(seen.insert(to_json(Value(params[0]))).second);
    sampler.add(trial, params[0]);
  }
  EXPECT_EQ(seen.size(), 5u * 4 * 2);
  for (std::uint32_t later = trial; later < trial + 20; ++later) {
    EXPECT_TRUE(sampler.ask(later, 3).empty());
  }
}

TEST_P(BothRules, ForbiddenDuplicatesHoldWithinABatchToo) {
  SamplerUnderTest batch({{test::randint("n", 20)}}, "random", rule(), false);
  SamplerUnderTest single({{test::randint("n", 20)}}, "random", rule(), false);
  const std::vector<Params> all = batch.ask(0, 30);
  ASSERT_EQ(all.size(), 20u);
  for (std::uint32_t trial = 0; trial < 20; ++trial) {
    const auto params = single.ask(trial, 1);
    EXPECT_EQ(params.at(0), all[trial]);
    single.add(trial, params[0]);
  }
}

TEST_P(BothRules, ForbiddenDuplicatesChangeNothingWhereThereAreNone) {
  SamplerUnderTest allowed(mixed_space(), "random", rule(), true);
  SamplerUnderTest forbidden(mixed_space(), "random", rule(), false);
  EXPECT_EQ(allowed.ask(0, 30), forbidden.ask(0, 30));
}

TEST_P(BothRules, ForbiddenDuplicatesEndWhereAConstantIsAllThereIs) {
  SamplerUnderTest sampler({{uniform("x", 1, 1)}}, "random", rule(), false);
  EXPECT_EQ(sampler.ask(0, 5).size(), 1u);
}

INSTANTIATE_TEST_SUITE_P(Random, BothRules, testing::Values("random", "sobol"),
                         [](const auto& rule) { return std::string(rule.param); });

TEST(SobolRule, CoversTheChoicesEvenly) {
  SamplerUnderTest sampler({{choice("c", std::vector<Value>{0, 1, 2, 3})}}, "random",
                           {option("rule", "sobol")});
  for (std::uint32_t block = 0; block < 8; ++block) {
    std::set<std::int64_t> seen;
    for (const Params& params : sampler.ask(block * 4, 4)) {
      seen.insert(*params[0].second.get<std::int64_t>());
    }
    EXPECT_EQ(seen.size(), 4u);
  }
}

TEST(SobolRule, TheUnionOfAllBranchesHasDimensions) {
  // lr keeps its values although the branches before it differ in size.
  const auto ask_lr = [](bool continuous) {
    SamplerUnderTest sampler({{test::model_choice(continuous), uniform("lr", 0, 1)}}, "random",
                             {option("rule", "sobol")});
    std::vector<Value> values;
    for (const Params& params : sampler.ask(0, 16)) values.push_back(params[1].second);
    return values;
  };
  EXPECT_EQ(ask_lr(true), ask_lr(false));
}

TEST(SobolRule, SaysWhenTheSpaceHasTooManyParameters) {
  SearchSpace space;
  for (std::size_t i = 0; i <= SobolSequence::kMaxDimensions; ++i) {
    space.parameters.push_back(uniform("p" + std::to_string(i), 0, 1));
  }
  SamplerUnderTest sampler(space, "random", {option("rule", "sobol")});
  EXPECT_FALSE(sampler.exists());
  ASSERT_EQ(sampler.findings().error_count(), 1u);
  EXPECT_NE(to_text(sampler.findings().all()[0]).find("3667"), std::string::npos);
  space.parameters.pop_back();
  EXPECT_TRUE(SamplerUnderTest(space, "random", {option("rule", "sobol")}).exists());
}

TEST(RandomOptions, AreReadAsAzureReadsThem) {
  for (const Value& base : {Value("e"), Value(10), Value(0.5), Value("2")}) {
    SamplerUnderTest sampler(mixed_space(), "random",
                             {option("logbase", base), option("seed", 7), option("rule", "Sobol")});
    EXPECT_TRUE(sampler.exists()) << to_json(base);
    EXPECT_TRUE(sampler.findings().all().empty()) << to_json(base);
  }
  SamplerUnderTest none(mixed_space(), "random", {option("seed", Value())});
  EXPECT_TRUE(none.exists());
}

TEST(RandomOptions, EveryMistakeIsAnErrorAtItsPlace) {
  const std::pair<const char*, Value> mistakes[] = {
      {"logbase", 0},  {"logbase", -2},    {"logbase", "pi"},  {"logbase", INFINITY},
      {"seed", "abc"}, {"rule", "halton"}, {"rule", Value(1)}, {"logbase", true}};
  for (const auto& [name, value] : mistakes) {
    SamplerUnderTest sampler(mixed_space(), "random", {option(name, value)});
    EXPECT_FALSE(sampler.exists()) << name << " " << to_json(value);
    ASSERT_EQ(sampler.findings().error_count(), 1u) << name << " " << to_json(value);
    EXPECT_EQ(sampler.findings().all()[0].where.line, 5);
    EXPECT_EQ(sampler.findings().all()[0].path, std::string("sampling_algorithm.") + name);
  }
}

TEST(RandomOptions, LogbaseReachesTheDraws) {
  const SearchSpace space{{parameter("lr", LogUniform, -4, -1)}};
  SamplerUnderTest ten(space, "random", {option("logbase", 10)});
  double least = 1;
  for (const Params& params : ten.ask(0, 200)) {
    const double value = *params[0].second.get<double>();
    EXPECT_GE(value, 1e-4 * 0.999999);
    EXPECT_LE(value, 0.1 * 1.000001);
    least = std::min(least, value);
  }
  EXPECT_LT(least, 1e-3);
}

}  // namespace
}  // namespace sweepjob
