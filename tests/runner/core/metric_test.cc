// Which values count, as which interval, and when they are judged (azure-sweep section 9).
#include <gmock/gmock.h>

#include "tests/runner/core/core_fakes.h"
#include "tests/support/core_script.h"

namespace sweepjob::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

struct IntervalCase {
  const char* settings;
  std::uint32_t reports;
  std::vector<std::uint32_t> judged_at;
};

class EvaluationIntervals : public ::testing::TestWithParam<IntervalCase> {};

TEST_P(EvaluationIntervals, AreEveryMultipleFromTheDelayOn) {
  FakePolicy::Log log;
  CoreScript script("policy=median_stopping total=1 " + std::string(GetParam().settings));
  script.policy = [&] { return std::make_unique<FakePolicy>(&log); };
  script.run("start");
  script.run("running 0");
  for (std::uint32_t i = 0; i < GetParam().reports; ++i) script.run("report 0 0.5");
  std::vector<std::uint32_t> judged;
  for (const auto& [trial, interval] : log.judged) judged.push_back(interval);
  EXPECT_EQ(judged, GetParam().judged_at);
}

INSTANTIATE_TEST_SUITE_P(
    AzureSweepSection9, EvaluationIntervals,
    ::testing::Values(IntervalCase{"interval=100 delay=200", 450, {200, 300, 400}},
                      IntervalCase{"interval=1 delay=5", 7, {5, 6, 7}},
                      IntervalCase{"interval=2 delay=5", 9, {6, 8}},
                      IntervalCase{"interval=1 delay=0", 3, {1, 2, 3}},
                      IntervalCase{"interval=0 delay=0", 2, {1, 2}}));

struct Curve : ::testing::Test {
  CoreScript& started(const char* settings) {
    script =
        std::make_unique<CoreScript>("total=1 policy=median_stopping " + std::string(settings));
    script->policy = [this] { return std::make_unique<FakePolicy>(&log); };
    script->run("start");
    script->run("running 0");
    return *script;
  }
  // Loses the attempt and starts the next one.
  std::string lost_and_back(const char* how = "") {
    script->run("end 0 lost");
    script->run("drained 0");
    script->run("wait 600");
    return script->run("running 0 " + std::string(how));
  }
  const Trial& trial() { return trial_of(script->sweep(), TrialId{0}); }

  FakePolicy::Log log;
  std::unique_ptr<CoreScript> script;
};

TEST_F(Curve, StartsAgainWithoutACheckpointAndThePolicyForgets) {
  started("");
  script->run("report 0 0.1 step=1");
  script->run("report 0 0.2 step=2");
  EXPECT_THAT(lost_and_back(), HasSubstr("CurveTruncated trial=0 kept=0"));
  script->run("report 0 0.3 step=1");
  EXPECT_THAT(trial().values, ElementsAre(0.3));
  EXPECT_THAT(log.observed, ElementsAre("report 1", "report 2", "keep 0", "report 1"));
}

TEST_F(Curve, GoesOnFromACheckpointBeforeTheFirstNewStep) {
  started("");
  for (const char* line : {"report 0 0.1 step=1", "report 0 0.2 step=2", "report 0 0.3 step=3"}) {
    script->run(line);
  }
  EXPECT_THAT(lost_and_back("checkpoint=1"), Not(HasSubstr("CurveTruncated")));
  EXPECT_THAT(script->run("report 0 0.9 step=3"), HasSubstr("CurveTruncated trial=0 kept=2"));
  script->run("report 0 0.95 step=4");
  EXPECT_THAT(trial().values, ElementsAre(0.1, 0.2, 0.9, 0.95));
  EXPECT_DOUBLE_EQ(trial().best, 0.95);
}

TEST_F(Curve, IsLeftOutOnceAfterACheckpointWithoutSteps) {
  started("");
  script->run("report 0 0.1");
  lost_and_back("checkpoint=1");
  const std::string first = script->run("report 0 -1");
  EXPECT_THAT(first, HasSubstr("TrialLeftOut trial=0"));
  EXPECT_THAT(first, HasSubstr("Warned kind=resumed_without_steps trial=0"));
  EXPECT_THAT(first, Not(HasSubstr("StopRequested")));
  EXPECT_THAT(script->run("report 0 -1"), Not(HasSubstr("TrialLeftOut")));
  EXPECT_THAT(log.judged, ElementsAre(std::pair(0u, 1u)));
  EXPECT_THAT(log.observed, ElementsAre("report 1", "exclude"));
}

TEST_F(Curve, GoesOnWithoutStepsWhenTheUserSaysSo) {
  started("on_retry=continue");
  script->run("report 0 0.1");
  lost_and_back("checkpoint=1");
  script->run("report 0 0.2");
  EXPECT_THAT(trial().values, ElementsAre(0.1, 0.2));
  EXPECT_FALSE(trial().left_out);
}

TEST_F(Curve, StartsAgainDespiteACheckpointWhenTheUserSaysSo) {
  started("on_retry=restart");
  script->run("report 0 0.1 step=1");
  EXPECT_THAT(lost_and_back("checkpoint=1"), HasSubstr("CurveTruncated trial=0 kept=0"));
}

TEST_F(Curve, CountsAValueThatIsReadAgainOnlyOnce) {
  started("");
  script->run("report 0 0.1 position=10");
  script->run("report 0 0.2 position=20");
  EXPECT_THAT(script->run("report 0 0.1 position=10"), IsEmpty());
  EXPECT_THAT(trial().values, ElementsAre(0.1, 0.2));
}

