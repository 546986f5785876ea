#include "runner/app/ask_tell.h"

#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/runner/app/sweep_builder.h"

namespace sweepjob {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* kAsk = R"({"op":"ask"})";

std::string job(const std::string& limits, const std::string& more = "",
                const std::string& sampling = "random", const std::string& goal = "maximize") {
  return "type: sweep\ntrial: {command: \"echo ${{search_space.x}}\", environment: azureml:e:1}\n"
         "sampling_algorithm: " +
         sampling +
         "\n"
         "search_space: {x: {type: choice, values: [1, 2, 3]}}\n"
         "objective: {goal: " +
         goal +
         ", primary_metric: acc}\n"
         "limits: {" +
         limits + "}\n" + more;
}

std::string told(int trial, const std::string& rest) {
  return R"({"op":"tell","trial":)" + std::to_string(trial) + "," + rest + "}";
}
std::string reported(int trial, const std::string& value) {
  return R"({"op":"report","trial":)" + std::to_string(trial) + R"(,"value":)" + value + "}";
}

TEST(AskTell, GivesTrialsUntilTheyAreExhausted) {
  AskTell talk(spec_of(job("max_total_trials: 2")), 1);
  EXPECT_THAT(talk.answer(kAsk), StartsWith(R"({"trial":0,"params":{"x":)"));
  EXPECT_THAT(talk.answer(kAsk), StartsWith(R"({"trial":1,"params":{"x":)"));
  EXPECT_EQ(talk.answer(kAsk), R"({"trial":null,"exhausted":true})");
}

TEST(AskTell, WaitsAtMaxConcurrentTrialsOnly) {
  AskTell talk(spec_of(job("max_total_trials: 9, max_concurrent_trials: 2")), 1);
  EXPECT_THAT(talk.answer(kAsk), StartsWith(R"({"trial":0)"));
  EXPECT_THAT(talk.answer(kAsk), StartsWith(R"({"trial":1)"));
  EXPECT_EQ(talk.answer(kAsk), R"({"trial":null,"wait":true})");
  EXPECT_EQ(talk.answer(told(0, R"("value":0.9)")), R"({"ok":true})");
  EXPECT_THAT(talk.answer(kAsk), StartsWith(R"({"trial":2)"));
}

TEST(AskTell, AGridEndsWithItsLastPoint) {
  AskTell talk(spec_of(job("max_total_trials: 9", "", "grid")), 1);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(talk.answer(kAsk), R"({"trial":)" + std::to_string(i) + R"(,"params":{"x":)" +
                                     std::to_string(i + 1) + "}}");
    EXPECT_EQ(talk.answer(told(i, R"("value":1)")), R"({"ok":true})");
  }
  EXPECT_EQ(talk.answer(kAsk), R"({"trial":null,"exhausted":true})");
}

