#include "samplers/surrogate/encoding.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "samplers/numerics/draw.h"
#include "tests/support/sampler_spaces.h"

namespace sweepjob {
namespace {

using enum DistributionKind;
using test::choice;
using test::parameter;
using test::randint;
using test::uniform;

constexpr double kE = kNaturalBase;

Parameter integral(Parameter one) {
  one.integral = true;
  return one;
}

// Every kind, a nested choice and a choice of numbers.
SearchSpace rich_space() {
  return {{uniform("u", -2, 6), parameter("lu", LogUniform, -9, 0),
           integral(parameter("q", QUniform, 0, 10, 3)), parameter("ql", QLogUniform, 0, 5, 2),
           parameter("n", Normal, 3, 2), parameter("ln", LogNormal, 0, 1),
           parameter("qn", QNormal, 0, 5, 0.5), parameter("qln", QLogNormal, 0, 1, 1),
           randint("r", 7), test::model_choice(true),
           choice("batch", std::vector<Value>{64, 16, 32, 128}),
           choice("optimizer", std::vector<Value>{"adam", "sgd"}), uniform("fixed", 4, 4)}};
}

TEST(Encoding, GivesOneAxisForEachParameterAndSaysWhereItIsActive) {
  const SearchSpace space = rich_space();
  const Encoding encoding(space, kE, true);
  ASSERT_EQ(encoding.size(), 15u);
  EXPECT_TRUE(encoding.is_conditional());
  const auto& axes = encoding.axes();
  EXPECT_EQ(axes[0].kind, Axis::Kind::Real);
  EXPECT_EQ(axes[2].kind, Axis::Kind::Steps);
  EXPECT_EQ(axes[2].count, 4u) << "0, 3, 6 and 9 = 3 * round(10 / 3)";
  EXPECT_EQ(axes[8].count, 7u);
  EXPECT_EQ(axes[9].kind, Axis::Kind::Categories);
  EXPECT_EQ(axes[10].path, "model[0].C");
  ASSERT_TRUE(axes[11].condition);
  EXPECT_EQ(axes[11].condition->axis, 9u);
  EXPECT_EQ(axes[11].condition->entry, 1u);
  EXPECT_EQ(axes[12].kind, Axis::Kind::Steps) << "numbers in their order";
  EXPECT_EQ(axes[13].kind, Axis::Kind::Categories);
  EXPECT_TRUE(axes[14].is_constant());
  EXPECT_EQ(Encoding(space, kE, false).axes()[12].kind, Axis::Kind::Categories);
}

TEST(Encoding, PutsValuesAtTheirDistributionFunction) {
  const SearchSpace space = rich_space();
  const Encoding encoding(space, kE, true);
  const Params params{{"u", 0},
                      {"lu", std::exp(-3.0)},
                      {"q", 3},
                      {"ql", 2.0},
                      {"n", 3 + 2 * 1.959963984540054},
                      {"ln", 1.0},
                      {"qn", 0.0},
                      {"qln", 1.0},
                      {"r", 6},
                      {"model", Value::Map{{"name", "svm"}, {"C", std::exp(2.0)}}},
                      {"batch", 16},
                      {"optimizer", "sgd"},
                      {"fixed", 4.0}};
  const auto point = encoding.encode(params);
  ASSERT_TRUE(point);
  EXPECT_DOUBLE_EQ((*point)[0], 0.25);
  EXPECT_DOUBLE_EQ((*point)[1], 2.0 / 3);
  EXPECT_DOUBLE_EQ((*point)[2], 0.3) << "between 1.5 / 10 and 4.5 / 10";
  EXPECT_DOUBLE_EQ((*point)[3], std::log(3.0) / 5 / 2) << "between ln 1 and ln 3, of 5";
  EXPECT_NEAR((*point)[4], 0.975, 1e-12);
  EXPECT_DOUBLE_EQ((*point)[5], 0.5);
  EXPECT_DOUBLE_EQ((*point)[6], 0.5);
  EXPECT_NEAR((*point)[7], (0.24410859578558275 + 0.6574321694851622) / 2, 1e-12)
      << "the normal distribution function at ln 0.5 and ln 1.5";
  EXPECT_DOUBLE_EQ((*point)[8], 6.5 / 7);
  EXPECT_EQ((*point)[9], 0);
  EXPECT_DOUBLE_EQ((*point)[10], 1);
  EXPECT_TRUE(std::isnan((*point)[11]));
  EXPECT_DOUBLE_EQ((*point)[12], 0.125) << "the smallest of four";
  EXPECT_EQ((*point)[13], 1);
  EXPECT_EQ((*point)[14], 0.5);
}

TEST(Encoding, ComesBackFromEveryDraw) {
  const SearchSpace space = rich_space();
  const Encoding encoding(space, kE, true);
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    RandomStream stream(seed);
    Point point = encoding.draw(stream);
    const Params params = encoding.decode(point);
    const auto again = encoding.encode(params);
    ASSERT_TRUE(again) << to_json(Value(params));
    for (std::size_t axis = 0; axis < encoding.size(); ++axis) {
      ASSERT_EQ(std::isnan((*again)[axis]), std::isnan(point[axis])) << axis;
      if (std::isnan(point[axis])) continue;
      ASSERT_NEAR((*again)[axis], point[axis], 1e-9) << axis;
    }
    // Values of steps are exactly those of the search space.
    ASSERT_EQ(encoding.decode(*again)[2], params[2]);
    ASSERT_EQ(encoding.decode(*again)[3], params[3]);
    ASSERT_EQ(encoding.decode(*again)[6], params[6]);
    ASSERT_EQ(encoding.decode(*again)[8], params[8]);
    Point snapped = point;
    encoding.snap(snapped);
    for (std::size_t axis = 0; axis < encoding.size(); ++axis) {
      if (std::isnan(point[axis])) continue;
      ASSERT_EQ(snapped[axis], point[axis]) << axis;
    }
  }
}

TEST(Encoding, SnapsWhatHasChangedAlone) {
  const SearchSpace space = test::wide_spaces().front().space;  // branches two deep
  const Encoding encoding(space, kE, true);
  RandomStream stream(5);
  const Point start = encoding.draw(stream);
  for (std::size_t axis = 0; axis < encoding.size(); ++axis) {
    const std::uint64_t count = std::max<std::uint64_t>(encoding.axes()[axis].count, 1);
    for (int i = 0; i < 20; ++i) {
      Point whole(encoding.size());
      for (std::size_t other = 0; other < whole.size(); ++other) {
        whole[other] = std::isnan(start[other]) ? 0 : start[other];
      }
      whole[axis] = encoding.axes()[axis].kind == Axis::Kind::Categories
                        ? static_cast<double>(stream.below(count))
                        : 1.4 * stream.uniform() - 0.2;
      Point changed = start;
      for (std::size_t below = axis; below < whole.size(); ++below) {
        if (below == axis || encoding.axes()[below].condition) changed[below] = whole[below];
      }
      encoding.snap(whole);
      encoding.snap_changed(changed, axis);
      ASSERT_EQ(to_json(Value(encoding.decode(changed)), true),
                to_json(Value(encoding.decode(whole)), true));
    }
  }
}

TEST(Encoding, DecodesToWhatADrawAtTheSamePlaceGives) {
  const SearchSpace space{{uniform("u", -2, 6), parameter("lu", LogUniform, -9, 0),
                           parameter("ql", QLogUniform, 0, 5, 2), randint("r", 7),
                           parameter("n", Normal, 3, 2)}};
  const Encoding encoding(space, kE, true);
  for (const double u : {0.0, 0.1, 0.37, 0.5, 0.99, 1.0}) {
    const Params params = encoding.decode(Point(5, u));
    for (std::size_t i = 0; i < 5; ++i) {
      EXPECT_EQ(params[i].second, draw_number(space.parameters[i], u, kE)) << u;
    }
  }
}

TEST(Encoding, AStepBeginsWhereTheOneBeforeItEnds) {
  const SearchSpace space{{parameter("q", QUniform, 0, 4, 1), parameter("ql", QLogUniform, 0, 5, 3),
                           randint("r", 7), parameter("qn", QNormal, 0, 2, 1)}};
  const Encoding encoding(space, kE, true);
  EXPECT_DOUBLE_EQ(encoding.step_range(0, 1).first, 0.125);
  EXPECT_DOUBLE_EQ(encoding.step_range(2, 3).first, 3.0 / 7);
  for (std::size_t axis = 0; axis < 4; ++axis) {
    const std::uint64_t middle = encoding.axes()[axis].count / 2;
    for (const std::uint64_t step : {std::uint64_t{1}, middle}) {
      const double start = encoding.step_range(axis, step).first;
      EXPECT_EQ(encoding.step_of(axis, start * (1 + 1e-9)), step) << axis;
      EXPECT_EQ(encoding.step_of(axis, start * (1 - 1e-9)), step - 1) << axis;
    }
  }
}

TEST(Encoding, RefusesWhatIsNotOfTheSpaceAndClampsWhatIsOutside) {
  const SearchSpace space{{uniform("u", 0, 1), test::model_choice(true), randint("r", 3)}};
  const Encoding encoding(space, kE, true);
  const auto params = [](Value u, Value model, Value r) {
    return Params{{"u", std::move(u)}, {"model", std::move(model)}, {"r", std::move(r)}};
  };
  const Value svm = Value::Map{{"name", "svm"}, {"C", 1.0}};
  ASSERT_TRUE(encoding.encode(params(0.5, svm, 2)));
  EXPECT_FALSE(encoding.encode({{"u", 0.5}, {"model", svm}}));
  EXPECT_FALSE(encoding.encode(params("0.5", svm, 2)));
  EXPECT_FALSE(encoding.encode(params(NAN, svm, 2)));
  EXPECT_FALSE(encoding.encode(params(0.5, Value::Map{{"name", "tree"}, {"C", 1.0}}, 2)));
  EXPECT_FALSE(encoding.encode(params(0.5, Value::Map{{"name", "svm"}, {"C", "x"}}, 2)));
  EXPECT_FALSE(encoding.encode(params(0.5, "svm", 2)));
  const auto clamped = encoding.encode(params(7.0, svm, 9));
  ASSERT_TRUE(clamped);
  EXPECT_EQ((*clamped)[0], 1);
  EXPECT_DOUBLE_EQ((*clamped)[4], 2.5 / 3);
}

TEST(Encoding, TakesTheBranchThatFitsWhenEntriesLookAlike) {
  Parameter low = uniform("C", 0, 1);
  Parameter name = choice("name", std::vector<Value>{"a", "b"});
  const ChoiceEntry first{Value(), {{"kind", Value(1)}, {"C", low}}};
  const ChoiceEntry second{Value(), {{"kind", Value(2)}, {"name", name}, {"C", low}}};
  const SearchSpace space{{choice("m", std::vector<ChoiceEntry>{first, second})}};
  const Encoding encoding(space, kE, true);
  const auto point = encoding.encode({{"m", Value::Map{{"kind", 2}, {"name", "b"}, {"C", 0.25}}}});
  ASSERT_TRUE(point);
  EXPECT_EQ((*point)[0], 1);
  EXPECT_TRUE(std::isnan((*point)[1]));
  EXPECT_EQ((*point)[2], 1);
  EXPECT_EQ((*point)[3], 0.25);
}

}  // namespace
}  // namespace sweepjob
