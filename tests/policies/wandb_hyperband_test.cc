// The vectors of spec wandb-sweeps sections 7 and 12, and verdicts computed by hand from its rule.
#include <cmath>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/policy_harness.h"

namespace sweepjob::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using OptionList = std::vector<std::pair<std::string, Value>>;

PolicySetup wandb(OptionList options, Goal goal = Goal::Minimize) {
  return {.type = "wandb_hyperband", .goal = goal, .options = std::move(options)};
}

std::uint32_t band_in(const std::string& reason) {
  const std::size_t at = reason.find("at band ");
  return at == std::string::npos ? 0
                                 : static_cast<std::uint32_t>(std::stoul(reason.substr(at + 8)));
}

// The bands up to an interval, as explain() names them.
std::set<std::uint32_t> bands_of(const OptionList& options, std::uint32_t intervals) {
  Judged judged(wandb(options));
  std::set<std::uint32_t> bands;
  for (std::uint32_t interval = 1; interval <= intervals; ++interval) {
    judged.report(0, 1);
    const std::uint32_t band = band_in(judged.explain(0, interval).reason);
    if (band == 0) continue;
    EXPECT_TRUE(bands.contains(band) || band == interval) << interval;
    bands.insert(band);
  }
  return bands;
}

TEST(WandbHyperband, BandsOfTheSpec) {
  EXPECT_THAT(bands_of({{"min_iter", 3}, {"eta", 3}}, 100), ElementsAre(3, 9, 27, 81));
  EXPECT_THAT(bands_of({{"min_iter", 3}}, 100), ElementsAre(3, 9, 27, 81)) << "eta is 3";
  EXPECT_THAT(bands_of({{"max_iter", 81}, {"s", 3}}, 100), ElementsAre(3, 9, 27));
  EXPECT_THAT(bands_of({{"max_iter", 27}, {"eta", 3}, {"s", 2}}, 100), ElementsAre(3, 9));
  EXPECT_THAT(bands_of({{"max_iter", 18}, {"eta", 3}, {"s", 2}}, 100), ElementsAre(2, 6));
  EXPECT_THAT(bands_of({{"max_iter", 5}, {"eta", 2}, {"s", 2}}, 100), ElementsAre(1, 2));
  EXPECT_THAT(bands_of({{"max_iter", 100}, {"eta", 2}, {"s", 10}}, 100),
              ElementsAre(1, 3, 6, 12, 25, 50));
  EXPECT_THAT(bands_of({{"min_iter", 30}, {"eta", 1.5}}, 160), ElementsAre(30, 45, 67, 101, 151));
  EXPECT_THAT(bands_of({{"max_iter", 5}, {"eta", 1.1}, {"s", 4}}, 9), ElementsAre(3, 4));
}

struct History {
  std::vector<double> values;
  bool finished = false;
};

// Which running ones the rule stops once all have reported.
std::vector<std::uint32_t> stopped(const PolicySetup& setup,
                                   const std::vector<History>& histories) {
  Judged judged(setup);
  for (std::uint32_t trial = 0; trial < histories.size(); ++trial) {
    judged.report_all(trial, histories[trial].values);
    if (histories[trial].finished) judged.end(trial);
  }
  std::vector<std::uint32_t> result;
  for (std::uint32_t trial = 0; trial < histories.size(); ++trial) {
    const auto latest = static_cast<std::uint32_t>(histories[trial].values.size());
    if (!histories[trial].finished && judged.explain(trial, latest).stop) result.push_back(trial);
  }
  return result;
}

