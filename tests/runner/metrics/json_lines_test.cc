#include "runner/metrics/json_lines.h"

#include <cmath>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sweepjob {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct Parsed {
  std::vector<std::string> points;  // "name=value@step"
  std::vector<MetricPoint> raw;
  std::string error;
};

Parsed parse(std::string_view text, std::vector<std::string> exact = {}) {
  Parsed parsed;
  MetricPoint blank;
  blank.channel = Channel::File;
  blank.position = 5;
  const Result<void> result = parse_json_line(text, blank, exact, parsed.raw);
  if (!result) parsed.error = result.error().message();
  for (const MetricPoint& point : parsed.raw) {
    EXPECT_EQ(point.position, 5U);
    EXPECT_EQ(point.channel, Channel::File);
    parsed.points.push_back(fmt::format("{}={}", point.name, point.value) +
                            (point.step ? fmt::format("@{}", *point.step) : ""));
  }
  return parsed;
}

TEST(JsonLines, ReadsOneMetricByNameAndValue) {
  EXPECT_THAT(parse(R"({"name":"acc","value":0.9,"step":3,"x":1})").points,
              ElementsAre("acc=0.9@3"));
  EXPECT_THAT(parse(R"({"value":1,"key":"acc"})").points, ElementsAre("acc=1"));
  EXPECT_THAT(parse(R"({"metric":"val acc","value":-1e-3})").points, ElementsAre("val acc=-0.001"));
}

TEST(JsonLines, ReadsEveryNumberOfAPlainObject) {
  EXPECT_THAT(
      parse(R"({"acc":0.9,"loss":1,"step":3,"note":"x","ok":true,"none":null,"l":[1,2]})").points,
      ElementsAre("acc=0.9@3", "loss=1@3"));
  EXPECT_THAT(parse(R"({"step":3,"a":1})").points, ElementsAre("a=1@3"));
  EXPECT_THAT(parse("{}").points, IsEmpty());
  EXPECT_EQ(parse("{}").error, "");
  EXPECT_THAT(parse(R"({"value":0.5})").points, ElementsAre("value=0.5"));
}

TEST(JsonLines, NamesInObjectsWithinObjectsAreJoinedBySlashes) {
  EXPECT_THAT(parse(R"({"a":{"b":1,"c":{"d":2},"e":3},"f":4})").points,
              ElementsAre("a/b=1", "a/c/d=2", "a/e=3", "f=4"));
  EXPECT_THAT(parse(R"({"a":[{"b":1}],"c":2})").points, ElementsAre("c=2"));
  EXPECT_THAT(parse(R"({"a":{"step":1,"time":2,"name":"x","value":3}})").points,
              ElementsAre("a/step=1", "a/time=2", "a/value=3"));
}

TEST(JsonLines, ReadsNanAndInfinityBareAndInQuotes) {
  EXPECT_THAT(parse(R"({"a":NaN,"b":Infinity,"c":-Infinity,"d":nan,"e":-inf,"f":1})").points,
              ElementsAre("a=nan", "b=inf", "c=-inf", "d=nan", "e=-inf", "f=1"));
  EXPECT_THAT(parse(R"({"a":"NaN","b":"-Infinity","c":"3"})").points,
              ElementsAre("a=nan", "b=-inf"));
  EXPECT_THAT(parse(R"({"say \"NaN\"": NaN})").points, ElementsAre("say \"NaN\"=nan"));
  EXPECT_THAT(parse(R"({"a\\":NaN,"NaN":1,"b":"x NaN y"})").points,
              ElementsAre("a\\=nan", "NaN=1"));
}

TEST(JsonLines, TakesTheFirstStepWordAndAnyTimeUnit) {
  EXPECT_THAT(parse(R"({"epoch":1,"step":20,"a":1})").points, ElementsAre("a=1@20"));
  EXPECT_THAT(parse(R"({"epoch":1.5,"a":1})").points, ElementsAre("a=1@1.5"));
  const auto seconds = [](const char* text) {
    const Parsed parsed = parse(text);
    return parsed.raw.size() == 1 && parsed.raw[0].time ? to_micros(*parsed.raw[0].time) / 1000000
                                                        : -1;
  };
  EXPECT_EQ(seconds(R"({"a":1,"time":1700000000.5})"), 1700000000);
  EXPECT_EQ(seconds(R"({"a":1,"timestamp":1700000000500})"), 1700000000);
  EXPECT_EQ(seconds(R"({"a":1,"_timestamp":1700000000500000})"), 1700000000);
  EXPECT_EQ(seconds(R"({"time":1700000000500000000,"a":1})"), 1700000000);
}

TEST(JsonLines, ADurationNamedTimeIsAMetric) {
  EXPECT_THAT(parse(R"({"a":1,"time":12.5})").points, ElementsAre("a=1", "time=12.5"));
}

TEST(JsonLines, ANameOfThePrimaryMetricIsNeverAStepOrATime) {
  EXPECT_THAT(parse(R"({"iteration":40,"epoch":2})", {"iteration"}).points,
              ElementsAre("iteration=40@2"));
  EXPECT_THAT(parse(R"({"time":1700000000})", {"time"}).points, ElementsAre("time=1700000000"));
}

TEST(JsonLines, SaysWhatIsWrongAndGivesNothing) {
  for (const char* text : {"", "x", "3", "\"a\"", "null", "[{\"a\":1}]", "{", "{\"a\":1", "{'a':1}",
                           "{\"a\":1} x", "{\"a\":1}{\"a\":2}", "{\"a\":1,}", "{\"a\":NaNa}",
                           "{\"a\":1e999}", "{\"a\":\"\xff\"}", "NaN"}) {
    const Parsed parsed = parse(text);
    EXPECT_NE(parsed.error, "") << text;
    EXPECT_THAT(parsed.points, IsEmpty()) << text;
  }
  EXPECT_THAT(parse(R"({"name":"acc","value":"high"})").error, HasSubstr("not a number"));
  EXPECT_THAT(parse(R"({"name":"acc","value":null})").error, HasSubstr("not a number"));
  EXPECT_THAT(parse(R"({"a\nb":1})").error, HasSubstr("control characters"));
  EXPECT_THAT(parse("{\"" + std::string(257, 'a') + "\":1}").error, HasSubstr("256"));
}

TEST(JsonLines, DeepNestingCostsNoStack) {
  std::string text;
  for (int i = 0; i < 200'000; ++i) text += "{\"a\":";
  text += "1" + std::string(200'000, '}');
  EXPECT_THAT(parse(text).points, IsEmpty());
  EXPECT_EQ(parse(text).error, "");
  EXPECT_NE(parse(std::string(200'000, '[')).error, "");
}

}  // namespace
}  // namespace sweepjob
