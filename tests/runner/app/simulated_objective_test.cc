#include "runner/app/simulated_objective.h"

#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runner/app/line_process.h"
#include "tests/runner/app/sweep_builder.h"

namespace sweepjob {
namespace {

using std::chrono::milliseconds;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr milliseconds kPatience{120'000};

Proposal proposal_of(double lr) {
  Proposal proposal;
  proposal.params = {{"lr", lr}, {"model", "small"}};
  return proposal;
}

Result<SimAnswer> answer_to(SimulatedObjective& objective, std::uint32_t trial) {
  const Proposal proposal = proposal_of(0.2);
  return objective.evaluate({TrialId{trial}, proposal, 1});
}

Result<SimAnswer> answer_of(const std::string& command, milliseconds patience = kPatience) {
  const SweepSpec spec = spec_of(kBanditJob);
  auto objective = make_objective(command, spec, patience);
  if (objective.has_error()) return objective.error();
  return answer_to(**objective, 0);
}

TEST(ObjectiveQuestion, HoldsWhatTheProposalHas) {
  Proposal proposal = proposal_of(0.5);
  const std::string plain = question_line({TrialId{3}, proposal, 1});
  EXPECT_THAT(plain, HasSubstr(R"({"trial":3,"params":{"lr":0.5,"model":"small"},"seed":)"));
  EXPECT_THAT(plain, Not(HasSubstr("budget")));
  proposal.budget = Budget{9};
  proposal.parent = TrialId{1};
  EXPECT_THAT(question_line({TrialId{3}, proposal, 1}), HasSubstr(R"("budget":9.0,"parent":1})"));
  EXPECT_EQ(question_line({TrialId{3}, proposal, 1}), question_line({TrialId{3}, proposal, 1}));
  EXPECT_NE(question_line({TrialId{3}, proposal, 1}), question_line({TrialId{3}, proposal, 2}));
}

TEST(ObjectiveAnswer, IsACurveOrAValueOrAnError) {
  const auto curve = parse_answer(R"({"curve":[1,0.5],"seconds_per_step":60,"more":1})", {});
  ASSERT_TRUE(curve.has_value());
  EXPECT_THAT(curve->curve, ElementsAre(1, 0.5));
  EXPECT_EQ(curve->seconds_per_step, 60);
  EXPECT_THAT(parse_answer(R"({"value":0.25,"trial":7})", TrialId{7})->curve, ElementsAre(0.25));
  const auto error = parse_answer(R"({"error":"no \u001b[31mmemory"})", {});
  EXPECT_THAT(error->curve, IsEmpty());
  EXPECT_THAT(*error->error, AllOf(HasSubstr("memory"), Not(HasSubstr("\x1b"))));
  EXPECT_THAT(parse_answer(R"({"curve":[]})", {})->curve, IsEmpty());
}

TEST(ObjectiveAnswer, SaysWhatJsonHasNoWordsFor) {
  const auto answer =
      parse_answer(R"({"curve":["nan","inf","-inf",null,NaN,Infinity,-Infinity,"-Infinity"]})", {});
  ASSERT_TRUE(answer.has_value()) << answer.error().text();
  constexpr double kInf = std::numeric_limits<double>::infinity();
  const std::vector<double>& curve = answer->curve;
  ASSERT_EQ(curve.size(), 8u);
  for (const std::size_t i : {0, 3, 4}) EXPECT_TRUE(std::isnan(curve[i])) << i;
  for (const std::size_t i : {1, 5}) EXPECT_EQ(curve[i], kInf) << i;
  for (const std::size_t i : {2, 6, 7}) EXPECT_EQ(curve[i], -kInf) << i;
}

TEST(ObjectiveAnswer, RefusesWhatItCannotMeanInOneLine) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"", "no JSON"},
      {"nonsense", "no JSON"},
      {"[1]", "no JSON object"},
      {"{}", "none of 'curve', 'value' and 'error'"},
      {R"({"curve":[1],"value":1})", "both 'curve' and 'value'"},
      {R"({"curve":1})", "'curve' must be a list"},
      {R"({"curve":[1,"2"]})", "'curve[1]' must be a number"},
      {R"({"curve":[true]})", "'curve[0]' must be a number"},
      {R"({"value":"high"})", "'value' must be a number"},
      {R"({"value":1,"seconds_per_step":-1})", "'seconds_per_step' must be"},
      {R"({"value":1,"seconds_per_step":"nan"})", "'seconds_per_step' must be"},
      {R"({"value":1,"seconds_per_step":1e9})", "'seconds_per_step' must be"},
      {R"({"value":1,"trial":8})", "another trial than 7"},
      {R"({"error":1})", "'error' must be a text"},
  };
  for (const auto& [line, expected] : cases) {
    const auto answer = parse_answer(line, TrialId{7});
    ASSERT_TRUE(answer.has_error()) << line;
    EXPECT_THAT(answer.error().message(), HasSubstr(expected)) << line;
  }
}

TEST(ObjectiveAnswer, GivesEachObjectiveByItsName) {
  const std::vector<Objective> objectives{{"loss", Goal::Minimize}, {"size", Goal::Minimize}};
  const auto both = parse_answer(R"({"values":{"size":3,"loss":0.5}})", {}, objectives);
  ASSERT_TRUE(both.has_value()) << both.error().text();
  EXPECT_THAT(both->curve, ElementsAre(0.5));
  EXPECT_THAT(both->others, ElementsAre(std::pair<std::string, double>("size", 3)));
  const auto beside = parse_answer(R"({"curve":[1,0.5],"values":{"size":"inf"}})", {}, objectives);
  EXPECT_THAT(beside->curve, ElementsAre(1, 0.5));
  EXPECT_TRUE(std::isinf(beside->others.at(0).second));
  const std::vector<std::pair<std::string, std::string>> cases{
      {R"({"values":{"size":1}})", "none of 'curve', 'value' and 'error'"},
      {R"({"value":1,"values":{"loss":1}})", "it has 'loss' in 'values', and 'value' as well"},
      {R"({"value":1,"values":{"sise":1}})", "'sise' is no objective"},
      {R"({"value":1,"values":{"size":"big"}})", "'values.size' must be a number"},
      {R"({"value":1,"values":[1]})", "'values' must be an object"},
  };
  for (const auto& [line, expected] : cases) {
    const auto answer = parse_answer(line, {}, objectives);
    ASSERT_TRUE(answer.has_error()) << line;
    EXPECT_THAT(answer.error().message(), HasSubstr(expected)) << line;
  }
}

TEST(CommandObjective, IsAskedLineByLineAndStartedOnce) {
  const SweepSpec spec = spec_of(kBanditJob);
  auto objective = make_objective(
      R"(n=0; while read -r line; do n=$((n + 1)); echo "{\"curve\":[$n,${#line}]}"; done)", spec,
      kPatience);
  ASSERT_TRUE(objective.has_value());
  const double length =
      static_cast<double>(question_line({TrialId{0}, proposal_of(0.2), 1}).size());
  EXPECT_THAT(answer_to(**objective, 0)->curve, ElementsAre(1, length));
  EXPECT_EQ(answer_to(**objective, 1)->curve.at(0), 2);
}

TEST(CommandObjective, WhateverItDoesWrongIsOneClearError) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"exit 3", "trial 0: it ended with exit code 3"},
      {"read -r line; exit 0", "it ended with exit code 0"},
      {"kill -9 $$", "it was killed by SIGKILL"},
      {"no-such-program-here", "it ended with exit code 127"},
      {"read -r line; printf '{\"value\"'; exit 5", "in the middle of a line: '{\"value\"'"},
      {"read -r line; echo nonsense; cat", "trial 0 (line 1): it is no JSON: nonsense"},
      {"read -r line; echo; cat", "it is no JSON"},
      {"exec >&-; sleep 100", "it closed its standard input or output"},
      {"", "--objective is empty"},
      {"builtin:curve", "the one that is built in is builtin:curves"},
  };
  for (const auto& [command, expected] : cases) {
    const auto answer = answer_of(command);
    ASSERT_TRUE(answer.has_error()) << command;
    EXPECT_EQ(answer.error().code(), ErrorCode::Usage) << command;
    EXPECT_THAT(answer.error().message(), HasSubstr(expected)) << command;
  }
}

