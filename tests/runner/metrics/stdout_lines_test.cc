#include "runner/metrics/stdout_lines.h"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sweepjob {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<MetricPoint> parse(std::string_view text, std::vector<std::string> exact = {"acc"},
                               std::vector<MetricPatternText> patterns = {}) {
  const StdoutLines lines(std::move(exact), MetricPatterns::compile(patterns).value());
  std::vector<MetricPoint> points;
  lines.parse(Line{text, 77, false}, points);
  return points;
}

// "name=value@step"
std::vector<std::string> read(std::string_view text, std::vector<std::string> exact = {"acc"},
                              std::vector<MetricPatternText> patterns = {}) {
  std::vector<std::string> found;
  for (const MetricPoint& point : parse(text, std::move(exact), std::move(patterns))) {
    EXPECT_EQ(point.position, 77U);
    EXPECT_EQ(point.channel, Channel::Stdout);
    found.push_back(fmt::format("{}={}", point.name, point.value) +
                    (point.step ? fmt::format("@{}", *point.step) : ""));
  }
  return found;
}

TEST(StdoutLines, ReadsNameAndValueInTheUsualForms) {
  EXPECT_THAT(read("acc=0.9"), ElementsAre("acc=0.9"));
  EXPECT_THAT(read("acc = 0.9"), ElementsAre("acc=0.9"));
  EXPECT_THAT(read("acc: 0.9"), ElementsAre("acc=0.9"));
  EXPECT_THAT(read("acc : 0.9"), ElementsAre("acc=0.9"));
  EXPECT_THAT(read("acc:0.9"), ElementsAre("acc=0.9"));
  EXPECT_THAT(read("acc:1"), ElementsAre("acc=1"));
  EXPECT_THAT(read("\tFinal acc =\t0.9."), ElementsAre("acc=0.9"));
}

TEST(StdoutLines, ReadsSeveralMetricsOfALine) {
  EXPECT_THAT(read("epoch 3 loss=0.1 acc: 0.9"), ElementsAre("loss=0.1@3", "acc=0.9@3"));
  EXPECT_THAT(read("loss=0.1,acc=0.9;lr=1e-05|x=1"),
              ElementsAre("loss=0.1", "acc=0.9", "lr=1e-05", "x=1"));
}

// What well-known programs print.
TEST(StdoutLines, ReadsTheLinesOfWellKnownPrograms) {
  EXPECT_THAT(read("10/10 \xe2\x94\x81\xe2\x94\x81 1s 5ms/step - accuracy: 0.9012 - loss: 0.34 - "
                   "val_accuracy: 0.89"),
              ElementsAre("accuracy=0.9012", "loss=0.34", "val_accuracy=0.89"));  // Keras
  EXPECT_THAT(read("Train Epoch: 1 [640/60000 (1%)]\tLoss: 2.30"), ElementsAre("Loss=2.3@1"));
  EXPECT_THAT(read("Epoch [1/5], Step [100/600], Loss: 0.15"), ElementsAre("Loss=0.15@1"));
  EXPECT_THAT(read("{'eval_loss': 0.5, 'eval_acc': 0.9, 'epoch': 1.5}"),
              ElementsAre("eval_loss=0.5@1.5", "eval_acc=0.9@1.5"));  // Hugging Face
  EXPECT_THAT(read("{'loss': '0.5', 'epoch': '2'}"), ElementsAre("loss=0.5@2"));
  EXPECT_THAT(read("[10]\ttrain-rmse:0.51\teval-rmse:0.62"),
              ElementsAre("train-rmse=0.51@10", "eval-rmse=0.62@10"));  // XGBoost
  EXPECT_THAT(read("[7]\tvalid_0's multi_logloss: 0.5", {"valid_0's multi_logloss"}),
              ElementsAre("valid_0's multi_logloss=0.5@7"));  // LightGBM
  EXPECT_THAT(read("100%|\xe2\x96\x88\xe2\x96\x88| 9/9 [00:01<00:00, 9.0it/s, loss=0.1, acc=0.9]"),
              ElementsAre("loss=0.1", "acc=0.9"));  // tqdm
  EXPECT_THAT(read("2024-01-01 10:30:00,123 - INFO - root:acc: 0.5"), ElementsAre("acc=0.5"));
  EXPECT_THAT(read("loss: tensor(0.25, device='cuda:0', grad_fn=<NllLossBackward0>)"),
              ElementsAre("loss=0.25"));
  EXPECT_THAT(read("{'accuracy': np.float64(0.5), 'f1': np.float32(0.25)}"),
              ElementsAre("accuracy=0.5", "f1=0.25"));
}

