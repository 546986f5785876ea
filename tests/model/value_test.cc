#include "model/value.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace sweepjob {
namespace {

TEST(PythonFloat, WritesWhatPython3Prints) {
  // The right-hand side is repr() of CPython 3.11.
  const std::pair<double, const char*> table[] = {
      {0.0, "0.0"},
      {-0.0, "-0.0"},
      {0.1, "0.1"},
      {100.0, "100.0"},
      {-1.5, "-1.5"},
      {1.0 / 3, "0.3333333333333333"},
      {0.1 + 0.2, "0.30000000000000004"},
      {3.141592653589793, "3.141592653589793"},
      {1234567.0, "1234567.0"},
      {1e-4, "0.0001"},
      {0.00012345, "0.00012345"},
      {9.999e-5, "9.999e-05"},
      {1e-5, "1e-05"},
      {5e-5, "5e-05"},
      {2.5e-7, "2.5e-07"},
      {5e-324, "5e-324"},
      {1e15, "1000000000000000.0"},
      {123456789012345.6, "123456789012345.6"},
      {9007199254740993.0, "9007199254740992.0"},
      {9999999999999998.0, "9999999999999998.0"},
      {1e16, "1e+16"},
      {123456789012345680.0, "1.2345678901234568e+17"},
      {1e22, "1e+22"},
      {1e23, "1e+23"},
      {1e100, "1e+100"},
      {1.7976931348623157e308, "1.7976931348623157e+308"},
  };
  for (const auto& [value, text] : table) EXPECT_EQ(python_float(value), text);
}

TEST(PythonFloat, WritesNonFiniteValuesAsPython3Does) {
  EXPECT_EQ(python_float(std::numeric_limits<double>::infinity()), "inf");
  EXPECT_EQ(python_float(-std::numeric_limits<double>::infinity()), "-inf");
  EXPECT_EQ(python_float(std::nan("")), "nan");
  EXPECT_EQ(python_float(-std::nan("")), "nan");
}

TEST(PythonStr, KeepsTypesApart) {
  EXPECT_EQ(python_str(true), "True");
  EXPECT_EQ(python_str(false), "False");
  EXPECT_EQ(python_str(Value()), "None");
  EXPECT_EQ(python_str(-1), "-1");
  EXPECT_EQ(python_str(1.0), "1.0");
  EXPECT_EQ(python_str(INT64_MIN), "-9223372036854775808");
  EXPECT_EQ(python_str("1e-3"), "1e-3");
}

TEST(PythonStr, GivesAnObjectAsCompactJsonInTheUsersOrder) {
  const Value model(Value::Map{{"name", "svm"}, {"C", 0.5}, {"a", Value::List{1, 2.0, "x\"y"}}});
  EXPECT_EQ(python_str(model), R"({"name":"svm","C":0.5,"a":[1,2.0,"x\"y"]})");
}

TEST(Json, RoundTripsEveryTypeAndTheOrderOfKeys) {
  const Value value(Value::Map{{"z", 1},
                               {"a", Value::List{Value(), true, -0.0, 1e300, "é\n\x01"}},
                               {"deep", Value::Map{{"x", Value::Map{}}, {"y", Value::List{}}}},
                               {"big", INT64_MAX}});
  const Result<Value> again = from_json(to_json(value));
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(*again, value);
  EXPECT_TRUE(std::signbit(*again->find("a")->get<Value::List>()->at(2).get<double>()));
}

TEST(Json, KeepsIntegersAndRealsApart) {
  EXPECT_EQ(to_json(Value(Value::List{1, 1.0})), "[1,1.0]");
  EXPECT_NE(from_json("1")->get<std::int64_t>(), nullptr);
  EXPECT_NE(from_json("1.0")->get<double>(), nullptr);
  // Beyond int64 a number becomes a real instead of wrapping.
  EXPECT_EQ(*from_json("18446744073709551615"), Value(18446744073709551615.0));
}

TEST(Json, WritesNonFiniteNumbersAsNullOrText) {
  const double infinity = std::numeric_limits<double>::infinity();
  const Value values(Value::List{std::nan(""), infinity, -infinity});
  EXPECT_EQ(to_json(values), "[null,null,null]");
  EXPECT_EQ(to_json(values, true), R"(["NaN","Infinity","-Infinity"])");
}

TEST(Json, ReplacesBytesThatAreNotUtf8) { EXPECT_EQ(to_json(Value("a\xff")), "\"a\xef\xbf\xbd\""); }

TEST(Json, RefusesWhatIsNotJson) {
  for (const char* text : {"", "{", "[1,]", "nul", "{\"a\":1}x", "'a'", "1e999", "\"\xff\""}) {
    EXPECT_FALSE(from_json(text).has_value()) << text;
  }
}

TEST(Json, RefusesNestingThatCouldExhaustTheStack) {
  EXPECT_TRUE(from_json(std::string(100, '[') + std::string(100, ']')).has_value());
  EXPECT_FALSE(from_json(std::string(1'000'000, '[')).has_value());
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  EXPECT_FALSE(from_json(deep).has_value());
}

TEST(ValueFind, LooksOnlyIntoMaps) {
  const Value map(Value::Map{{"a", 1}, {"b", Value::Map{{"a", 2}}}});
  ASSERT_NE(map.find("a"), nullptr);
  EXPECT_EQ(*map.find("a"), Value(1));
  EXPECT_EQ(map.find("c"), nullptr);
  EXPECT_EQ(Value("a").find("a"), nullptr);
  EXPECT_EQ(Value(Value::List{1}).find("a"), nullptr);
}

TEST(ValueAsNumber, TakesIntegersAndRealsAndNothingElse) {
  double storage = 0;
  EXPECT_EQ(*Value(3).as_number(storage), 3.0);
  EXPECT_EQ(*Value(0.5).as_number(storage), 0.5);
  EXPECT_EQ(Value(true).as_number(storage), nullptr);
  EXPECT_EQ(Value("3").as_number(storage), nullptr);
  EXPECT_EQ(Value().as_number(storage), nullptr);
}

TEST(LeavesOf, NamesNestedLeavesByDottedPathInOrder) {
  const Params params{{"lr", 0.1}, {"model", Value::Map{{"name", "svm"}, {"C", 2}}}};
  const auto leaves = leaves_of(params);
  ASSERT_EQ(leaves.size(), 3u);
  EXPECT_EQ(leaves[0], (std::pair<std::string, Value>("lr", 0.1)));
  EXPECT_EQ(leaves[1], (std::pair<std::string, Value>("model.name", "svm")));
  EXPECT_EQ(leaves[2], (std::pair<std::string, Value>("model.C", 2)));
}

TEST(ParamsHash, DependsOnNamesTypesValuesAndOrder) {
  const Params params{{"lr", 1}, {"n", "x"}};
  EXPECT_EQ(params_hash(params), params_hash({{"lr", 1}, {"n", "x"}}));
  EXPECT_NE(params_hash(params), params_hash({{"lr", 1.0}, {"n", "x"}}));
  EXPECT_NE(params_hash(params), params_hash({{"lr", "1"}, {"n", "x"}}));
  EXPECT_NE(params_hash(params), params_hash({{"n", "x"}, {"lr", 1}}));
  EXPECT_NE(params_hash(params), params_hash({{"lr", 1}, {"m", "x"}}));
}

TEST(ParamsHash, IsTheSameOnEveryMachine) {
  // FNV-1a of {"lr":0.1}, computed apart from this program: launches carry it.
  EXPECT_EQ(params_hash({{"lr", 0.1}}), "8cb0da89720b3646");
}

}  // namespace
}  // namespace sweepjob