TEST(AskTell, StopsByTheRulesOfIntervalAndDelay) {
  AskTell talk(spec_of(job("max_total_trials: 9",
                           "early_termination: {type: bandit, slack_amount: 0.1, "
                           "evaluation_interval: 2, delay_evaluation: 3}\n")),
               1);
  talk.answer(kAsk);
  talk.answer(kAsk);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(talk.answer(reported(0, "0.9")), R"({"stop":false})");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(talk.answer(reported(1, "0.1")), R"({"stop":false})");
  const std::string cut = talk.answer(reported(1, "0.2"));
  EXPECT_THAT(cut, StartsWith(R"({"stop":true,"reason":"bandit: at interval 4 )"));
  EXPECT_EQ(talk.answer(reported(1, "0.99")), R"({"ok":true,"ignored":true})");
  EXPECT_EQ(talk.answer(told(1, R"("value":0.99)")), R"({"ok":true,"ignored":true})");
  EXPECT_THAT(talk.answer(R"({"op":"best"})"), StartsWith(R"({"trial":0,"value":0.9,)"));
}

TEST(AskTell, ACutTrialKeepsItsBestValue) {
  AskTell talk(spec_of(job("max_total_trials: 9",
                           "early_termination: {type: bandit, slack_amount: 0.1, "
                           "evaluation_interval: 2}\n")),
               1);
  talk.answer(kAsk);
  talk.answer(kAsk);
  talk.answer(reported(1, "0.5"));
  talk.answer(reported(1, "0.5"));
  talk.answer(reported(0, "0.3"));
  EXPECT_THAT(talk.answer(reported(0, "0.3")), StartsWith(R"({"stop":true)"));
  talk.answer(told(1, R"("state":"failed")"));
  EXPECT_THAT(talk.answer(R"({"op":"best"})"), StartsWith(R"({"trial":0,"value":0.3,)"));
}

TEST(AskTell, TellAddsNoIntervalButAResult) {
  AskTell talk(
      spec_of(job("max_total_trials: 9", "early_termination: {type: bandit, slack_amount: 0.1}\n")),
      1);
  talk.answer(kAsk);
  talk.answer(kAsk);
  EXPECT_EQ(talk.answer(told(0, R"("value":0.9)")), R"({"ok":true})");
  // Were the told value an interval, 0.1 would be far below the leader.
  EXPECT_EQ(talk.answer(reported(1, "0.1")), R"({"stop":false})");
  EXPECT_THAT(talk.answer(R"({"op":"best"})"), StartsWith(R"({"trial":0,"value":0.9,"params":{)"));
}

TEST(AskTell, AToldValueIsWhatSamplersWithBudgetsRankBy) {
  const std::string halving =
      "{type: successive_halving, min_budget: 1, max_budget: 2, eta: 2, assume_budget_used: true}";
  AskTell talk(spec_of(job("max_total_trials: 9", "", halving)), 1);
  talk.answer(kAsk);
  talk.answer(kAsk);
  talk.answer(reported(0, "0.9"));
  talk.answer(told(0, R"("value":0.2)"));
  talk.answer(told(1, R"("value":0.5)"));
  EXPECT_THAT(talk.answer(kAsk), HasSubstr(R"("budget":2.0,"parent":1})"))
      << "the last word on trial 0 is 0.2";
}

TEST(AskTell, TakesTheValueOfEachObjective) {
  std::string text = job("max_total_trials: 9", "", "{type: nsga2, population_size: 2}");
  const std::string one = "objective: {goal: maximize, primary_metric: acc}";
  text.replace(text.find(one), one.size(),
               "objective: [{goal: maximize, primary_metric: acc}, "
               "{goal: minimize, primary_metric: ms}]");
  AskTell talk(spec_of(text), 1);
  for (int i = 0; i < 3; ++i) talk.answer(kAsk);
  EXPECT_EQ(talk.answer(told(0, R"("values":{"acc":0.9,"ms":5})")), R"({"ok":true})");
  EXPECT_EQ(talk.answer(told(1, R"("values":{"ms":2,"acc":0.5})")), R"({"ok":true})");
  EXPECT_THAT(talk.answer(told(2, R"("values":{"acc":0.5})")), HasSubstr("'ms' is missing"));
  EXPECT_THAT(talk.answer(told(2, R"("values":{"acc":0.5,"ms":1,"m":2})")),
              HasSubstr("'m' is no objective"));
  EXPECT_THAT(talk.answer(told(2, R"("value":1,"values":{"acc":0.5,"ms":1})")),
              HasSubstr("in place of 'value'"));
  EXPECT_EQ(talk.answer(told(2, R"("values":{"acc":0.8,"ms":"NaN"})")), R"({"ok":true})");
  const std::string best = talk.answer(R"({"op":"best"})");
  EXPECT_THAT(best, StartsWith(R"({"trial":0,"value":0.9,)"));
  EXPECT_THAT(best, HasSubstr(R"("front":[{"trial":0,"values":{"acc":0.9,"ms":5.0})"));
  EXPECT_THAT(best, HasSubstr(R"({"trial":1,"values":{"acc":0.5,"ms":2.0})"));
  EXPECT_EQ(best.find(R"({"trial":2)"), std::string::npos);
}

TEST(AskTell, AFailedTrialIsNeverBest) {
  AskTell talk(spec_of(job("max_total_trials: 9")), 1);
  talk.answer(kAsk);
  talk.answer(reported(0, "0.9"));
  EXPECT_EQ(talk.answer(told(0, R"("state":"failed")")), R"({"ok":true})");
  EXPECT_EQ(talk.answer(R"({"op":"best"})"), R"({"trial":null})");
}

TEST(AskTell, ThreeFailuresDoNotEndItButMaxFailedTrialsDoes) {
  AskTell talk(spec_of(job("max_total_trials: 9")), 1);
  for (int i = 0; i < 4; ++i) {
    EXPECT_THAT(talk.answer(kAsk), StartsWith(R"({"trial":)" + std::to_string(i)));
    talk.answer(told(i, R"("state":"failed")"));
  }
  AskTell strict(
      spec_of(job("max_total_trials: 9", "properties: {sweepjob: {max_failed_trials: 1}}\n")), 1);
  strict.answer(kAsk);
  strict.answer(told(0, R"("state":"failed")"));
  EXPECT_THAT(strict.answer(kAsk), StartsWith(R"({"trial":null,"exhausted":true,"reason":"1 )"));
}

TEST(AskTell, TakesNaNAsTheWorstValueInEveryForm) {
  AskTell talk(
      spec_of(job("max_total_trials: 9", "early_termination: {type: bandit, slack_amount: 0.1}\n",
                  "random", "minimize")),
      1);
  talk.answer(kAsk);
  talk.answer(reported(0, "1"));
  for (const std::string value : {"NaN", "\"NaN\"", "Infinity", "-Infinity", "\"inf\""}) {
    const std::string asked = talk.answer(kAsk);
    const int trial = static_cast<int>(*from_json(asked)->find("trial")->get<std::int64_t>());
    EXPECT_THAT(talk.answer(reported(trial, value)), StartsWith(R"({"stop":true,"reason":)"))
        << value;
  }
}

TEST(AskTell, IsTheSameForTheSameSeed) {
  AskTell one(spec_of(job("max_total_trials: 9")), 5);
  AskTell two(spec_of(job("max_total_trials: 9")), 5);
  for (int i = 0; i < 9; ++i) {
    const std::string answer = one.answer(kAsk);
    EXPECT_EQ(two.answer(kAsk), answer);
    one.answer(told(i, R"("value":1)"));
    two.answer(told(i, R"("state":"failed")"));
  }
}

TEST(AskTell, GoesOnAfterErrors) {
  std::istringstream in(
      "nonsense\n"
      "{\"op\":\"aks\"}\n"
      "[1]\n"
      "\n"
      "{\"op\":\"report\",\"trial\":0,\"value\":1}\n"
      "{\"op\":\"ask\"}\n"
      "{\"op\":\"report\",\"trial\":0,\"value\":\"high\"}\n"
      "{\"op\":\"tell\",\"trial\":0}\n"
      "{\"op\":\"tell\",\"trial\":0,\"state\":\"lost\"}\n" +
      std::string(kMaxAskTellLine + 10, 'x') +
      "\n"
      "{\"op\":\"tell\",\"trial\":0,\"value\":1}");
  std::ostringstream out;
  EXPECT_EQ(ask_tell(in, out, spec_of(job("max_total_trials: 9")), 1), 0);
  std::vector<std::string> answers;
  std::istringstream lines(out.str());
  for (std::string line; std::getline(lines, line);) answers.push_back(line);
  ASSERT_EQ(answers.size(), 10u);
  for (const std::size_t error : {0, 1, 2, 3, 5, 6, 7, 8}) {
    EXPECT_THAT(answers[error], StartsWith(R"({"error":")"));
  }
  EXPECT_THAT(answers[1], HasSubstr("did you mean 'ask'?"));
  EXPECT_THAT(answers[3], HasSubstr("has not been given out"));
  EXPECT_THAT(answers[4], StartsWith(R"({"trial":0,)"));
  EXPECT_EQ(answers[9], R"({"ok":true})");
}

TEST(QuoteNonfinite, LeavesStringsAlone) {
  EXPECT_EQ(quote_nonfinite(R"({"a":NaN,"b":"NaN \" -Infinity","c":-Infinity})"),
            R"({"a":"NaN","b":"NaN \" -Infinity","c":"-Infinity"})");
}

}  // namespace
}  // namespace sweepjob
