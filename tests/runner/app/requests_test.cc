#include "runner/app/requests.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sweepjob {
namespace {

using testing::HasSubstr;

Result<UserRequest> read(const std::string& verb, Value::Map arguments) {
  return read_request({"id", verb, Value(std::move(arguments))});
}

TEST(Requests, ReadEveryVerb) {
  EXPECT_TRUE(std::holds_alternative<PauseSweep>(read("pause", {})->what));
  EXPECT_TRUE(std::holds_alternative<UnpauseSweep>(read("unpause", {})->what));
  EXPECT_EQ(std::get<CancelSweep>(read("cancel", {{"reason", "enough"}})->what).reason, "enough");
  EXPECT_EQ(std::get<CancelTrial>(read("cancel", {{"trial", 7}})->what).trial, TrialId{7});
  EXPECT_EQ(std::get<RetryTrial>(read("retry", {{"trial", 3}})->what).trial, TrialId{3});
  const auto update = read("update", {{"max_total_trials", 40}, {"timeout", 0}});
  const LimitsChanged& limits = std::get<UpdateLimits>(update->what).limits;
  EXPECT_EQ(limits.max_total_trials, 40U);
  EXPECT_EQ(limits.timeout_seconds, 0);
  EXPECT_FALSE(limits.max_concurrent_trials);
}

TEST(Requests, RefuseWhatIsNoWholeNumberOrNoVerb) {
  for (const Value& bad : {Value(-1), Value(1.5), Value("7"), Value(std::int64_t{1} << 40)}) {
    const auto request = read("cancel", {{"trial", bad}});
    ASSERT_TRUE(request.has_error());
    EXPECT_THAT(request.error().message(), HasSubstr("'trial'"));
  }
  EXPECT_TRUE(read("retry", {}).has_error());
  EXPECT_TRUE(read("explode", {}).has_error());
}

}  // namespace
}  // namespace sweepjob
