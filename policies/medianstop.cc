// NNI's medianstop assessor (after Golovin et al., "Google Vizier", 2017): stop a trial at interval
// N when its best value so far is worse than the middle one of the completed trials' running
// averages over 1..N.
//   A(r,N) = mean(x[r,1..N]) of each completed trial r with n(r) >= N, m of them, sorted
//   maximize: stop if N >= start_step and best(self,N) < A_sorted[floor((m-1)/2)]
//   minimize: stop if N >= start_step and best(self,N) > A_sorted[floor(m/2)]
// Its axis is the count of reports (NNI's sequence numbers). Only completed trials are compared
// with: no stopped, failed or running one, and never the trial itself. That is what differs from
// median_stopping (Azure's), which compares with all trials and takes the mean of two middle ones.
// Of an even number the middle one that is the easier to beat counts, under either goal.
// WORST sorts last. When own best and middle are both WORST, the trial stops if and only if some
// average is finite. A trial's completion costs O(its length), a verdict O(log n).
#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "model/value.h"
#include "policies/catalog.h"
#include "policies/comparison.h"
#include "policies/curve_table.h"
#include "policies/order_statistics.h"
#include "policies/read_options.h"
#include "policies/schedule.h"

namespace sweepjob {
namespace {

class Medianstop final : public TerminationPolicy {
 public:
  Medianstop(const PolicyContext& context, std::uint32_t start_step)
      : goal_(context.goal),
        min_trials_(std::max(context.min_trials, 1U)),
        start_step_(start_step),
        schedule_(context) {}

  void observe(const TrialEvent& event) override {
    constexpr auto kIgnore = [](const auto&...) {};
    const TrialId trial = trial_of(event);
    const auto erase = [](OrderStatistics& averages, double key) { averages.erase(key); };
    const auto insert = [](OrderStatistics& averages, double key) { averages.insert(key); };
    if (table_.has_completed(trial)) for_each_average(trial, erase);
    table_.fold(event, kIgnore, kIgnore);
    if (table_.has_completed(trial)) for_each_average(trial, insert);
  }

  [[nodiscard]] Verdict judge(const Report& report) const override { return decide(report, false); }
  [[nodiscard]] Verdict explain(const Report& report) const override {
    return decide(report, true);
  }

 private:
  // The averages of the completed trials but one, worst first.
  struct Others {
    const OrderStatistics* averages = nullptr;
    std::size_t left_out;  // its index among all of them; averages->size() when none is left out

    [[nodiscard]] std::size_t size() const {
      return averages->size() - (left_out < averages->size() ? 1 : 0);
    }
    [[nodiscard]] double select(std::size_t index) const {
      return averages->select(index < left_out ? index : index + 1);
    }
  };

  template <class Change>
  void for_each_average(TrialId trial, const Change& change);
  [[nodiscard]] Verdict decide(const Report& report, bool explained) const;
  [[nodiscard]] Others others_of(const Report& report, std::size_t slot) const;
  [[nodiscard]] std::string holder(const Report& report, double key) const;
  [[nodiscard]] std::vector<Compared> averages_of_others(const Report& report, double middle) const;
  [[nodiscard]] std::string reason(double own, double middle, std::size_t count, bool stop) const;

  // Adding 0 turns -0 into 0: equal averages must also print alike.
  [[nodiscard]] double key_of(double value) const { return rank_key(goal_, value) + 0.0; }
  [[nodiscard]] double value_of(double key) const {
    if (std::isinf(key)) return kWorst;
    return goal_ == Goal::Minimize ? 0.0 - key : key;
  }