TEST(StdoutLines, MatchesTheNameAsAWholeToken) {
  for (const char* line :
       {"val_acc=0.9", "val/acc: 0.9", "val-acc=0.9", "val.acc=0.9", "xacc=0.9", "--acc=0.9",
        "\xc3\xa9"
        "acc=0.9",
        "acc2=0.9", "acc_=0.9"}) {
    for (const MetricPoint& point : parse(line)) EXPECT_NE(point.name, "acc") << line;
  }
  EXPECT_THAT(read("(acc=0.9)"), ElementsAre("acc=0.9"));
  EXPECT_THAT(read("\xe2\x94\x82"
                   "acc=0.9\xe2\x94\x82"),
              ElementsAre("acc=0.9"));
  EXPECT_THAT(read("\xf0\x9f\x9a\x80"
                   "acc=0.9"),
              ElementsAre("acc=0.9"));
  EXPECT_THAT(read("ACC=0.9"), ElementsAre("ACC=0.9"));
}

TEST(StdoutLines, KnowsAPrimaryMetricOfAnyName) {
  EXPECT_THAT(read("test-multi_logloss: 0.5", {"test-multi_logloss"}),
              ElementsAre("test-multi_logloss=0.5"));
  EXPECT_THAT(read("classification/weighted_f1_score=0.5", {"classification/weighted_f1_score"}),
              ElementsAre("classification/weighted_f1_score=0.5"));
  EXPECT_THAT(read("epoch 2: val acc: 0.9 loss: 0.1", {"val acc", "acc"}),
              ElementsAre("val acc=0.9@2", "loss=0.1@2"));
  EXPECT_THAT(read("test:acc: 0.9", {"test:acc"}), ElementsAre("test:acc=0.9"));
  EXPECT_THAT(read("a=b = 0.9", {"a=b"}), ElementsAre("a=b=0.9"));
  EXPECT_THAT(read("\"val acc\": 0.9", {"val acc"}), ElementsAre("val acc=0.9"));
  EXPECT_THAT(read("my val acc: 0.9", {"val acc"}), ElementsAre("val acc=0.9"));
  EXPECT_THAT(read("interval acc: 0.9", {"val acc"}), ElementsAre("acc=0.9"));
}

TEST(StdoutLines, ReadsNumbersAsCAndPythonWriteThem) {
  const auto value = [](std::string_view text) {
    const std::vector<MetricPoint> points = parse("acc=" + std::string(text));
    return points.size() == 1 ? points[0].value : -777;
  };
  EXPECT_EQ(value("3"), 3);
  EXPECT_EQ(value("-3"), -3);
  EXPECT_EQ(value("+3.5"), 3.5);
  EXPECT_EQ(value(".5"), 0.5);
  EXPECT_EQ(value("1."), 1);
  EXPECT_EQ(value("1e-3"), 1e-3);
  EXPECT_EQ(value("1E+3"), 1e3);
  EXPECT_EQ(value("98.3%"), 98.3);
  for (const char* text : {"nan", "NaN", "NAN", "-nan", "nan(ind)"}) {
    EXPECT_TRUE(std::isnan(value(text))) << text;
  }
  for (const char* text : {"inf", "Inf", "INFINITY", "Infinity", "+inf", "1e999"}) {
    EXPECT_EQ(value(text), std::numeric_limits<double>::infinity()) << text;
  }
  EXPECT_EQ(value("-inf"), -std::numeric_limits<double>::infinity());
  EXPECT_EQ(value("-1e999"), -std::numeric_limits<double>::infinity());
  EXPECT_EQ(value("1e-999"), 0);
}

