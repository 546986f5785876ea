// What every policy of the catalog promises, whatever it computes. A new policy is picked up by
// its name; when it has required options, add an example to kExamples.
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/policy_harness.h"

namespace sweepjob::testing {
namespace {

const std::map<std::string, std::vector<std::pair<std::string, Value>>> kExamples = {
    {"bandit", {{"slack_factor", 0.125}}},
    {"curvefitting", {{"epoch_num", 8}, {"start_step", 4}, {"gap", 4}}},
    {"truncation_selection", {{"truncation_percentage", 40}}},
    {"wandb_hyperband", {{"min_iter", 1}}},
    {"wilcoxon", {{"p_threshold", 0.4}}},
};

// Rules of rising curves: their factories refuse minimize, and noise alone would fit no curve.
const std::set<std::string> kRisingCurves = {"curvefitting"};

// Rules that keep a trial whose only value is no number: a curve with a hole is not extrapolated,
// W&B does not count such a value, and of an instance it may say nothing about the trial.
const std::set<std::string> kKeepADivergedTrial = {"curvefitting", "wandb_hyperband", "wilcoxon"};

class PolicyContract : public ::testing::TestWithParam<std::string> {
 protected:
  static PolicySetup setup(std::uint64_t seed = 0) {
    const bool minimize = seed % 2 == 0 && !kRisingCurves.contains(GetParam());
    PolicySetup setup{.type = GetParam(), .goal = minimize ? Goal::Minimize : Goal::Maximize};
    const auto example = kExamples.find(GetParam());
    if (example != kExamples.end()) setup.options = example->second;
    return setup;
  }
  static HistoryStyle style(double worst_share = HistoryStyle().worst_share) {
    return {.worst_share = worst_share, .rising = kRisingCurves.contains(GetParam())};
  }
};

// What the core would get: a verdict after each report.
std::vector<Verdict> play(TerminationPolicy& policy, const std::vector<TrialEvent>& events) {
  std::vector<Verdict> verdicts;
  for (const TrialEvent& event : events) {
    policy.observe(event);
    if (const auto* reported = std::get_if<TrialReported>(&event)) {
      verdicts.push_back(policy.judge(reported->report));
    }
  }
  return verdicts;
}

void expect_equal(const std::vector<Verdict>& a, const std::vector<Verdict>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    ASSERT_EQ(a[i].stop, b[i].stop) << i;
    ASSERT_EQ(a[i].reason, b[i].reason) << i;
  }
}

// Every interval that any trial could have, explained.
std::vector<Verdict> explain_all(const TerminationPolicy& policy, std::uint32_t trials) {
  std::vector<Verdict> verdicts;
  for (std::uint32_t trial = 0; trial < trials; ++trial) {
    for (std::uint32_t interval = 1; interval <= 30; ++interval) {
      verdicts.push_back(policy.explain({TrialId(trial), interval, 0, {}}));
    }
  }
  return verdicts;
}

TEST_P(PolicyContract, TheSameHistoryGivesTheSameVerdicts) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    RandomStream random(seed);
    const auto events = random_history(random, style());
    expect_equal(play(*make(setup(seed)), events), play(*make(setup(seed)), events));
  }
}

TEST_P(PolicyContract, AStopHasAReasonOfOneLineAndExplainAgrees) {
  std::size_t stops = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    RandomStream random(seed);
    const auto policy = make(setup(seed));
    for (const TrialEvent& event : random_history(random, style(0.2))) {
      policy->observe(event);
      const auto* reported = std::get_if<TrialReported>(&event);
      if (reported == nullptr) continue;
      const Verdict verdict = policy->judge(reported->report);
      const Verdict explained = policy->explain(reported->report);
      ASSERT_EQ(explained.stop, verdict.stop);
      ASSERT_FALSE(explained.reason.empty());
      ASSERT_EQ(explained.reason.find('\n'), std::string::npos);
      ASSERT_EQ(explained.reason.rfind(GetParam() + ": ", 0), 0U) << "the policy is named";
      if (!verdict.stop) continue;
      ++stops;
      ASSERT_EQ(verdict.reason, explained.reason);
    }
  }
  EXPECT_GT(stops, 0U) << "the histories must lead to stops";
}

TEST_P(PolicyContract, JudgingChangesNothing) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    RandomStream random(seed);
    const auto events = random_history(random, style());
    const auto quiet = make(setup(seed));
    const auto asked = make(setup(seed));
    for (const TrialEvent& event : events) {
      quiet->observe(event);
      asked->observe(event);
      for (std::uint32_t trial = 0; trial < 6; ++trial) {
        const Report report{TrialId(trial), 1 + static_cast<std::uint32_t>(random.below(9)), 0, {}};
        static_cast<void>(asked->judge(report));
        static_cast<void>(asked->explain(report));
      }
    }
    expect_equal(explain_all(*quiet, 6), explain_all(*asked, 6));
  }
}

TEST_P(PolicyContract, AVerdictDependsOnTheSetOfEarlierReportsNotOnTheirOrder) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    SCOPED_TRACE(seed);
    RandomStream random(seed);
    const auto events = random_history(random, style(0.1));
    const auto one = make(setup(seed));
    const auto other = make(setup(seed));
    for (const TrialEvent& event : events) one->observe(event);
    for (const TrialEvent& event : interleave_again(random, events)) {
      other->observe(event);
      if (random.below(4) != 0) continue;
      static_cast<void>(other->judge({trial_of(event), 1, 0, {}}));
    }
    expect_equal(explain_all(*one, 6), explain_all(*other, 6));
    if (HasFatalFailure()) return;
  }
}

