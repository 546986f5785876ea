// The words of states and outcomes, times and checks: small things that files and users depend on.
#include <limits>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "model/check.h"
#include "model/launch.h"
#include "model/metric.h"
#include "model/result.h"
#include "model/time.h"
#include "model/trial.h"

namespace sweepjob {
namespace {

TEST(StatusWords, RoundTripAndAreAzuresOwn) {
  std::set<std::string> words;
  for (int i = 0; i <= static_cast<int>(Status::Paused); ++i) {
    const auto status = static_cast<Status>(i);
    words.insert(to_string(status));
    EXPECT_EQ(status_from(to_string(status)), status);
  }
  EXPECT_EQ(words, (std::set<std::string>{"NotStarted", "Queued", "Preparing", "Running",
                                          "Finalizing", "CancelRequested", "Completed", "Failed",
                                          "Canceled", "NotResponding", "Paused"}));
  EXPECT_FALSE(status_from("completed"));
  EXPECT_FALSE(status_from(""));
}

TEST(StatusWords, OnlyThreeAreTerminal) {
  for (int i = 0; i <= static_cast<int>(Status::Paused); ++i) {
    const auto status = static_cast<Status>(i);
    const bool ended =
        status == Status::Completed || status == Status::Failed || status == Status::Canceled;
    EXPECT_EQ(is_terminal(status), ended) << to_string(status);
  }
}

TEST(OutcomeWords, RoundTripAndDiffer) {
  std::set<std::string> words;
  for (int i = 0; i <= static_cast<int>(Outcome::Rejected); ++i) {
    const auto outcome = static_cast<Outcome>(i);
    words.insert(to_string(outcome));
    EXPECT_EQ(outcome_from(to_string(outcome)), outcome);
  }
  EXPECT_EQ(words.size(), static_cast<std::size_t>(Outcome::Rejected) + 1);
  EXPECT_FALSE(outcome_from("died"));
}

TEST(Channels, AreNumberedInOrderOfPrecedence) {
  EXPECT_LT(Channel::Http, Channel::File);
  EXPECT_LT(Channel::File, Channel::EventFiles);
  EXPECT_LT(Channel::EventFiles, Channel::Scrape);
  EXPECT_LT(Channel::Scrape, Channel::Stdout);
}

TEST(Time, PrintsMicrosecondsInUtc) {
  EXPECT_EQ(to_iso8601(from_micros(0)), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(to_iso8601(from_micros(1'795'281'663'123'456)), "2026-11-21T17:21:03.123456Z");
  EXPECT_EQ(to_iso8601(from_micros(-1)), "1969-12-31T23:59:59.999999Z");
  EXPECT_EQ(to_micros(from_micros(-42)), -42);
}

TEST(Time, PrintsEveryTimestampThatAJournalCanHold) {
  // A damaged number must not crash `journal dump`.
  for (const auto micros :
       {std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()}) {
    EXPECT_TRUE(to_iso8601(from_micros(micros)).ends_with("Z"));
  }
}

Result<int> halve(int number) {
  if (number % 2 != 0) return Error(ErrorCode::Usage, "odd", "job.yaml:1:2");
  return number / 2;
}

TEST(Errors, CarryCodeMessageAndPlace) {
  EXPECT_EQ(halve(4).value(), 2);
  const Result<int> result = halve(3);
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code(), ErrorCode::Usage);
  EXPECT_EQ(result.error().text(), "job.yaml:1:2: odd");
  EXPECT_EQ(Error(ErrorCode::Internal, "plain").text(), "plain");
}

TEST(ErrorsDeathTest, StopTheProgramWhenTakenForAValue) {
  EXPECT_DEATH(static_cast<void>(halve(3).value()), "error was taken for a value.*odd");
}

TEST(CheckDeathTest, SaysWhatMustHoldAndWhere) {
  const int trials = 1;
  SWEEPJOB_CHECK(trials == 1, "nothing happens then");
  EXPECT_DEATH(SWEEPJOB_CHECK(trials == 2, "it must be two"),
               "trials == 2 does not hold .it must be two. at .*words_test.cc");
}

}  // namespace
}  // namespace sweepjob