TEST(WandbHyperband, StopsWhomTheSpecStops) {
  const PolicySetup two = wandb({{"max_iter", 5}, {"eta", 2}, {"s", 2}});
  EXPECT_THAT(
      stopped(two, {{{10, 9}, true}, {{10, 10}}, {{10, 8, 8}}, {{10, 7, 7}}, {{10, 6, 6}, true}}),
      ElementsAre(1));
  EXPECT_THAT(stopped(two, {{{10}, true}, {{11}}, {{10, 8, 8}}, {{10, 7, 7}}, {{10, 6, 6}, true}}),
              ElementsAre(1, 2));
  const PolicySetup three = wandb({{"max_iter", 9}, {"eta", 3}, {"s", 2}, {"strict", false}});
  EXPECT_THAT(
      stopped(three, {{{9, 8}, true}, {{11, 11}}, {{10, 8, 3}}, {{10, 7, 4}}, {{10, 6, 6}}}),
      ElementsAre(1, 4));
  EXPECT_THAT(stopped(two, {{{10, 9, 8}}}), ElementsAre()) << "a lone run";
  EXPECT_THAT(stopped(two, {{{5, 5}}, {{NAN, NAN, NAN}}, {{5, 5}}, {{5, 5}}}), ElementsAre());
}

TEST(WandbHyperband, TheThresholdIsTheValueWithFloorOfNByEtaBetterOnes) {
  const std::vector<History> five = {{{5}}, {{1}}, {{4}}, {{2}}, {{3}}};
  EXPECT_THAT(stopped(wandb({{"min_iter", 1}, {"eta", 3}}), five), ElementsAre(0, 2, 4)) << "2";
  EXPECT_THAT(stopped(wandb({{"min_iter", 1}, {"eta", 2}}), five), ElementsAre(0, 2)) << "3";
}

TEST(WandbHyperband, MinimizeMirrorsMaximize) {
  for (const bool strict : {false, true}) {
    const OptionList options = {{"min_iter", 1}, {"eta", 2}, {"strict", strict}};
    RandomStream random(7);
    for (int round = 0; round < 30; ++round) {
      std::vector<History> down;
      std::vector<History> up;
      for (int trial = 0; trial < 6; ++trial) {
        down.emplace_back();
        up.emplace_back();
        for (std::uint64_t i = 0; i <= random.below(6); ++i) {
          down.back().values.push_back(static_cast<double>(random.below(9)) - 4);
          up.back().values.push_back(-down.back().values.back());
        }
      }
      EXPECT_EQ(stopped(wandb(options), down), stopped(wandb(options, Goal::Maximize), up));
    }
  }
}

TEST(WandbHyperband, StrictComparesTheValueAtTheBandElseTheBestSoFar) {
  // At band 2: 5 7 7; floor(3/3) = 1: 7. Trial 2 has 8 there, but 3 before and 1 after.
  const std::vector<History> histories = {{{9, 5}}, {{9, 7}}, {{3, 8, 1}}, {{9, 7}}};
  const OptionList loose = {{"min_iter", 2}, {"eta", 3}};
  const OptionList strict = {{"min_iter", 2}, {"eta", 3}, {"strict", true}};
  EXPECT_THAT(stopped(wandb(loose), histories), ElementsAre());
  EXPECT_THAT(stopped(wandb(strict), histories), ElementsAre(2));
}

TEST(WandbHyperband, ValuesThatAreNoNumbersAreNotCounted) {
  Judged judged(wandb({{"min_iter", 2}, {"strict", true}}));
  judged.report_all(0, {1, 1});
  judged.report_all(1, {1, 1});
  judged.report_all(2, {NAN, 9, INFINITY});
  EXPECT_FALSE(judged.explain(2, 3).stop);
  EXPECT_EQ(judged.explain(2, 3).reason,
            "wandb_hyperband: at interval 3 1 values are numbers, the first band is 2: kept");
  EXPECT_TRUE(judged.report(2, 8).stop) << "8 is its second number";
  EXPECT_TRUE(judged.report(2, NAN).stop) << "as W&B would at its next look";
  judged.remove(2, 3);
  EXPECT_FALSE(judged.explain(2, 3).stop);
  EXPECT_EQ(judged.report(2, 1).stop, false);
}