  Goal goal_;
  std::uint32_t min_trials_;
  std::uint32_t start_step_;
  Schedule schedule_;
  CurveTable<MeanSoFar> table_;
  std::vector<OrderStatistics> averages_;  // of each slot, by rank_key: worst first
};

template <class Change>
void Medianstop::for_each_average(TrialId trial, const Change& change) {
  const auto& curves = table_.curves();
  if (index_of(trial) >= curves.size()) return;
  MeanSoFar summary;
  std::uint32_t interval = 0;
  for (const double value : curves[index_of(trial)].values) {
    summary.add(value);
    const auto slot = schedule_.slot(++interval);
    if (!slot || interval < start_step_) continue;
    if (*slot >= averages_.size()) averages_.resize(*slot + 1);
    change(averages_[*slot], key_of(summary.mean()));
  }
}

Medianstop::Others Medianstop::others_of(const Report& report, std::size_t slot) const {
  static const OrderStatistics kNone;
  if (slot >= averages_.size()) return {&kNone, 0};
  const OrderStatistics& averages = averages_[slot];
  if (!table_.has_completed(report.trial)) return {&averages, averages.size()};
  const auto& curve = table_.curves()[index_of(report.trial)];
  const double own = key_of(table_.summary_at(curve, report.interval).mean());
  return {&averages, averages.count_at_most(own) - 1};
}

Verdict Medianstop::decide(const Report& report, bool explained) const {
  const auto verdict = [&](bool stop, const std::string& why) {
    return Verdict{stop, fmt::format("medianstop: at interval {} {}{}", report.interval, why,
                                     stop ? "" : ": kept")};
  };
  const auto slot = schedule_.slot(report.interval);
  const auto* curve = table_.find(report);
  if (!slot || curve == nullptr || report.interval < start_step_) {
    if (!explained) return {};
    if (slot && curve != nullptr)
      return verdict(false, fmt::format("< start_step {}", start_step_));
    return verdict(false, slot ? "the trial is not compared" : "nothing is evaluated");
  }
  const Others others = others_of(report, *slot);
  const std::size_t count = others.size();
  if (count < min_trials_) {
    if (!explained) return {};
    return verdict(false, fmt::format("{} < {} completed trials got this far", count, min_trials_));
  }
  const double own = table_.summary_at(*curve, report.interval).best(goal_);
  const double middle = value_of(others.select((count - 1) / 2));
  const bool some_finite = !std::isinf(others.select(count - 1));
  const bool stop = is_worst(own) && is_worst(middle) ? some_finite : better(goal_, middle, own);
  const bool compared = !is_worst(own) || some_finite;
  if (!stop && !explained) return compared ? passed() : Verdict{};
  std::string why = reason(own, middle, count, stop);
  if (explained) why += holder(report, key_of(middle));
  if (!compared) return verdict(stop, why);
  return among(explained ? averages_of_others(report, key_of(middle)) : std::vector<Compared>(),
               verdict(stop, why));
}

std::vector<Compared> Medianstop::averages_of_others(const Report& report, double middle) const {
  return decided_by(
      goal_, middle,
      others_in(table_, report.trial, report.interval, [&](TrialId other, const auto& curve) {
        const double mean = table_.summary_at(curve, report.interval).mean();
        return table_.has_completed(other) ? std::optional(mean) : std::nullopt;
      }));
}

// Whose average is the middle one; O(trials), for explanations.
std::string Medianstop::holder(const Report& report, double key) const {
  const auto trial = table_.first_that(report.interval, [&](TrialId other, const auto& curve) {
    return other != report.trial && table_.has_completed(other) &&
           key_of(table_.summary_at(curve, report.interval).mean()) == key;
  });
  return trial ? fmt::format(" (the middle one is trial {})", index_of(*trial)) : "";
}

std::string Medianstop::reason(double own, double middle, std::size_t count, bool stop) const {
  const std::string of =
      fmt::format("the middle one of {} completed trials' running averages", count);
  if (is_worst(own) && is_worst(middle)) {
    return stop ? "best nan is no number, nor is " + of + ", but some average is"
                : fmt::format("none of {} completed trials' running averages is a number", count);
  }
  if (is_worst(own) || is_worst(middle)) {
    return fmt::format("best {} is {} than {}, {}", python_float(own), stop ? "worse" : "better",
                       python_float(middle), of);
  }
  const char* relation = goal_ == Goal::Minimize ? (stop ? ">" : "<=") : (stop ? "<" : ">=");
  const std::string margin = stop ? "" : ", by " + python_float(std::fabs(own - middle));
  return fmt::format("best {} {} {}, {}{}", python_float(own), relation, python_float(middle), of,
                     margin);
}

std::unique_ptr<TerminationPolicy> make_medianstop(const PolicyContext& context,
                                                   Findings& findings) {
  OptionReader reader(context.options, findings, context.strict);
  const auto start_step = read_integer(reader, "start_step", {.low = 0}, 0);
  reader.finish();
  if (!start_step) return nullptr;
  return std::make_unique<Medianstop>(context, static_cast<std::uint32_t>(*start_step));
}

const PolicyEntry entry{"medianstop", make_medianstop};

}  // namespace
}  // namespace sweepjob