TEST_F(Curve, IgnoresWhatAnEarlierAttemptStillHadToSay) {
  started("");
  lost_and_back();
  EXPECT_THAT(script->run("report 0.1 0.7"), Not(HasSubstr("MetricReported")));
}

TEST_F(Curve, CountsNothingAfterTheStop) {
  started("");
  EXPECT_THAT(script->run("report 0 -1"),
              HasSubstr("StopRequested trial=0 cause=early_termination interval=1 "
                        "reason=\"below zero\"\n-> Cancel 0.1"));
  EXPECT_THAT(script->run("report 0 0.9"), IsEmpty());
  EXPECT_THAT(trial().values, ElementsAre(-1));
}

TEST_F(Curve, IsNotCutByABacklogOnceItsAttemptHasEnded) {
  started("");
  script->run("end 0 exited 0");
  EXPECT_THAT(script->run("report 0 -1"), HasSubstr("MetricReported"));
  EXPECT_THAT(log.judged, IsEmpty());
  EXPECT_THAT(script->run("drained 0"), HasSubstr("TrialFinished trial=0 status=Completed"));
}

TEST_F(Curve, TakesNanAndInfinitiesForTheWorst) {
  started("");
  script->run("report 0 nan");
  EXPECT_THAT(script->run("report 0 inf"), HasSubstr("Warned kind=infinite_metric"));
  EXPECT_THAT(script->run("report 0 inf"), Not(HasSubstr("Warned")));
  EXPECT_TRUE(is_worst(trial().best));
  EXPECT_EQ(trial().values.size(), 3u);
}

TEST_F(Curve, IsForgottenWhenATrialIsRetriedByHand) {
  started("");
  script->run("report 0 0.4");
  script->run("end 0 exited 1");
  script->run("drained 0");
  script->run("retry 0");
  EXPECT_THAT(trial().values, IsEmpty());
  EXPECT_TRUE(is_worst(trial().best));
  EXPECT_THAT(log.observed, ElementsAre("report 1", "end", "reopen"));
}

TEST(Channels, TheFirstOneCountsAndTheSecondIsWarnedOfOnce) {
  CoreScript script("total=1");
  script.run("start");
  script.run("running 0");
  EXPECT_THAT(script.run("report 0 0.5"),
              HasSubstr("ChannelChosen trial=0 attempt=1 channel=stdout"));
  const std::string second = script.run("report 0 0.6 channel=file");
  EXPECT_THAT(second, HasSubstr("Warned kind=second_channel"));
  EXPECT_THAT(second, Not(HasSubstr("MetricReported")));
  EXPECT_THAT(script.run("report 0 0.7 channel=file"), IsEmpty());
}

TEST(Channels, TheUserMayFixTheOne) {
  CoreScript script("total=1 channel=file");
  script.run("start");
  script.run("running 0");
  EXPECT_THAT(script.run("report 0 0.5"), Not(HasSubstr("MetricReported")));
  EXPECT_THAT(script.run("report 0 0.5 channel=file"), HasSubstr("MetricReported"));
}

TEST(MetricReading, WhatIsOddIsToldOnceASweepForEachKind) {
  CoreScript script("total=2");
  script.run("start");
  script.run("running 0");
  script.run("running 1");
  EXPECT_THAT(script.run("odd 0 long_line"),
              HasSubstr("Warned kind=long_line text=\"trial 0: odd text"));
  EXPECT_THAT(script.run("odd 0 long_line"), IsEmpty());
  EXPECT_THAT(script.run("odd 1 long_line"), IsEmpty());
  EXPECT_THAT(script.run("odd 1 bad_json_line"), HasSubstr("trial 1: odd text"));
}

TEST(MetricNames, OneThatIsThereOnAnotherChannelThanTheFixedOneIsToldSo) {
  CoreScript script("total=1 channel=file");
  script.run("start");
  script.run("running 0");
  script.run("report 0 0.5");
  script.run("end 0 exited 0");
  const std::string ended = script.run("drained 0");
  EXPECT_THAT(ended, HasSubstr("metrics.channel is fixed to file, and 'acc' was seen on stdout"));
  EXPECT_THAT(ended, Not(HasSubstr("did you mean")));
}

TEST(MetricNames, OneThatOtherTrialsReportIsNotOfferedAsTheNearest) {
  CoreScript script("total=2");
  script.run("start");
  script.run("running 0");
  script.run("running 1");
  script.run("report 1 0.5");
  script.run("end 0 exited 0");
  const std::string ended = script.run("drained 0");
  EXPECT_THAT(ended, HasSubstr("other trials have reported it"));
  EXPECT_THAT(ended, Not(HasSubstr("did you mean")));
}

TEST(MetricNames, TheNearestIsNamedAtTheFirstTrialWithoutTheMetric) {
  CoreScript script("total=2 metric=accuracy concurrent=1");
  script.run("start");
  script.run("running 0");
  EXPECT_THAT(script.run("report 0 1 name=acuracy"), HasSubstr("MetricNameSeen name=acuracy"));
  EXPECT_THAT(script.run("report 0 1 name=acuracy"), IsEmpty());
  script.run("end 0 exited 0");
  const std::string ended = script.run("drained 0");
  EXPECT_THAT(ended, HasSubstr("Warned kind=no_primary_metric"));
  EXPECT_THAT(ended, HasSubstr("did you mean 'acuracy'?"));
  script.run("running 1");
  script.run("end 1 exited 0");
  EXPECT_THAT(script.run("drained 1"), Not(HasSubstr("no_primary_metric")));
}

}  // namespace
}  // namespace sweepjob::testing
