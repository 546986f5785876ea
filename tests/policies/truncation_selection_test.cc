// Hand-computed verdicts of spec azure-sweep sections 12 and 17.
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/policy_harness.h"

namespace sweepjob::testing {
namespace {

using ::testing::HasSubstr;

PolicySetup truncation(int percentage, bool exclude_finished = false, Goal goal = Goal::Maximize) {
  PolicySetup setup{.type = "truncation_selection",
                    .goal = goal,
                    .options = {{"truncation_percentage", percentage}}};
  if (exclude_finished) setup.options.push_back({"exclude_finished_jobs", true});
  return setup;
}

// How many of trials 0..n-1 are among the lowest when all have reported.
std::vector<int> lowest(const PolicySetup& setup, const std::vector<double>& values) {
  Judged judged(setup);
  for (std::size_t i = 0; i < values.size(); ++i) {
    judged.report(static_cast<std::uint32_t>(i), values[i]);
  }
  std::vector<int> stopped;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (judged.explain(static_cast<std::uint32_t>(i), 1).stop) {
      stopped.push_back(static_cast<int>(i));
    }
  }
  return stopped;
}

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(TruncationSelection, OfFiveTrialsAtTwentyPercentTheWorstGoes) {
  EXPECT_THAT(lowest(truncation(20), {0.5, 0.1, 0.9, 0.3, 0.7}), ElementsAre(1));
  EXPECT_THAT(lowest(truncation(20, false, Goal::Minimize), {0.5, 0.1, 0.9, 0.3, 0.7}),
              ElementsAre(2));
  EXPECT_THAT(lowest(truncation(20), {0.5, 0.1, 0.9, 0.1, 0.7}), IsEmpty())
      << "the two worst are tied";
}

TEST(TruncationSelection, TheFractionIsRoundedDownInIntegers) {
  EXPECT_THAT(lowest(truncation(20), {1, 2, 3, 4}), IsEmpty());
  EXPECT_THAT(lowest(truncation(50), {1, 2, 3}), ElementsAre(0));
  EXPECT_THAT(lowest(truncation(99), {1, 2}), ElementsAre(0));
  std::vector<double> hundred(100);
  for (int i = 0; i < 100; ++i) hundred[static_cast<std::size_t>(i)] = i;
  EXPECT_EQ(lowest(truncation(29), hundred).size(), 29U) << "not 28, as floor(0.29 * 100)";
}

TEST(TruncationSelection, ATrialTiedWithASurvivorSurvives) {
  EXPECT_THAT(lowest(truncation(60), {1, 2, 2, 2, 5}), ElementsAre(0));
  EXPECT_THAT(lowest(truncation(80), {1, 2, 2, 2, 5}), ElementsAre(0, 1, 2, 3));
}

TEST(TruncationSelection, WorstIsTheLowestAndTiedWithItself) {
  EXPECT_THAT(lowest(truncation(25), {NAN, 1, 2, 3}), ElementsAre(0));
  EXPECT_THAT(lowest(truncation(25), {INFINITY, 1, 2, NAN}), IsEmpty());
  EXPECT_THAT(lowest(truncation(50), {INFINITY, 1, 2, NAN}), ElementsAre(0, 3));
}

TEST(TruncationSelection, ComparesBestsUpToTheSameInterval) {
  Judged judged(truncation(50));
  judged.report_all(0, {1, 9});
  EXPECT_FALSE(judged.report(1, 2).stop) << "9 came at interval 2";
  EXPECT_TRUE(judged.report(1, 0).stop) << "best 2 against 9";
  judged.report_all(2, {3});
  EXPECT_FALSE(judged.report(2, 0).stop) << "bests 2 3 9, floor(1.5) = 1";
}

TEST(TruncationSelection, StoppedTrialsStayInTheComparison) {
  Judged judged(truncation(50));
  judged.report(0, 1);
  judged.end(0, Status::Canceled);
  judged.report(1, 2);
  judged.report(2, 3);
  EXPECT_FALSE(judged.explain(1, 1).stop) << "1 2 3: only the worst";
}

TEST(TruncationSelection, FinishedTrialsAreLeftOutOnRequest) {
  for (const Status status : {Status::Completed, Status::Failed, Status::Canceled}) {
    Judged judged(truncation(50, true));
    judged.report_all(0, {1, 1});
    judged.end(0, status);
    judged.report_all(1, {2});
    EXPECT_FALSE(judged.explain(1, 1).stop) << "alone";
    judged.report_all(2, {3});
    EXPECT_TRUE(judged.explain(1, 1).stop) << "2 and 3";
    judged.reopen(0);
    judged.report_all(0, {0});
    EXPECT_FALSE(judged.explain(1, 1).stop) << "0 2 3: the reopened one is the worst";
    EXPECT_TRUE(judged.explain(0, 1).stop);
  }
}

TEST(TruncationSelection, ReasonsHaveTheirNumbers) {
  Judged judged(truncation(40));
  for (const int value : {5, 1, 4, 2, 3}) {
    judged.report(static_cast<std::uint32_t>(value), value);
  }
  EXPECT_EQ(judged.explain(2, 1).reason,
            "truncation_selection: at interval 1 best 2.0: 2 of 5 trials not better <= 2 = "
            "floor(40% of 5); the line is trial 3 with 3.0");
  EXPECT_EQ(judged.explain(4, 1).reason,
            "truncation_selection: at interval 1 best 4.0: 4 of 5 trials not better > 2 = "
            "floor(40% of 5), by 2; the line is trial 3 with 3.0: kept");
}

TEST(TruncationSelection, WrongPercentagesAreErrorsWithTheirPlace) {
  const std::vector<std::pair<Value, const char*>> cases = {{Value(0), "from 1 to 99, found 0"},
                                                            {Value(100), "found 100"},
                                                            {Value(-5), "found -5"},
                                                            {Value(12.5), "expected an integer"},
                                                            {Value("some"), "expected an integer"}};
  for (const auto& [value, text] : cases) {
    Findings findings;
    EXPECT_EQ(make({.type = "truncation_selection", .options = {{"truncation_percentage", value}}},
                   findings),
              nullptr);
    ASSERT_EQ(findings.all().size(), 1U) << text;
    EXPECT_EQ(findings.all()[0].where.line, 21);
    EXPECT_THAT(findings.all()[0].message, HasSubstr(text));
  }
  Findings missing;
  EXPECT_EQ(make({.type = "truncation_selection"}, missing), nullptr);
  ASSERT_EQ(missing.all().size(), 1U);
  EXPECT_EQ(missing.all()[0].where.line, 20);
  EXPECT_THAT(missing.all()[0].message, HasSubstr("missing"));
}

TEST(TruncationSelection, StrictRefusesTheKeyThatAzuresSchemaLacks) {
  PolicySetup setup = truncation(20, true);
  Findings findings;
  EXPECT_NE(make(setup, findings), nullptr);
  EXPECT_TRUE(findings.all().empty());
  setup.strict = true;
  EXPECT_EQ(make(setup, findings), nullptr);
}

}  // namespace
}  // namespace sweepjob::testing