TEST(WandbHyperband, RemovedExcludedAndReopenedTrialsLeaveTheBands) {
  Judged judged(wandb({{"min_iter", 1}, {"eta", 2}}));
  judged.report(0, 1);
  judged.report(1, 1);
  judged.end(1, Status::Failed);
  judged.report(2, 5);
  EXPECT_TRUE(judged.explain(2, 1).stop) << "1 1 5: 1";
  judged.remove(0, 0);
  EXPECT_FALSE(judged.explain(2, 1).stop) << "1 5: 5";
  judged.report(0, 1);
  EXPECT_TRUE(judged.explain(2, 1).stop);
  judged.reopen(1);
  EXPECT_FALSE(judged.explain(2, 1).stop);
  judged.report(3, 1);
  EXPECT_TRUE(judged.explain(2, 1).stop);
  judged.exclude(3);
  EXPECT_FALSE(judged.explain(2, 1).stop);
  judged.exclude(2);
  EXPECT_EQ(judged.explain(2, 1).reason,
            "wandb_hyperband: at interval 1 the trial is not compared: kept");
}

TEST(WandbHyperband, ReasonsHaveTheInequalityAndTheRank) {
  Judged judged(wandb({{"min_iter", 1}, {"eta", 2}}));
  judged.report_all(0, {1});
  judged.report_all(1, {2});
  EXPECT_EQ(judged.report(2, 5).reason,
            "wandb_hyperband: at interval 1 best 5.0 > 2.0, the value with floor(3/2.0) = 1 better "
            "ones at band 1");
  EXPECT_EQ(judged.explain(0, 1).reason,
            "wandb_hyperband: at interval 1 best 1.0 <= 2.0, the value with floor(3/2.0) = 1 "
            "better ones at band 1, by 1.0: kept");
  EXPECT_EQ(judged.report(3, 2).reason, "");
}

TEST(WandbHyperband, MinTrialsWaitsForCompanyAtTheBand) {
  PolicySetup setup = wandb({{"min_iter", 1}, {"eta", 3}});
  setup.min_trials = 4;
  Judged judged(setup);
  judged.report_all(0, {1});
  judged.report_all(1, {1});
  EXPECT_FALSE(judged.report(2, 5).stop);
  EXPECT_TRUE(judged.report(3, 5).stop);
}

struct BadOptions {
  OptionList options;
  int line;
  const char* text;
};

TEST(WandbHyperband, ContradictionsAreErrorsWithTheirPlaceAndAHint) {
  const std::vector<BadOptions> cases = {
      {{}, 20, "needs min_iter, or max_iter and s"},
      {{{"max_iter", 27}}, 21, "max_iter needs s"},
      {{{"min_iter", 3}, {"max_iter", 27}, {"s", 2}}, 21, "two ways"},
      {{{"min_iter", 3}, {"eta", 1}}, 22, "above 1, found 1.0"},
      {{{"min_iter", 3}, {"eta", NAN}}, 22, "above 1"},
      {{{"min_iter", 0}}, 21, "from 1 to"},
      {{{"min_iter", 2.5}}, 21, "expected an integer"},
      {{{"max_iter", 27}, {"s", 0}}, 22, "from 1 to 100"},
      {{{"max_iter", 2}, {"s", 2}}, 21, "there is no band"},
      {{{"min_iter", 3}, {"strict", "perhaps"}}, 22, "true or false"},
  };
  for (const BadOptions& bad : cases) {
    SCOPED_TRACE(bad.text);
    Findings findings;
    EXPECT_EQ(make(wandb(bad.options), findings), nullptr);
    ASSERT_EQ(findings.all().size(), 1U);
    EXPECT_EQ(findings.all()[0].severity, Severity::Error);
    EXPECT_EQ(findings.all()[0].where.line, bad.line);
    EXPECT_THAT(findings.all()[0].message, HasSubstr(bad.text));
  }
}

TEST(WandbHyperband, AnUnusedKeyIsAWarning) {
  Findings findings;
  EXPECT_NE(make(wandb({{"min_iter", 3}, {"s", 2}}), findings), nullptr);
  ASSERT_EQ(findings.all().size(), 1U);
  EXPECT_EQ(findings.all()[0].severity, Severity::Warning);
  EXPECT_THAT(findings.all()[0].message, HasSubstr("plays no part"));
}

}  // namespace
}  // namespace sweepjob::testing