TEST_P(PolicyContract, WhatIsTakenBackLeavesNoTrace) {
  const std::vector<std::vector<TrialEvent>> ways = {
      {ReportsRemoved{TrialId(6), 0}},
      {TrialExcluded{TrialId(6)}},
      {TrialEnded{TrialId(6), Status::Failed, {}, {}}, TrialReopened{TrialId(6)}}};
  for (std::uint64_t seed = 0; seed < 90; ++seed) {
    RandomStream random(seed);
    const auto events = random_history(random, style());
    const auto without = make(setup(seed));
    const auto with = make(setup(seed));
    std::uint32_t count = 0;
    for (const TrialEvent& event : events) {
      without->observe(event);
      with->observe(event);
      if (random.below(2) != 0) continue;
      const double value = random_value(random, {.worst_share = 0.3});
      with->observe(TrialReported{{TrialId(6), ++count, value, {}}});
    }
    for (const TrialEvent& event : ways[seed % ways.size()]) with->observe(event);
    expect_equal(explain_all(*without, 6), explain_all(*with, 6));
  }
}

TEST_P(PolicyContract, StopsNobodyWhileNobodyHasANumber) {
  for (const double worst : {std::nan(""), HUGE_VAL, -HUGE_VAL}) {
    for (std::uint64_t seed = 0; seed < 2; ++seed) {
      const auto policy = make(setup(seed));
      for (std::uint32_t trial = 0; trial < 10; ++trial) {
        for (std::uint32_t interval = 1; interval <= 3; ++interval) {
          const Report report{TrialId(trial), interval, worst, {}};
          policy->observe(TrialReported{report});
          EXPECT_FALSE(policy->judge(report).stop);
        }
      }
    }
  }
}

TEST_P(PolicyContract, ADivergedTrialIsStoppedAmongFiniteOnes) {
  for (std::uint64_t seed = 0; seed < 2; ++seed) {
    const auto policy = make(setup(seed));
    for (std::uint32_t trial = 0; trial < 9; ++trial) {
      policy->observe(TrialReported{{TrialId(trial), 1, 1.0, {}}});
      policy->observe(TrialEnded{TrialId(trial), Status::Completed, 1.0, 1.0});
    }
    const bool stops = !kKeepADivergedTrial.contains(GetParam());
    for (const double worst : {std::nan(""), HUGE_VAL, -HUGE_VAL}) {
      const Report report{TrialId(9), 1, worst, {}};
      policy->observe(TrialReported{report});
      EXPECT_EQ(policy->judge(report).stop, stops) << worst;
      policy->observe(ReportsRemoved{TrialId(9), 0});
    }
  }
}

TEST_P(PolicyContract, ATrialThatNeverLoggedIsNeverStopped) {
  for (std::uint64_t seed = 0; seed < 2; ++seed) {
    const auto policy = make(setup(seed));
    for (std::uint32_t trial = 0; trial < 9; ++trial) {
      policy->observe(TrialAdded{TrialId(trial), {}});
      if (trial > 0) policy->observe(TrialReported{{TrialId(trial), 1, 1.0, {}}});
    }
    EXPECT_FALSE(policy->judge({TrialId(0), 1, 0, {}}).stop);
    EXPECT_FALSE(policy->judge({TrialId(99), 1, 0, {}}).stop) << "nor one that nobody knows";
    EXPECT_FALSE(policy->explain({TrialId(0), 0, 0, {}}).stop);
  }
}

TEST_P(PolicyContract, UnknownKeysAreWarningsAndErrorsUnderStrict) {
  PolicySetup wrong = setup();
  wrong.options.push_back({"no_such_key", 1});
  Findings findings;
  EXPECT_NE(make(wrong, findings), nullptr);
  ASSERT_EQ(findings.all().size(), 1U);
  EXPECT_EQ(findings.all()[0].path, "early_termination.no_such_key");
  wrong.strict = true;
  EXPECT_EQ(make(wrong, findings), nullptr);
}

INSTANTIATE_TEST_SUITE_P(Catalog, PolicyContract, ::testing::ValuesIn(policy_names()),
                         [](const auto& instance) { return instance.param; });

TEST(PolicyCatalog, HasOneEntryForEachFileOfThatName) {
  std::set<std::string> files;
  const std::filesystem::path folder = std::filesystem::path(SWEEPJOB_SOURCE_DIR) / "policies";
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    if (file.path().extension() != ".cc") continue;
    std::stringstream text;
    text << std::ifstream(file.path()).rdbuf();
    if (text.str().find("const PolicyEntry entry{") == std::string::npos) continue;
    files.insert(file.path().stem().string());
  }
  const std::vector<std::string> names = policy_names();
  EXPECT_THAT(names, ::testing::ElementsAreArray(files));
  EXPECT_THAT(names,
              ::testing::IsSupersetOf({"bandit", "median_stopping", "truncation_selection"}));
}

TEST(PolicyCatalog, AnUnknownNameIsAnErrorWithTheNearestOne) {
  Findings findings;
  EXPECT_EQ(make({.type = "median_stoping"}, findings), nullptr);
  ASSERT_EQ(findings.all().size(), 1U);
  EXPECT_EQ(findings.all()[0].where.line, 20);
  EXPECT_EQ(findings.all()[0].path, "early_termination.type");
  EXPECT_THAT(findings.all()[0].hint, ::testing::HasSubstr("'median_stopping'"));
}

TEST(PolicyCatalogDeathTest, ANameTakenTwiceStopsTheProgram) {
  EXPECT_DEATH((PolicyEntry{"bandit", nullptr}), "taken once");
}

}  // namespace
}  // namespace sweepjob::testing
