// Hand-computed verdicts of Optuna's Wilcoxon pruner.
#include <cmath>
#include <map>
#include <memory>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/policy_harness.h"

namespace sweepjob::testing {
namespace {

using ::testing::HasSubstr;
using OptionList = std::vector<std::pair<std::string, Value>>;

PolicySetup wilcoxon(Goal goal = Goal::Minimize, OptionList options = {}) {
  return {.type = "wilcoxon", .goal = goal, .options = std::move(options)};
}

void complete(Judged& judged, std::uint32_t trial, const std::vector<double>& values) {
  judged.report_all(trial, values);
  judged.end(trial);
}

// Reports with the script's own steps.
class Stepped {
 public:
  explicit Stepped(const PolicySetup& setup) : policy_(make(setup)) {}

  Verdict report(std::uint32_t trial, double step, double value) {
    const Report report{TrialId(trial), ++counts_[trial], value, step};
    policy_->observe(TrialReported{report});
    return policy_->judge(report);
  }
  void end(std::uint32_t trial) {
    policy_->observe(TrialEnded{TrialId(trial), Status::Completed, {}, {}});
  }
  void remove(std::uint32_t trial, std::uint32_t kept) {
    policy_->observe(ReportsRemoved{TrialId(trial), kept});
    counts_[trial] = kept;
  }
  [[nodiscard]] Verdict explain(std::uint32_t trial) {
    return policy_->explain({TrialId(trial), counts_[trial], 0, {}});
  }

