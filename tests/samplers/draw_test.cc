#include "samplers/numerics/draw.h"

#include <cmath>

#include <gtest/gtest.h>

#include "tests/support/spaces.h"

namespace sweepjob {
namespace {

using enum DistributionKind;
using test::choice;
using test::parameter;
using test::randint;
using test::uniform;

constexpr double kAlmostOne = 1 - 0x1p-53;

double real(const Parameter& parameter, double u, double logbase = kNaturalBase) {
  const Value value = draw_number(parameter, u, logbase);
  const double* number = value.get<double>();
  return number != nullptr ? *number : NAN;
}

Parameter integral(Parameter parameter) {
  parameter.integral = true;
  return parameter;
}

TEST(Draw, FollowsTheFormulasAtBothEndsAndTheMiddle) {
  const double e = std::exp(1.0);
  EXPECT_EQ(real(uniform("x", -2, 6), 0), -2);
  EXPECT_EQ(real(uniform("x", -2, 6), 0.5), 2);
  EXPECT_EQ(real(uniform("x", -2, 6), 1), 6);
  EXPECT_LE(real(uniform("x", -2, 6), kAlmostOne), 6);
  EXPECT_EQ(real(parameter("x", LogUniform, -1, 1), 0), 1 / e);
  EXPECT_EQ(real(parameter("x", LogUniform, -1, 1), 0.5), 1);
  EXPECT_EQ(real(parameter("x", LogUniform, -1, 1), 1), e);
  EXPECT_EQ(real(parameter("x", Normal, 3, 2), 0.5), 3);
  EXPECT_EQ(real(parameter("x", LogNormal, 0, 2), 0.5), 1);
  EXPECT_EQ(real(parameter("x", QUniform, 0, 1, 0.4), 0.5), 0.4);
  EXPECT_EQ(real(parameter("x", QLogUniform, 0, 2, 0.5), 0.5), 2.5);  // e = 2.718
  EXPECT_EQ(real(parameter("x", QNormal, 10, 1, 4), 0.5), 8);         // 2.5 to the even 2
  EXPECT_EQ(real(parameter("x", QLogNormal, 1, 1, 0.5), 0.5), 2.5);
}

TEST(Draw, NormalsTakeTheClippedQuantile) {
  const Parameter normal = parameter("x", Normal, 10, 2);
  // The quantiles of 0.975 and of 2^-33, from published tables of the normal distribution.
  EXPECT_NEAR(real(normal, 0.975), 10 + 2 * 1.959963984540054, 1e-12);
  EXPECT_NEAR(real(normal, 0.025), 10 - 2 * 1.959963984540054, 1e-12);
  const double lowest = real(normal, 0);
  EXPECT_NEAR(0.5 * std::erfc((10 - lowest) / 2 / std::sqrt(2.0)), 0x1p-33, 1e-20);
  EXPECT_EQ(real(normal, 0x1p-40), lowest);
  EXPECT_NEAR(real(normal, 1), 20 - lowest, 1e-8);
  EXPECT_EQ(real(normal, kAlmostOne), real(normal, 1));
}

TEST(Draw, RaisesTheLogbaseWhereOneIsGiven) {
  EXPECT_EQ(real(parameter("x", LogUniform, -3, -1), 0, 10), 0.001);
  EXPECT_EQ(real(parameter("x", LogUniform, 0, 4), 0.5, 2), 4);
  EXPECT_EQ(real(parameter("x", LogNormal, 3, 1), 0.5, 10), 1000);
  EXPECT_EQ(real(parameter("x", QLogUniform, 0, 2, 7), 1, 10), 98);
  EXPECT_EQ(real(parameter("x", QLogNormal, 2, 1, 8), 0.5, 10), 96);  // 12.5 to the even 12
  EXPECT_EQ(real(uniform("x", 0, 4), 0.5, 2), 2);
  EXPECT_EQ(real(parameter("x", Normal, 3, 1), 0.5, 10), 3);
}

TEST(Draw, RoundsHalfToEvenAndDoesNotClamp) {
  const Parameter wide = integral(parameter("x", QUniform, 1, 9, 4));
  EXPECT_EQ(draw_number(wide, 0, kNaturalBase), Value(0));      // 1/4, below min
  EXPECT_EQ(draw_number(wide, 0.125, kNaturalBase), Value(0));  // 2/4 = 0.5 to 0
  EXPECT_EQ(draw_number(wide, 0.625, kNaturalBase), Value(8));  // 6/4 = 1.5 to 2
  EXPECT_EQ(draw_number(wide, 1, kNaturalBase), Value(8));
  const Parameter above = integral(parameter("x", QUniform, 0, 10, 4));
  EXPECT_EQ(draw_number(above, 1, kNaturalBase), Value(8));  // 2.5 to 2
  EXPECT_EQ(draw_number(integral(parameter("x", QUniform, 0, 11, 4)), 1, kNaturalBase), Value(12));
}

TEST(Draw, IsAnIntegerExactlyWhereTheKeysWere) {
  EXPECT_EQ(draw_number(integral(parameter("x", QUniform, 10, 50, 5)), 0.5, kNaturalBase),
            Value(30));
  EXPECT_EQ(draw_number(parameter("x", QUniform, 10, 50, 5), 0.5, kNaturalBase), Value(30.0));
  EXPECT_EQ(draw_number(integral(parameter("x", QLogUniform, 0, 4, 2)), 1, kNaturalBase),
            Value(54));
  // Without quantization there are no integers, whatever the bounds.
  EXPECT_EQ(draw_number(integral(uniform("x", 0, 2)), 0.5, kNaturalBase), Value(1.0));
}

TEST(Draw, StaysDefinedWhereExponentsOverflow) {
  EXPECT_EQ(real(parameter("x", LogUniform, 0, 1000), 1), INFINITY);
  EXPECT_EQ(draw_number(integral(parameter("x", QLogUniform, 0, 1000, 1)), 1, kNaturalBase),
            Value(INFINITY));
  EXPECT_EQ(draw_number(integral(parameter("x", QUniform, 0, 0x1p63, 1)), 1, kNaturalBase),
            Value(0x1p63));
  EXPECT_TRUE(std::isfinite(real(uniform("x", -1.7e308, 1.7e308), 0.75)));
}

TEST(Draw, GivesNoNegativeZero) {
  EXPECT_EQ(python_str(draw_number(parameter("x", QUniform, -0.3, 0.5, 1), 0, kNaturalBase)),
            "0.0");
}

TEST(Draw, EqualBoundsAreAConstant) {
  for (const double u : {0.0, 0.3, kAlmostOne, 1.0}) {
    EXPECT_EQ(real(uniform("x", 0.1, 0.1), u), 0.1);
  }
}

TEST(Draw, PicksEveryIndexAndNoOther) {
  for (const std::int64_t count : {1, 2, 3, 7, 1000}) {
    EXPECT_EQ(pick_index(0, count), 0);
    EXPECT_EQ(pick_index(kAlmostOne, count), count - 1);
    EXPECT_EQ(pick_index(1, count), count - 1);
    for (std::int64_t i = 0; i < count; ++i) {
      const double middle = (static_cast<double>(i) + 0.5) / static_cast<double>(count);
      EXPECT_EQ(pick_index(middle, count), i);
    }
  }
  EXPECT_EQ(pick_index(1, INT64_MAX), INT64_MAX - 1);
  EXPECT_LT(pick_index(kAlmostOne, INT64_MAX), INT64_MAX);
  EXPECT_EQ(draw_number(randint("x", 4), 0.75, kNaturalBase), Value(3));
}

// Conformance example 5 of azure-sweep section 17.
TEST(Conformance, LogUniformTakesItsBoundsForExponents) {
  const Parameter rate = parameter("lr", LogUniform, -6, -1);
  for (int i = 0; i <= 1000; ++i) {
    const double value = real(rate, i / 1000.0);
    EXPECT_GE(value, 0.00247);
    EXPECT_LE(value, 0.368);
  }
  EXPECT_NEAR(real(rate, 0), 0.00248, 5e-6);
  EXPECT_NEAR(real(rate, 1), 0.368, 5e-4);
}

// Conformance example 6.
TEST(Conformance, QUniformOverIntegersGivesIntegersOnly) {
  const Parameter units = integral(parameter("units", QUniform, 10, 50, 5));
  for (int i = 0; i <= 1000; ++i) {
    const Value value = draw_number(units, i / 1000.0, kNaturalBase);
    const auto* integer = value.get<std::int64_t>();
    ASSERT_NE(integer, nullptr);
    EXPECT_EQ(*integer % 5, 0);
    EXPECT_GE(*integer, 10);
    EXPECT_LE(*integer, 50);
    EXPECT_EQ(python_str(value).find('.'), std::string::npos);
  }
}

TEST(DrawParams, KeepsLiteralsAsTheyWereWritten) {
  const SearchSpace space{{choice("a", std::vector<Value>{"1e-3", 2, 2.0, true})}};
  const auto at = [&](double u) {
    return draw_params(
               space, [u](const Parameter&) { return u; }, kNaturalBase)[0]
        .second;
  };
  EXPECT_EQ(at(0), Value("1e-3"));
  EXPECT_EQ(at(0.3), Value(2));
  EXPECT_EQ(at(0.6), Value(2.0));
  EXPECT_EQ(at(1), Value(true));
}

TEST(DrawParams, ResolvesANestedChoiceToAMapInYamlOrder) {
  const SearchSpace space{{test::model_choice(true), uniform("lr", 0, 1)}};
  const auto at = [&](double branch) {
    const auto source = [branch](const Parameter& p) { return p.name == "model" ? branch : 1.0; };
    return to_json(Value(draw_params(space, source, kNaturalBase)));
  };
  EXPECT_EQ(at(0), R"({"model":{"name":"svm","C":7.38905609893065},"lr":1.0})");
  EXPECT_EQ(at(1), R"({"model":{"name":"forest","trees":200},"lr":1.0})");
}

TEST(DrawParams, AsksOnlyForParametersOfTheDrawnBranch) {
  const SearchSpace space{{test::model_choice(true)}};
  std::vector<std::string> asked;
  const auto source = [&](const Parameter& p) {
    asked.push_back(p.name);
    return 0.0;
  };
  static_cast<void>(draw_params(space, source, kNaturalBase));
  EXPECT_EQ(asked, (std::vector<std::string>{"model", "C"}));
}

}  // namespace
}  // namespace sweepjob