TEST(StdoutLines, WhatOnlyStartsLikeANumberIsNoValue) {
  for (const char* text :
       {"2.1.0", "2024-01-01", "10:30:00", "3/10", "5ms",  "1.2s", "3GB",      "0x10",
        "1_000", "1,234.5",    "1,2,3",    "1e",   "info", "nano", "infinite", "12abc",
        "+-3",   "--3",        "'0.5",     "",     "None", "[1]",  "0.5it/s",  "3rd"}) {
    EXPECT_THAT(read("acc=" + std::string(text)), IsEmpty()) << text;
    EXPECT_THAT(read("acc: " + std::string(text)), IsEmpty()) << text;
  }
}

TEST(StdoutLines, WhatIsNoReportIsNoMetric) {
  for (const char* line : {"2024-01-01",
                           "10:30:00",
                           "2024-01-01T10:30:00",
                           "at 10:30 we start",
                           "file.py:12",
                           "  File \"train.py\", line 12, in <module>",
                           "train.py:12: UserWarning",
                           "torch: 2.1.0",
                           "listening on localhost:8080",
                           "http://127.0.0.1:8080/",
                           "device cuda:0",
                           "python train.py --lr=0.1 --epochs=5",
                           "x == 1",
                           "x != 1",
                           "x <= 1",
                           "x >= 1",
                           "a::1",
                           "=1",
                           ": 1",
                           "= = =",
                           "epoch=3 step: 5",
                           "ratio 3:1"}) {
    EXPECT_THAT(read(line), IsEmpty()) << line;
  }
}

TEST(StdoutLines, CountersAreTheStepOfTheirLine) {
  EXPECT_THAT(read("step=5 acc=1"), ElementsAre("acc=1@5"));
  EXPECT_THAT(read("acc=1 Step: 5"), ElementsAre("acc=1@5"));
  EXPECT_THAT(read("Epoch 3/10: acc=1"), ElementsAre("acc=1@3"));
  EXPECT_THAT(read("Epoch: [3][10/20] acc=1"), ElementsAre("acc=1@3"));
  EXPECT_THAT(read("iteration 7 acc=1"), ElementsAre("acc=1@7"));
  EXPECT_THAT(read("epoch=2 step=300 acc=1"), ElementsAre("acc=1@300"));
  EXPECT_THAT(read("epoch=2 global_step=300 step=4 acc=1"), ElementsAre("acc=1@300"));
  EXPECT_THAT(read("Step [100/600] acc=1"), ElementsAre("acc=1@100"));
  EXPECT_THAT(read("epochs=5 step_size=3 acc=1"), ElementsAre("epochs=5", "step_size=3", "acc=1"));
  EXPECT_THAT(read("seconds per step: 0.7 acc=1"), ElementsAre("acc=1"));
}

TEST(StdoutLines, APrimaryMetricMayBeNamedLikeACounter) {
  EXPECT_THAT(read("epoch=3 iteration=40", {"iteration"}), ElementsAre("iteration=40@40"));
}

TEST(StdoutLines, ReadsAJsonObjectThatIsTheLineOrItsEnd) {
  EXPECT_THAT(read(R"({"acc": 0.9, "loss": NaN, "step": 3})"),
              ElementsAre("acc=0.9@3", "loss=nan@3"));
  EXPECT_THAT(read(R"(INFO epoch 4 {"acc":1,"eval":{"f1":0.5}} )"),
              ElementsAre("acc=1@4", "eval/f1=0.5@4"));
  EXPECT_THAT(read(R"({"name": "acc", "value": 0.9})"), ElementsAre("acc=0.9"));
  EXPECT_THAT(read(R"({"acc": 0.9, broken})"), ElementsAre("acc=0.9"));
  EXPECT_THAT(read(R"(got {"acc":1, "loss":2} in 3 s)"), ElementsAre("acc=1", "loss=2"));
}

