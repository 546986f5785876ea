// Thousands of random histories, with NaN and infinities, removals, exclusions, ends and
// re-openings: each policy agrees with the slow reference about every trial, at its last and at
// earlier intervals.
#include "tests/policies/reference.h"

#include <string>

#include <gtest/gtest.h>

#include "tests/support/policy_harness.h"

namespace sweepjob::testing {
namespace {

struct Case {
  PolicySetup setup;
  HistoryStyle style;
  double factor = 0, amount = 0;
  std::size_t percentage = 0;
  bool exclude_finished = false;
};

bool expected_stop(const Reference& reference, const Case& c, const Reference::Trial& self,
                   std::size_t n) {
  if (c.setup.type == "bandit") return reference.bandit(self, n, c.factor, c.amount);
  if (c.setup.type == "median_stopping") {
    return reference.median_stopping(self, n, c.setup.min_trials);
  }
  return reference.truncation(self, n, c.percentage, c.exclude_finished);
}

Case random_case(const std::string& type, RandomStream& random) {
  Case c;
  c.setup.type = type;
  c.setup.goal = random.below(2) == 0 ? Goal::Minimize : Goal::Maximize;
  c.setup.evaluation_interval = 1 + static_cast<std::uint32_t>(random.below(3));
  c.setup.delay_evaluation = static_cast<std::uint32_t>(random.below(6));
  c.style.trials = 1 + static_cast<std::uint32_t>(random.below(8));
  c.style.events = 20 + static_cast<std::uint32_t>(random.below(100));
  c.style.worst_share = random.below(3) == 0 ? 0.6 : 0.05;
  c.style.removal_share = random.below(2) == 0 ? 0.0 : 0.15;
  c.style.ties = random.below(4) != 0;
  if (type == "bandit") {
    const std::uint64_t kinds = 1 + random.below(3);
    if ((kinds & 1) != 0) c.factor = std::array{0.125, 0.5, 2.0, 40.0}[random.below(4)];
    if ((kinds & 2) != 0) c.amount = std::array{1e-300, 0.25, 1.0}[random.below(3)];
    c.setup.options = {{"slack_factor", c.factor}, {"slack_amount", c.amount}};
  } else if (type == "median_stopping") {
    c.setup.min_trials = static_cast<std::uint32_t>(random.below(5));
  } else {
    c.percentage = 1 + random.below(99);
    c.exclude_finished = random.below(2) == 0;
    c.setup.options = {{"truncation_percentage", static_cast<std::int64_t>(c.percentage)},
                       {"exclude_finished_jobs", c.exclude_finished}};
  }
  return c;
}

void expect_agreement(const TerminationPolicy& policy, const Reference& reference, const Case& c,
                      std::uint32_t trial, std::uint32_t interval, std::size_t* stops) {
  const Reference::Trial& self = reference.trials.at(trial);
  const Report report{TrialId(trial), interval, self.x[interval - 1], {}};
  const Verdict verdict = policy.judge(report);
  const Verdict explained = policy.explain(report);
  ASSERT_EQ(verdict.stop, expected_stop(reference, c, self, interval)) << explained.reason;
  ASSERT_EQ(explained.stop, verdict.stop);
  ASSERT_EQ(verdict.reason.empty(), !verdict.stop);
  ASSERT_TRUE(explained.reason.starts_with(verdict.reason)) << explained.reason;
  if (c.setup.type == "bandit" && reference.leader(interval) == reference.best(self, interval)) {
    ASSERT_FALSE(verdict.stop) << "the leader is never stopped: " << verdict.reason;
  }
  *stops += verdict.stop ? 1 : 0;
}

class AgreesWithTheReference : public ::testing::TestWithParam<std::string> {};

TEST_P(AgreesWithTheReference, OnRandomHistories) {
  std::size_t stops = 0;
  std::size_t judged = 0;
  for (std::uint64_t seed = 0; seed < 3000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomStream random(seed);
    const Case c = random_case(GetParam(), random);
    const auto policy = make(c.setup);
    Reference reference(c.setup.goal);
    for (const TrialEvent& event : random_history(random, c.style)) {
      policy->observe(event);
      reference.observe(event);
      // Not after every event: what is noted lazily must wait as well.
      if (random.below(3) == 0) continue;
      const auto* reported = std::get_if<TrialReported>(&event);
      std::uint32_t trial = index_of(trial_of(event));
      if (reported == nullptr || random.below(4) == 0) {
        trial = static_cast<std::uint32_t>(random.below(c.style.trials));
      }
      const auto count = reference.trials.contains(trial) ? reference.trials.at(trial).x.size() : 0;
      if (count == 0) continue;
      const bool earlier = random.below(4) == 0;
      const auto interval = static_cast<std::uint32_t>(earlier ? 1 + random.below(count) : count);
      if (!c.setup.is_eligible(interval)) continue;
      ++judged;
      expect_agreement(*policy, reference, c, trial, interval, &stops);
      if (HasFatalFailure()) return;
    }
  }
  EXPECT_GT(stops, judged / 100) << "the histories must lead to stops";
  EXPECT_LT(stops, judged);
}

// Large enough for blocks of order statistics, bulk sorts and lazy erasures.
TEST_P(AgreesWithTheReference, OnManyTrials) {
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomStream random(seed + 77);
    Case c = random_case(GetParam(), random);
    c.setup.evaluation_interval = 1;
    c.setup.delay_evaluation = 0;
    c.style.trials = 2000;
    c.style.events = 20000;
    c.style.removal_share = 0.05;
    const auto policy = make(c.setup);
    Reference reference(c.setup.goal);
    std::size_t stops = 0;
    for (const TrialEvent& event : random_history(random, c.style)) {
      policy->observe(event);
      reference.observe(event);
      const auto* reported = std::get_if<TrialReported>(&event);
      if (reported == nullptr || random.below(40) != 0) continue;
      const std::uint32_t trial = index_of(reported->report.trial);
      const auto count = static_cast<std::uint32_t>(reference.trials.at(trial).x.size());
      if (count == 0) continue;
      expect_agreement(*policy, reference, c, trial, count, &stops);
      if (HasFatalFailure()) return;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Policies, AgreesWithTheReference,
                         ::testing::Values("bandit", "median_stopping", "truncation_selection"),
                         [](const auto& instance) { return instance.param; });

}  // namespace
}  // namespace sweepjob::testing
