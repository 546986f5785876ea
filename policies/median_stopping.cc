// Median stopping (spec azure-sweep section 11; after Golovin et al., "Google Vizier", 2017): stop
// a trial at interval N when its best value so far is worse than the median of the running averages
// over 1..N of all trials, itself included, that got to N.
//   cancel if B(self,N) is strictly worse than M = median{ mean(x[r,1..N]) : n(r) >= N }
// A prefix that holds a WORST is WORST and sorts last. The median of an even number is the mean of
// the two middle ones, and WORST when one of these is: WORST never enters a winning median. When M
// and B(self,N) are both WORST, the trial stops if and only if some average is finite.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include <fmt/format.h>

#include "model/value.h"
#include "policies/catalog.h"
#include "policies/comparison.h"
#include "policies/curve_table.h"
#include "policies/order_statistics.h"
#include "policies/quantile.h"
#include "policies/schedule.h"
#include "policies/verdict_text.h"

namespace sweepjob {
namespace {

constexpr std::uint32_t kLeastTrials = 2;

class MedianStopping final : public TerminationPolicy {
 public:
  explicit MedianStopping(const PolicyContext& context)
      : goal_(context.goal),
        min_trials_(std::max(context.min_trials, kLeastTrials)),
        schedule_(context) {}

  void observe(const TrialEvent& event) override {
    table_.fold(
        event,
        [this](TrialId, std::uint32_t interval, double, const MeanSoFar& summary) {
          const auto slot = schedule_.slot(interval);
          if (!slot) return;
          if (*slot >= averages_.size()) averages_.resize(*slot + 1);
          averages_[*slot].insert(key_of(summary.mean()));
        },
        [this](TrialId, std::uint32_t interval, const MeanSoFar& summary) {
          if (const auto slot = schedule_.slot(interval)) {
            averages_[*slot].erase(key_of(summary.mean()));
          }
        });
  }

  [[nodiscard]] Verdict judge(const Report& report) const override { return decide(report, false); }
  [[nodiscard]] Verdict explain(const Report& report) const override {
    return decide(report, true);
  }

 private:
  [[nodiscard]] Verdict decide(const Report& report, bool explained) const;
  [[nodiscard]] Quantile median_of(const OrderStatistics& averages) const;
  [[nodiscard]] std::string holders(std::uint32_t interval, const Quantile& median) const;
  [[nodiscard]] std::vector<Compared> others(const Report& report, const Quantile& median) const;
  [[nodiscard]] std::string reason(double own, double median, bool stop,
                                   const std::string& averages) const;

  // Adding 0 turns -0 into 0: equal averages must also print alike.
  [[nodiscard]] double key_of(double value) const { return rank_key(goal_, value) + 0.0; }

  Goal goal_;
  std::uint32_t min_trials_;
  Schedule schedule_;
  CurveTable<MeanSoFar> table_;
  std::vector<OrderStatistics> averages_;  // of each slot, by rank_key: worst first
};

Quantile MedianStopping::median_of(const OrderStatistics& averages) const {
  const std::size_t count = averages.size();
  Quantile median;
  median.better = averages.select(count / 2);
  median.worse = count % 2 == 1 ? median.better : averages.select(count / 2 - 1);
  if (!std::isinf(median.worse)) median.key = std::midpoint(median.worse, median.better);
  return median;
}

// Whose averages make the median; O(trials), for explanations.
std::string MedianStopping::holders(std::uint32_t interval, const Quantile& median) const {
  return holders_text(goal_, median, [&](double key) {
    return table_.first_that(interval, [&](TrialId, const auto& curve) {
      return key_of(table_.summary_at(curve, interval).mean()) == key;
    });
  });
}

Verdict MedianStopping::decide(const Report& report, bool explained) const {
  const auto verdict = [&](bool stop, const std::string& why) {
    return Verdict{stop, fmt::format("median_stopping: at interval {} {}{}", report.interval, why,
                                     stop ? "" : ": kept")};
  };
  const auto slot = schedule_.slot(report.interval);
  const auto* curve = table_.find(report);
  if (!slot || curve == nullptr) {
    if (!explained) return {};
    return verdict(false, slot ? "the trial is not compared" : "nothing is evaluated");
  }
  const OrderStatistics& averages = averages_[*slot];
  const std::size_t count = averages.size();
  if (count < min_trials_) {
    if (!explained) return {};
    return verdict(false, fmt::format("{} < {} trials got this far", count, min_trials_));
  }
  const double own = table_.summary_at(*curve, report.interval).best(goal_);
  const Quantile middle = median_of(averages);
  const double median = value_of_key(goal_, middle.key);
  const bool both_worst = is_worst(own) && is_worst(median);
  // A number is the last of the averages if there is one at all.
  const bool stop =
      both_worst ? !std::isinf(averages.select(count - 1)) : better(goal_, median, own);
  const bool compared = !both_worst || stop;
  if (!stop && !explained) return compared ? passed() : Verdict{};
  const bool named = explained && !is_worst(median);
  const Verdict said =
      verdict(stop, reason(own, median, stop,
                           fmt::format("{} running averages{}", count,
                                       named ? holders(report.interval, middle) : "")));
  if (!compared) return said;
  return among(explained ? others(report, middle) : std::vector<Compared>(), said);
}

std::vector<Compared> MedianStopping::others(const Report& report, const Quantile& median) const {
  return decided_by(
      goal_, median,
      others_in(table_, report.trial, report.interval, [&](TrialId, const auto& curve) {
        return table_.summary_at(curve, report.interval).mean();
      }));
}

std::string MedianStopping::reason(double own, double median, bool stop,
                                   const std::string& averages) const {
  const std::string of = "the median of " + averages;
  if (is_worst(own) && is_worst(median)) {
    return stop ? "best nan is no number, nor is " + of + ", but some average is"
                : "none of " + averages + " is a number";
  }
  if (is_worst(own) || is_worst(median)) {
    return fmt::format("best {} is {} than {}, {}", python_float(own), stop ? "worse" : "better",
                       python_float(median), of);
  }
  const char* relation = goal_ == Goal::Minimize ? (stop ? ">" : "<=") : (stop ? "<" : ">=");
  const std::string margin = stop ? "" : ", by " + python_float(std::fabs(own - median));
  return fmt::format("best {} {} {}, {}{}", python_float(own), relation, python_float(median), of,
                     margin);
}

std::unique_ptr<TerminationPolicy> make_median_stopping(const PolicyContext& context,
                                                        Findings& findings) {
  OptionReader(context.options, findings, context.strict).finish();
  return std::make_unique<MedianStopping>(context);
}

const PolicyEntry entry{"median_stopping", make_median_stopping};

}  // namespace
}  // namespace sweepjob