TEST(CommandObjective, TheLongestCurveFitsInAnAnswerWithAllItsDigits) {
  const std::string full = "-2.2250738585072014e-308";
  const auto all =
      answer_of("read -r l; printf '{\"curve\": ['; yes -- '" + full + ", ' | head -n " +
                std::to_string(kMaxSimSteps - 1) + " | tr -d '\\n'; echo '" + full + "]}'; cat");
  ASSERT_TRUE(all.has_value()) << all.error().message();
  EXPECT_EQ(all->curve.size(), kMaxSimSteps);
  EXPECT_EQ(all->curve.back(), -2.2250738585072014e-308);
}

TEST(CommandObjective, SilenceHasALimitOfTime) {
  const auto answer = answer_of("sleep 1000", milliseconds(50));
  ASSERT_TRUE(answer.has_error());
  EXPECT_THAT(answer.error().message(), HasSubstr("no answer within 0.05 s"));
}

TEST(CommandObjective, MoreThanWasAskedForIsAnError) {
  const SweepSpec spec = spec_of(kBanditJob);
  auto objective =
      make_objective(R"(read -r l; env printf '{"value":1}\n{"value":2}\n'; cat)", spec, kPatience);
  ASSERT_TRUE(answer_to(**objective, 0).has_value());
  const auto second = answer_to(**objective, 1);
  ASSERT_TRUE(second.has_error());
  EXPECT_THAT(second.error().message(), HasSubstr("before it was asked"));
}

