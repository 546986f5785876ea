#include "manifests/spec/parse_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sweepjob {
namespace {

using testing::HasSubstr;

std::string said(const ParsedPolicy& parsed) {
  std::string text;
  for (const Finding& finding : parsed.findings.all()) text += to_text(finding) + "\n";
  return text;
}

TEST(ParsePolicy, ReadsAPolicyAsAJobHasIt) {
  const auto parsed = parse_policy(
      "{type: Bandit, slack_factor: 0.1, evaluation_interval: 2, delay_evaluation: 5}", "p");
  ASSERT_TRUE(parsed.termination) << said(parsed);
  EXPECT_EQ(parsed.termination->policy.type, "bandit");
  EXPECT_EQ(parsed.termination->evaluation_interval, 2U);
  EXPECT_EQ(parsed.termination->delay_evaluation, 5U);
  ASSERT_EQ(parsed.termination->policy.options.size(), 1U);
  EXPECT_EQ(parsed.termination->policy.options[0].where.column, 30);
}

TEST(ParsePolicy, ReadsABareNameAndAWholeJob) {
  EXPECT_EQ(parse_policy("median_stopping", "p").termination->policy.type, "median_stopping");
  const auto job = parse_policy("type: sweep\nearly_termination:\n  type: bandit\n", "job.yaml");
  ASSERT_TRUE(job.termination) << said(job);
  EXPECT_EQ(job.termination->policy.type, "bandit");
}

TEST(ParsePolicy, OverridesStandOverTheTextAndNameTheirSource) {
  const auto parsed =
      parse_policy("bandit", "p", {{"slack_factor", "0.3"}, {"a.b", "1"}}, "--grid");
  ASSERT_TRUE(parsed.termination) << said(parsed);
  EXPECT_EQ(parsed.termination->policy.find("slack_factor")->value, Value(0.3));
  EXPECT_EQ(parsed.termination->policy.find("slack_factor")->where.file, "--grid");
  EXPECT_EQ(*parsed.termination->policy.find("a")->value.find("b"), Value(1));
}

TEST(ParsePolicy, SaysWhereAndWhatIsWrong) {
  EXPECT_THAT(said(parse_policy("~", "p")), HasSubstr("expected a policy, found nothing"));
  EXPECT_THAT(said(parse_policy("", "p")), HasSubstr("the file is empty"));
  EXPECT_THAT(said(parse_policy("[1]", "p")), HasSubstr("p:1:1: error: early_termination:"));
  EXPECT_THAT(said(parse_policy("{slack_factor: 1}", "p")), HasSubstr("early_termination.type"));
  EXPECT_THAT(said(parse_policy("{type: bandit,\n evaluation_interval: -1}", "p")),
              HasSubstr("p:2:23: error: early_termination.evaluation_interval"));
  EXPECT_THAT(said(parse_policy("{type: bandit", "p")), HasSubstr("p:"));
  EXPECT_FALSE(parse_policy("{type: bandit", "p").termination);
  EXPECT_THAT(said(parse_policy("{type: bandit}", "p", {{"evaluation_interval", "1.5"}}, "--grid")),
              HasSubstr("--grid:1:1: error: early_termination.evaluation_interval"));
}

}  // namespace
}  // namespace sweepjob
