// The checks of tests/support/sampler_spaces.h find what is wrong: a contract is worth what its
// checks are.
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/sampler_spaces.h"

namespace sweepjob {
namespace {

using enum DistributionKind;
using test::choice;
using test::fault_of;
using test::parameter;
using testing::HasSubstr;

std::string fault(const Parameter& one, Value value) {
  return fault_of(SearchSpace{{one}}, {{one.name, std::move(value)}});
}

TEST(SamplerChecks, FindWhatIsNotAValueOfItsParameter) {
  const Parameter u = test::uniform("u", -1, 2), lu = parameter("lu", LogUniform, 0, 1);
  EXPECT_EQ(fault(u, -1.0), "");
  EXPECT_THAT(fault(u, 2.001), HasSubstr("outside [-1, 2]"));
  EXPECT_THAT(fault(u, 1), HasSubstr("not a float"));
  EXPECT_THAT(fault(u, NAN), HasSubstr("not finite"));
  EXPECT_EQ(fault(lu, std::exp(1)), "") << "bounds are exponents";
  EXPECT_THAT(fault(lu, 0.5), HasSubstr("outside"));
  EXPECT_THAT(fault(parameter("ln", LogNormal, 0, 1), 0.0), HasSubstr("outside"));

  Parameter q = parameter("q", QUniform, 1, 9, 4);
  EXPECT_EQ(fault(q, 0.0), "") << "the multiple that 1 is rounded to";
  EXPECT_THAT(fault(q, 12.0), HasSubstr("outside"));
  EXPECT_THAT(fault(q, 6.0), HasSubstr("no multiple"));
  q.integral = true;
  EXPECT_THAT(fault(q, 4.0), HasSubstr("not an integer"));
  EXPECT_THAT(fault(test::randint("r", 3), 3), HasSubstr("out of range"));
}

TEST(SamplerChecks, FindWhatDoesNotBelongToItsEntry) {
  const Parameter model = test::model_choice(true);
  EXPECT_EQ(fault(model, Value::Map{{"name", "svm"}, {"C", 1.0}}), "");
  EXPECT_EQ(fault(model, Value::Map{{"name", "forest"}, {"trees", 100}}), "");
  for (const Value::Map& wrong :
       {Value::Map{{"name", "forest"}, {"C", 1.0}}, Value::Map{{"name", "svm"}},
        Value::Map{{"C", 1.0}, {"name", "svm"}}, Value::Map{{"name", "forest"}, {"trees", 150}},
        Value::Map{{"name", "svm"}, {"C", 1.0}, {"trees", 100}}}) {
    EXPECT_NE(fault(model, wrong), "") << to_json(Value(wrong));
  }
  const Parameter any = choice("any", std::vector<Value>{1, "a"});
  EXPECT_NE(fault(any, "1"), "");
  EXPECT_NE(fault(any, true), "");
  EXPECT_NE(fault_of({{any, model}}, {{"any", 1}}), "") << "a key is missing";
}

// 2,000 evenly spread values of one distribution, judged by their own and by one slightly off.
TEST(SamplerChecks, KnowADistributionFromOneSlightlyOff) {
  const auto chance = [](const Parameter& one, const auto& value_at) {
    std::vector<Params> sample;
    for (int i = 0; i < 2000; ++i) sample.push_back({{one.name, value_at((i + 0.5) / 2000)}});
    return test::chances({{one}}, sample).at(one.path);
  };
  const auto uniform = [](double t) { return Value(t); };
  EXPECT_GT(chance(test::uniform("x", 0, 1), uniform), 0.99);
  EXPECT_LT(chance(test::uniform("x", 0, 1.08), uniform), 1e-5);
  const auto exponential = [](double t) { return Value(std::exp(3 * t)); };
  EXPECT_GT(chance(parameter("x", LogUniform, 0, 3), exponential), 0.99);
  EXPECT_LT(chance(parameter("x", LogUniform, 0, 3.3), exponential), 1e-5);
  EXPECT_LT(chance(parameter("x", Normal, 0.5, 0.2), uniform), 1e-5);

  const auto rounded = [](double t) { return Value(std::nearbyint(4 * t)); };
  EXPECT_GT(chance(parameter("x", QUniform, 0, 4, 1), rounded), 0.99);
  const auto equal = [](double t) { return Value(std::floor(5 * t)); };
  EXPECT_LT(chance(parameter("x", QUniform, 0, 4, 1), equal), 1e-5) << "the ends have half";
  EXPECT_LT(chance(parameter("x", QNormal, 2, 1, 1), equal), 1e-5);
  const auto whole = [](double t) { return Value(static_cast<std::int64_t>(5 * t)); };
  EXPECT_GT(chance(test::randint("x", 5), whole), 0.99);
  EXPECT_LT(chance(test::randint("x", 4), whole), 1e-5);
  const Parameter letters = choice("x", std::vector<Value>{"a", "b", "c"});
  EXPECT_LT(chance(letters, [](double t) { return Value(t < 0.4   ? "a"
                                                        : t < 0.7 ? "b"
                                                                  : "c"); }),
            1e-5);
}

}  // namespace
}  // namespace sweepjob
