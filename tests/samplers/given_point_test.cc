#include "samplers/surrogate/given_point.h"

#include <gtest/gtest.h>

#include "samplers/numerics/draw.h"
#include "tests/support/spaces.h"

namespace sweepjob {
namespace {

using enum DistributionKind;
using test::parameter;

// Whether the value may be given to the parameter.
bool takes(const Parameter& one, const Value& value) {
  const SearchSpace space{{one}};
  const Encoding encoding(space, kNaturalBase, true);
  Point middle(encoding.size(), 0.5);
  encoding.snap(middle);
  Findings findings;
  const auto point = with_given(space, encoding, encoding.decode(middle),
                                Value::Map{{one.name, value}}, "x0", {}, findings);
  EXPECT_EQ(point.has_value(), !findings.has_errors());
  EXPECT_TRUE(!point || (*point)[0].second == value) << "as it is written";
  return point.has_value();
}

TEST(GivenPoint, TakesValuesInsideTheBoundsAndNoOthers) {
  const Parameter uniform = test::uniform("x", -1, 1);
  EXPECT_TRUE(takes(uniform, -1));
  EXPECT_TRUE(takes(uniform, 1e-17));
  EXPECT_FALSE(takes(uniform, 1.0000001));
  EXPECT_FALSE(takes(uniform, "0.5"));
  EXPECT_FALSE(takes(uniform, true));
  const Parameter log = parameter("x", LogUniform, -10, 0);
  EXPECT_TRUE(takes(log, 1.0));
  EXPECT_TRUE(takes(log, 5e-5));
  EXPECT_FALSE(takes(log, 4e-5));
  EXPECT_FALSE(takes(log, 0));
  EXPECT_FALSE(takes(log, -1));
  EXPECT_TRUE(takes(parameter("x", Normal, 0, 1), 40.0));
  EXPECT_TRUE(takes(parameter("x", LogNormal, 0, 1), 1e-9));
  EXPECT_FALSE(takes(parameter("x", LogNormal, 0, 1), -1));
}

TEST(GivenPoint, TakesWholeStepsOnly) {
  EXPECT_TRUE(takes(test::randint("n", 5), 4));
  EXPECT_FALSE(takes(test::randint("n", 5), 5));
  EXPECT_FALSE(takes(test::randint("n", 5), 1.5));
  const Parameter quantized = parameter("x", QUniform, 0, 1, 0.25);
  EXPECT_TRUE(takes(quantized, 0.75));
  EXPECT_FALSE(takes(quantized, 0.7));
  EXPECT_FALSE(takes(quantized, 1.25));
}

TEST(GivenPoint, TakesEntriesOfAChoiceWithWhatTheyHold) {
  EXPECT_TRUE(takes(test::choice("z", std::vector<Value>{"a", 1}), 1));
  EXPECT_FALSE(takes(test::choice("z", std::vector<Value>{"a", 1}), "b"));
  const Parameter model = test::model_choice(true);
  EXPECT_TRUE(takes(model, Value::Map{{"name", "svm"}, {"C", 1.0}}));
  EXPECT_FALSE(takes(model, Value::Map{{"name", "svm"}}));
  EXPECT_FALSE(takes(model, Value::Map{{"name", "forest"}, {"C", 1.0}}));
}

}  // namespace
}  // namespace sweepjob