TEST(StdoutLines, OddNamesDoNoHarm) {
  EXPECT_THAT(read("'$(touch /tmp/x); rm -rf ~': 1"), ElementsAre("$(touch /tmp/x); rm -rf ~=1"));
  EXPECT_THAT(read(std::string(257, 'a') + "=1"), IsEmpty());
  EXPECT_THAT(read(std::string(256, 'a') + "=1"), testing::SizeIs(1));
  EXPECT_THAT(read(R"({\"acc\": 1})"), IsEmpty());
}

TEST(StdoutLines, PatternsReadWhatTheyMatchInsteadOfTheUsualForms) {
  const std::vector<MetricPatternText> named = {
      {R"((?P<name>\w+) is now (?P<value>\S+)( at (?P<step>\d+))?)", ""}};
  EXPECT_THAT(read("x=1 acc is now 0.9 at 12, loss is now 0.1 at 12", {"acc"}, named),
              ElementsAre("acc=0.9@12", "loss=0.1@12"));
  EXPECT_THAT(read("x=1", {"acc"}, named), ElementsAre("x=1"));
  EXPECT_THAT(read("top1 (0.7)", {"acc"}, {{R"(top1 \(([^)]*)\))", "acc"}}),
              ElementsAre("acc=0.7"));
  EXPECT_THAT(read("a -> 1, b -> 2", {"acc"}, {{R"((\w+) -> (\d+))", ""}}),
              ElementsAre("a=1", "b=2"));
}

TEST(StdoutLines, AMetricNamedBesideAPatternIsReadByPatternsAlone) {
  const std::vector<MetricPatternText> pattern = {{R"(Val acc: (\S+))", "acc"}};
  EXPECT_THAT(read("Train acc: 0.5 loss: 1", {"acc"}, pattern), ElementsAre("loss=1"));
  EXPECT_THAT(read("Val acc: 0.4", {"acc"}, pattern), ElementsAre("acc=0.4"));
  EXPECT_THAT(read(R"({"acc": 0.5, "loss": 1})", {"acc"}, pattern), ElementsAre("loss=1"));
}

TEST(MetricPatterns, RefusesWhatCannotBeUsedAndSaysWhy) {
  const auto error = [](std::string regex, std::string metric) {
    const auto compiled = MetricPatterns::compile({{std::move(regex), std::move(metric)}});
    return compiled ? std::string() : compiled.error().text();
  };
  EXPECT_THAT(error("(", "acc"), testing::HasSubstr("missing"));
  EXPECT_THAT(error("acc", "acc"), testing::HasSubstr("one group for the value"));
  EXPECT_THAT(error("(a)(b)(c)", ""), testing::HasSubstr("groups"));
  EXPECT_THAT(error("(?P<value>x)", ""), testing::HasSubstr("groups"));
  EXPECT_THAT(error("(?P<name>x)(?P<value>x)", "acc"), testing::HasSubstr("groups"));
  EXPECT_THAT(error(std::string(2000, 'a'), "acc"), testing::HasSubstr("1024"));
  EXPECT_THAT(error("((((a{100}){100}){100}){100})", "acc"), testing::Not(IsEmpty()));
  EXPECT_EQ(error("(?P<value>x)", "acc"), "");
}

// With a backtracking engine this takes longer than the universe has.
TEST(MetricPatterns, AnExpressionOfExponentialCostElsewhereIsLinearHere) {
  const std::string line = std::string(60'000, 'a') + "!";
  EXPECT_THAT(read(line, {"acc"}, {{"(a+)+b", "acc"}, {"(a|aa)+(b)", ""}}), IsEmpty());
}

}  // namespace
}  // namespace sweepjob