 private:
  std::unique_ptr<TerminationPolicy> policy_;
  std::map<std::uint32_t, std::uint32_t> counts_;
};

TEST(Wilcoxon, StopsWhenInstancesAreSignificantlyWorse) {
  Judged judged(wilcoxon());
  complete(judged, 0, {1, 2, 3, 4, 5});
  EXPECT_FALSE(judged.report(1, 2).stop) << "one pair";
  EXPECT_FALSE(judged.report(1, 4).stop) << "1/4";
  EXPECT_FALSE(judged.report(1, 6).stop) << "1/8";
  EXPECT_EQ(judged.report(1, 8).reason,
            "wilcoxon: at interval 4 p = 0.0625 < 0.1 (exact, rank sum 10.0 of 4 instances) and "
            "mean 5.0 > 3.0 (best of trial 0)");
  EXPECT_EQ(judged.explain(1, 3).reason,
            "wilcoxon: at interval 3 p = 0.125 >= 0.1 (exact, rank sum 6.0 of 3 instances) and "
            "mean 4.0 > 3.0 (best of trial 0): kept by 0.024999999999999994");
}

TEST(Wilcoxon, MinimizeMirrorsMaximize) {
  RandomStream random(3);
  std::size_t stops = 0;
  for (int round = 0; round < 40; ++round) {
    Judged down(wilcoxon(Goal::Minimize, {{"p_threshold", 0.3}}));
    Judged up(wilcoxon(Goal::Maximize, {{"p_threshold", 0.3}}));
    for (std::uint32_t trial = 0; trial < 4; ++trial) {
      for (int i = 0; i < 6; ++i) {
        const double value = static_cast<double>(random.below(17)) / 4 - 2;
        const Verdict verdict = down.report(trial, value);
        stops += verdict.stop ? 1 : 0;
        EXPECT_EQ(verdict.stop, up.report(trial, -value).stop);
      }
      down.end(trial);
      up.end(trial);
    }
  }
  EXPECT_GT(stops, 10U);
}

TEST(Wilcoxon, ThresholdIsStrictAndStartupStepsAreWaitedFor) {
  for (const auto& [options, stop] : {std::pair<OptionList, bool>{{{"p_threshold", 0.0625}}, false},
                                      {{{"p_threshold", 0.0626}}, true},
                                      {{{"n_startup_steps", 5}}, false},
                                      {{{"n_startup_steps", 4}}, true},
                                      {{{"n_startup_steps", 0}}, true}}) {
    Judged judged(wilcoxon(Goal::Minimize, options));
    complete(judged, 0, {1, 2, 3, 4, 5});
    judged.report_all(1, {2, 4, 6});
    EXPECT_EQ(judged.report(1, 8).stop, stop) << options[0].first;
  }
  Judged always_two(wilcoxon(Goal::Minimize, {{"p_threshold", 0.9}, {"n_startup_steps", 0}}));
  complete(always_two, 0, {1, 2});
  EXPECT_FALSE(always_two.report(1, 9).stop);
  EXPECT_EQ(always_two.explain(1, 1).reason,
            "wilcoxon: at interval 1 1 < 2 instances in common with trial 0: kept");
  EXPECT_TRUE(always_two.report(1, 9).stop);
}

TEST(Wilcoxon, ATrialWithABetterOrEqualMeanIsKept) {
  Stepped stepped(wilcoxon());
  for (const double step : {1.0, 2.0, 3.0, 4.0}) stepped.report(0, step, step);
  stepped.end(0);
  stepped.report(1, 9, -6);
  stepped.report(1, 1, 2);
  stepped.report(1, 2, 4);
  stepped.report(1, 3, 6);
  EXPECT_FALSE(stepped.report(1, 4, 6.5).stop) << "worse on all four, but the mean is 2.5 = 2.5";
  EXPECT_THAT(stepped.explain(1).reason, HasSubstr("p = 0.0625 < 0.1"));
  EXPECT_THAT(stepped.explain(1).reason, HasSubstr("mean 2.5 <= 2.5"));
  EXPECT_TRUE(stepped.report(1, 10, 2.6).stop);
}

TEST(Wilcoxon, PairsByTheScriptsStepNotByTheOrder) {
  Stepped stepped(wilcoxon());
  for (const double step : {10.0, 20.0, 30.0, 40.0}) stepped.report(0, step, step);
  stepped.end(0);
  EXPECT_FALSE(stepped.report(1, 40, 41).stop);
  EXPECT_FALSE(stepped.report(1, 30, 32).stop);
  EXPECT_FALSE(stepped.report(1, 50, 99).stop) << "the best has no such instance";
  EXPECT_FALSE(stepped.report(1, 20, 23).stop);
  EXPECT_TRUE(stepped.report(1, 10, 14).stop) << "4 3 2 1";
}

TEST(Wilcoxon, OfAnInstanceReportedTwiceTheFirstValueCounts) {
  Stepped stepped(wilcoxon());
  for (const double step : {1.0, 2.0, 3.0, 4.0}) stepped.report(0, step, step);
  stepped.report(0, 4, 1000);
  stepped.end(0);
  for (const double step : {1.0, 2.0, 3.0}) stepped.report(1, step, 2 * step);
  EXPECT_TRUE(stepped.report(1, 4, 8).stop) << "against 4, not against 1000";
  EXPECT_TRUE(stepped.report(1, 4, 0).stop) << "8 stands";
  EXPECT_THAT(stepped.explain(1).reason, HasSubstr("mean 5.0 > 2.5"));
}

TEST(Wilcoxon, AReportWithoutAUsableStepIsTheInstanceOfItsInterval) {
  Stepped stepped(wilcoxon());
  Judged plain(wilcoxon());
  for (int i = 1; i <= 4; ++i) stepped.report(0, i == 2 ? NAN : i, i);
  stepped.end(0);
  for (const double step : {1.0, 2.0, 3.0}) stepped.report(1, step, 2 * step);
  EXPECT_TRUE(stepped.report(1, 4, 8).stop) << "the second one counts as instance 2";
}

TEST(Wilcoxon, TheBestTrialIsTheCompletedOneWithTheBestMean) {
  Judged judged(wilcoxon());
  complete(judged, 0, {5, 5, 5, 5});
  complete(judged, 1, {9, 0, 1, 2});
  judged.report_all(2, {0, 0, 0, 0});
  judged.end(2, Status::Canceled);
  complete(judged, 3, {-99, NAN, -99, -99});
  judged.report_all(4, {9.5, 1, 2.5, 4});
  EXPECT_TRUE(judged.explain(4, 4).stop);
  EXPECT_THAT(judged.explain(4, 4).reason, HasSubstr("4.25 > 3.0 (best of trial 1)"));
  EXPECT_THAT(judged.explain(1, 4).reason, HasSubstr("best of trial 0")) << "not with itself";
  complete(judged, 5, {3, 3, 3, 3});
  EXPECT_THAT(judged.explain(4, 4).reason, HasSubstr("best of trial 1")) << "of equals the lowest";
}

TEST(Wilcoxon, AValueThatIsNoNumberKeepsTheTrial) {
  for (const double worst : {NAN, INFINITY, -INFINITY}) {
    Judged judged(wilcoxon());
    complete(judged, 0, {1, 2, 3, 4, 5});
    judged.report_all(1, {2, 4, 6, 8});
    EXPECT_TRUE(judged.explain(1, 4).stop);
    EXPECT_FALSE(judged.report(1, worst).stop);
    EXPECT_EQ(judged.explain(1, 5).reason,
              "wilcoxon: at interval 5 a value of the trial is no number: kept");
  }
  Judged judged(wilcoxon());
  complete(judged, 0, {NAN, 2, 3, 4});
  judged.report_all(1, {2, 4, 6, 8});
  EXPECT_EQ(judged.explain(1, 4).reason,
            "wilcoxon: at interval 4 no completed trial has numbers only: kept");
}

TEST(Wilcoxon, RemovedExcludedAndReopenedTrialsLeaveTheComparison) {
  Judged judged(wilcoxon());
  complete(judged, 0, {1, 2, 3, 4});
  judged.report_all(1, {2, 4, 6, 8});
  EXPECT_TRUE(judged.explain(1, 4).stop);
  judged.remove(0, 3);
  EXPECT_FALSE(judged.explain(1, 4).stop) << "three pairs";
  judged.reopen(0);
  EXPECT_EQ(judged.explain(1, 4).reason,
            "wilcoxon: at interval 4 0 < 1 other trials have completed: kept");
  complete(judged, 0, {1, 2, 3, 4});
  EXPECT_TRUE(judged.explain(1, 4).stop);
  judged.exclude(0);
  EXPECT_FALSE(judged.explain(1, 4).stop);
  judged.exclude(1);
  EXPECT_EQ(judged.explain(1, 4).reason, "wilcoxon: at interval 4 the trial is not compared: kept");
}

TEST(Wilcoxon, ARemovedReportTakesItsStepAlong) {
  Stepped stepped(wilcoxon());
  for (const double step : {1.0, 2.0, 3.0, 4.0}) stepped.report(0, step, step);
  stepped.end(0);
  stepped.report(1, 7, 2);
  stepped.report(1, 8, 2);
  stepped.remove(1, 0);
  for (const double step : {1.0, 2.0, 3.0}) stepped.report(1, step, 2 * step);
  EXPECT_TRUE(stepped.report(1, 4, 8).stop);
}

TEST(Wilcoxon, HugeValuesDoNotOverflowToAVerdict) {
  Judged judged(wilcoxon(Goal::Minimize, {{"p_threshold", 0.3}}));
  complete(judged, 0, {-1.7e308, -1.7e308, -1.6e308});
  judged.report_all(1, {1.7e308, 1.7e308, 1.7e308});
  EXPECT_TRUE(judged.explain(1, 3).stop);
  EXPECT_FALSE(judged.explain(0, 3).stop);
}

TEST(Wilcoxon, WrongOptionsAreErrorsWithTheirPlace) {
  const std::vector<std::pair<OptionList, const char*>> cases = {
      {{{"p_threshold", 0}}, "both excluded, found 0.0"},
      {{{"p_threshold", 1}}, "both excluded, found 1.0"},
      {{{"p_threshold", NAN}}, "both excluded"},
      {{{"p_threshold", "low"}}, "expected a number"},
      {{{"n_startup_steps", -1}}, "expected an integer from 0"},
  };
  for (const auto& [options, text] : cases) {
    SCOPED_TRACE(text);
    Findings findings;
    EXPECT_EQ(make(wilcoxon(Goal::Minimize, options), findings), nullptr);
    ASSERT_EQ(findings.all().size(), 1U);
    EXPECT_EQ(findings.all()[0].where.line, 21);
    EXPECT_THAT(findings.all()[0].message, HasSubstr(text));
  }
}

}  // namespace
}  // namespace sweepjob::testing