TEST(LineProcess, ALineWithoutAnEndIsGivenUp) {
  auto process = LineProcess::start("cat /dev/zero", kPatience);
  ASSERT_TRUE(process.has_value());
  const auto answer = process->ask("x");
  ASSERT_TRUE(answer.has_error());
  const std::string message = answer.error().message();
  EXPECT_TRUE(message.find("more than 32 MiB") != std::string::npos ||
              message.find("before it was asked") != std::string::npos)
      << message.substr(0, 100);
}

TEST(SyntheticCurves, AreAFunctionOfSeedAndParametersWithinBounds) {
  const SweepSpec spec = spec_of(kBanditJob);
  auto objective = make_objective("builtin:curves,steps=50,noise=0,seconds=2", spec, kPatience);
  ASSERT_TRUE(objective.has_value());
  const auto first = answer_to(**objective, 0);
  EXPECT_EQ(first->curve.size(), 50u);
  EXPECT_EQ(first->seconds_per_step, 2);
  EXPECT_EQ(first->curve, answer_to(**objective, 1)->curve) << "without noise the trial is nothing";
  for (std::size_t k = 0; k < 50; ++k) {
    EXPECT_GE(first->curve[k], 0);
    EXPECT_LE(first->curve[k], 1);
    if (k == 0) continue;
    EXPECT_GT(first->curve[k], first->curve[k - 1]) << "the goal is to maximize";
  }
}

TEST(SyntheticCurves, GoOnWhereTheirParentStood) {
  const SweepSpec spec = spec_of(kBanditJob);
  auto objective = make_objective("builtin:curves,noise=0", spec, kPatience);
  Proposal small = proposal_of(0.2);
  small.budget = Budget{10};
  Proposal large = small;
  large.budget = Budget{30};
  large.parent = TrialId{0};
  const auto start = (*objective)->evaluate({TrialId{0}, small, 1});
  const auto rest = (*objective)->evaluate({TrialId{1}, large, 1});
  large.parent.reset();
  const auto whole = (*objective)->evaluate({TrialId{2}, large, 1});
  ASSERT_EQ(whole->curve.size(), 30u);
  std::vector<double> joined = start->curve;
  joined.insert(joined.end(), rest->curve.begin(), rest->curve.end());
  ASSERT_EQ(joined.size(), 30u);
  for (std::size_t k = 0; k < 30; ++k) EXPECT_NEAR(joined[k], whole->curve[k], 1e-12) << k;
}

TEST(SyntheticCurves, RefuseOptionsThatTheyDoNotHave) {
  const SweepSpec spec = spec_of(kBanditJob);
  for (const char* options : {"steps=0", "steps=1.5", "steps=1e9", "noise=-1", "noise", "noise=x",
                              "speed=1", "seconds=nan", "steps=10,,noise=1"}) {
    const auto made = make_objective(std::string("builtin:curves,") + options, spec, kPatience);
    ASSERT_TRUE(made.has_error()) << options;
    EXPECT_THAT(made.error().message(), HasSubstr("builtin:curves does not take")) << options;
  }
}

}  // namespace
}  // namespace sweepjob
