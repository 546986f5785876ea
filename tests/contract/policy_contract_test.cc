// What every policy of the catalog promises, whatever it computes. A new policy is picked up by
// its name; when it has required options, add an example to kExamples.
#include <cmath>
#include <filesystem>
#include <fstream>
#include <ostream>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/policy_harness.h"

namespace sweepjob::testing {
namespace {

Value typed(const char* type, Value::Map options) {
  options.insert(options.begin(), {"type", type});
  return Value(std::move(options));
}

// When verdicts depend on the order in which the others reported.
enum class ByOrder { Never, AfterWorst, Always };

struct Case {
  std::string label;
  std::string type;
  std::vector<std::pair<std::string, Value>> options = {};
  // What a rule does not promise, each for the reason that its header gives.
  bool never_stops = false;
  bool spares_the_diverged = false;  // asks for more than that
  bool stops_nan_alone = false;      // a number is asked for, whatever the others have
  // Its factory refuses minimize, and noise alone would fit no curve.
  bool rising_curves = false;
  // Its reasons hold other policies' reasons, so that explain() may have more to say in the middle.
  bool wraps = false;
  ByOrder by_order = ByOrder::Never;
};
// Without it the bytes of the struct become part of the test's name in ctest.
void PrintTo(const Case& one, std::ostream* out) { *out << one.label; }

// Policies with required options, and those that promise less or are worth a second look.
std::vector<Case> special_cases() {
  const Value bandit = typed("bandit", {{"slack_factor", 0.125}});
  const Value truncation = typed("truncation_selection", {{"truncation_percentage", 40}});
  return {
      {"bandit", "bandit", {{"slack_factor", 0.125}}},
      {"truncation_selection", "truncation_selection", {{"truncation_percentage", 40}}},
      // A curve with a hole is not extrapolated, W&B does not count such a value, and of an
      // instance it may say nothing about the trial.
      {.label = "curvefitting",
       .type = "curvefitting",
       .options = {{"epoch_num", 8}, {"start_step", 4}, {"gap", 4}},
       .spares_the_diverged = true,
       .rising_curves = true},
      {.label = "wandb_hyperband",
       .type = "wandb_hyperband",
       .options = {{"min_iter", 1}},
       .spares_the_diverged = true},
      {.label = "wilcoxon",
       .type = "wilcoxon",
       .options = {{"p_threshold", 0.4}},
       .spares_the_diverged = true},
      {.label = "none", .type = "none", .never_stops = true},
      {.label = "threshold",
       .type = "threshold",
       .options = {{"lower", -1}, {"upper", 1}},
       .stops_nan_alone = true},
      {"percentile", "percentile", {{"percentile", 25}, {"n_startup_trials", 1}}},
      {"optuna_median", "optuna_median", {{"n_startup_trials", 0}, {"interval_steps", 2}}},
      {"asha", "asha", {{"reduction_factor", 2}, {"max_resource", 10}}},
      {"asha_in_brackets",
       "asha",
       {{"reduction_factor", 2}, {"max_resource", 10}, {"brackets", 2}, {"seed", 4}}},
      {"asha_without_an_end", "asha", {{"grace_period", 1}}},
      // A value counts in several rungs only when it comes late, and who stays in the first then
      // has a result in the next; `auto` is settled when it is first needed.
      {.label = "optuna_sha",
       .type = "optuna_sha",
       .options = {{"min_resource", 1}, {"reduction_factor", 2}},
       .by_order = ByOrder::AfterWorst},
      {.label = "optuna_sha_auto",
       .type = "optuna_sha",
       .options = {{"reduction_factor", 2}},
       .by_order = ByOrder::Always},
      {.label = "optuna_hyperband",
       .type = "optuna_hyperband",
       .options = {{"max_resource", 3}, {"study_name", "contract of 3"}},
       .by_order = ByOrder::AfterWorst},
      {.label = "optuna_hyperband_auto",
       .type = "optuna_hyperband",
       .options = {{"reduction_factor", 6}},
       .by_order = ByOrder::Always},
      {.label = "patient",
       .type = "patient",
       .options = {{"patience", 1}},
       .spares_the_diverged = true},
      {.label = "patient_wrapping",
       .type = "patient",
       .options = {{"patience", 0}, {"wrapped", bandit}},
       .spares_the_diverged = true,
       .wraps = true},
      {.label = "any",
       .type = "any",
       .options = {{"policies", Value::List{bandit, "median_stopping"}}},
       .wraps = true},
      {.label = "all",
       .type = "all",
       .options = {{"policies", Value::List{bandit, truncation}}},
       .wraps = true},
      {.label = "bounded",
       .type = "bounded",
       .options = {{"policy", truncation}, {"min_trials", 2}, {"protect_best", true}}},
  };
}

// And every other policy of the catalog as it comes.
std::vector<Case> all_cases() {
  std::vector<Case> cases = special_cases();
  std::set<std::string> types;
  for (const Case& special : cases) types.insert(special.type);
  for (const std::string& name : policy_names()) {
    if (!types.contains(name)) cases.push_back({name, name});
  }
  return cases;
}

class PolicyContract : public ::testing::TestWithParam<Case> {
 protected:
  static PolicySetup setup(std::uint64_t seed = 0) {
    return {.type = GetParam().type,
            .goal = seed % 2 == 0 && !GetParam().rising_curves ? Goal::Minimize : Goal::Maximize,
            .options = GetParam().options};
  }
  static HistoryStyle style(double worst_share = HistoryStyle().worst_share) {
    return {.worst_share = worst_share, .rising = GetParam().rising_curves};
  }
  // Histories whose order plays no part.
  static HistoryStyle style_without_order(double worst_share = HistoryStyle().worst_share) {
    return style(GetParam().by_order == ByOrder::AfterWorst ? 0 : worst_share);
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

// Ascending, without the trial itself, nobody where nothing was compared.
void check_others(const Verdict& explained, TrialId self) {
  const std::vector<Compared>& others = explained.others;
  EXPECT_TRUE(explained.compared || others.empty()) << explained.reason;
  for (std::size_t i = 0; i < others.size(); ++i) {
    EXPECT_NE(others[i].trial, self) << explained.reason;
    if (i == 0) continue;
    EXPECT_LT(index_of(others[i - 1].trial), index_of(others[i].trial)) << explained.reason;
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
      ASSERT_EQ(explained.compared, verdict.compared) << explained.reason;
      ASSERT_TRUE(verdict.compared || !verdict.stop) << verdict.reason;
      ASSERT_TRUE(verdict.others.empty()) << "only on request";
      check_others(explained, reported->report.trial);
      const std::string named = GetParam().type + ": ";
      ASSERT_TRUE(explained.reason.starts_with(named)) << explained.reason;
      if (!verdict.stop) continue;
      ++stops;
      ASSERT_TRUE(verdict.reason.starts_with(named)) << verdict.reason;
      if (GetParam().wraps) continue;
      ASSERT_TRUE(explained.reason.starts_with(verdict.reason))
          << explained.reason << "\nadds to what is journaled: " << verdict.reason;
    }
  }
  EXPECT_EQ(stops > 0, !GetParam().never_stops) << "the histories must lead to stops";
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

// Of those rules that do not depend on the order by their very formula.
class PolicyOrderContract : public PolicyContract {};

TEST_P(PolicyOrderContract, AVerdictDependsOnTheSetOfEarlierReportsNotOnTheirOrder) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    SCOPED_TRACE(seed);
    RandomStream random(seed);
    const auto events = random_history(random, style_without_order(0.1));
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

TEST_P(PolicyOrderContract, WhatIsTakenBackLeavesNoTrace) {
  const std::vector<std::vector<TrialEvent>> ways = {
      {ReportsRemoved{TrialId(6), 0}},
      {TrialExcluded{TrialId(6)}},
      {TrialEnded{TrialId(6), Status::Failed, {}, {}}, TrialReopened{TrialId(6)}}};
  for (std::uint64_t seed = 0; seed < 90; ++seed) {
    RandomStream random(seed);
    const auto events = random_history(random, style_without_order());
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

// But for threshold, which looks at one trial alone and stops what is no number; patient, which
// does so too, takes a trial that never had a number for one that does not stagnate.
TEST_P(PolicyContract, StopsNobodyWhileNobodyHasANumber) {
  for (const double worst : {std::nan(""), HUGE_VAL, -HUGE_VAL}) {
    for (std::uint64_t seed = 0; seed < 2; ++seed) {
      const auto policy = make(setup(seed));
      for (std::uint32_t trial = 0; trial < 10; ++trial) {
        for (std::uint32_t interval = 1; interval <= 3; ++interval) {
          const Report report{TrialId(trial), interval, worst, {}};
          policy->observe(TrialReported{report});
          EXPECT_EQ(policy->judge(report).stop, GetParam().stops_nan_alone);
        }
      }
    }
  }
}

TEST_P(PolicyContract, ADivergedTrialIsStoppedAmongFiniteOnes) {
  const bool stops = !GetParam().never_stops && !GetParam().spares_the_diverged;
  for (std::uint64_t seed = 0; seed < 2; ++seed) {
    const auto policy = make(setup(seed));
    for (std::uint32_t trial = 0; trial < 90; ++trial) {
      for (std::uint32_t interval = 1; interval <= 4; ++interval) {
        policy->observe(TrialReported{{TrialId(trial), interval, 1.0, {}}});
      }
      policy->observe(TrialEnded{TrialId(trial), Status::Completed, {}, {}});
    }
    for (const double worst : {std::nan(""), HUGE_VAL, -HUGE_VAL}) {
      bool stopped = false;
      for (std::uint32_t interval = 1; interval <= 4 && !stopped; ++interval) {
        const Report report{TrialId(90), interval, worst, {}};
        policy->observe(TrialReported{report});
        stopped = policy->judge(report).stop;
      }
      EXPECT_EQ(stopped, stops) << worst;
      policy->observe(ReportsRemoved{TrialId(90), 0});
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

std::vector<Case> cases_without_order() {
  std::vector<Case> cases = all_cases();
  std::erase_if(cases, [](const Case& one) { return one.by_order == ByOrder::Always; });
  return cases;
}

INSTANTIATE_TEST_SUITE_P(Catalog, PolicyContract, ::testing::ValuesIn(all_cases()),
                         [](const auto& instance) { return instance.param.label; });
INSTANTIATE_TEST_SUITE_P(Catalog, PolicyOrderContract, ::testing::ValuesIn(cases_without_order()),
                         [](const auto& instance) { return instance.param.label; });

// A file has an entry of its own name; it may have others beside it (`optuna_median`).
TEST(PolicyCatalog, HasWhatTheFilesRegister) {
  std::set<std::string> registered;
  const std::filesystem::path folder = std::filesystem::path(SWEEPJOB_SOURCE_DIR) / "policies";
  const std::regex pattern("const PolicyEntry [a-z_]+\\{\"([a-z_]+)\"");
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    if (file.path().extension() != ".cc") continue;
    std::stringstream stream;
    stream << std::ifstream(file.path()).rdbuf();
    const std::string text = stream.str();
    std::set<std::string> names;
    for (std::sregex_iterator match(text.begin(), text.end(), pattern), end; match != end;
         ++match) {
      names.insert((*match)[1]);
    }
    if (names.empty()) continue;
    EXPECT_TRUE(names.contains(file.path().stem().string())) << file.path();
    registered.merge(names);
  }
  const std::vector<std::string> names = policy_names();
  EXPECT_THAT(names, ::testing::ElementsAreArray(registered));
  EXPECT_THAT(names,
              ::testing::IsSupersetOf({"bandit", "median_stopping", "truncation_selection"}));
}

TEST(PolicyCatalog, StrictnessTakesAzuresThreeAndSaysSoOnceOfTheOthers) {
  const std::set<std::string> azures = {"bandit", "median_stopping", "truncation_selection"};
  for (const Case& entry : all_cases()) {
    SCOPED_TRACE(entry.label);
    Findings findings;
    const auto policy =
        make({.type = entry.type, .options = entry.options, .strict = true}, findings);
    EXPECT_EQ(policy != nullptr, azures.contains(entry.type));
    EXPECT_EQ(findings.error_count(), azures.contains(entry.type) ? 0U : 1U);
    if (policy) continue;
    EXPECT_EQ(findings.all()[0].path, "early_termination.type");
    EXPECT_THAT(findings.all()[0].message, ::testing::HasSubstr("Azure has bandit"));
  }
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
