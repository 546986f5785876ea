// CurveTable: what policies fold the event stream into: each trial's values so far, a running
// summary of them, and whether the trial counts in comparisons. Removals, exclusions, ends and
// re-openings are handled here, once. Controller's thread only.
//
// The raw values are kept (8 bytes each), because a removal must take back exactly what a report
// brought; it costs O(curve). A report costs O(1).
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <variant>
#include <vector>

#include "model/check.h"
#include "model/objective.h"
#include "model/trial.h"

namespace sweepjob {

// B(r,k) of azure-sweep section 9, under either goal: WORST only while there is no number.
class BestSoFar {
 public:
  void add(double value) {
    if (is_worst(value)) return;
    low_ = std::min(low_, value);
    high_ = std::max(high_, value);
  }
  [[nodiscard]] bool has_number() const { return low_ <= high_; }
  [[nodiscard]] double best(Goal goal) const {
    if (!has_number()) return kWorst;
    return goal == Goal::Minimize ? low_ : high_;
  }

 protected:
  double low_ = std::numeric_limits<double>::infinity();
  double high_ = -std::numeric_limits<double>::infinity();
};

// A(r,k) of azure-sweep section 11: the mean of a prefix, WORST when it holds a WORST. The sum is
// compensated (Neumaier 1974) and the mean clamped to the prefix, so that a constant curve is not
// worse than its own mean. Summands are scaled by 2^-32, which is exact above 1e-297, so that no
// sum of 2^32 numbers overflows.
class MeanSoFar : public BestSoFar {
 public:
  void add(double value) {
    BestSoFar::add(value);
    ++count_;
    if (is_worst(value)) {
      sum_ = kWorst;
      return;
    }
    const double summand = value * 0x1p-32;
    const double sum = sum_ + summand;
    compensation_ +=
        std::fabs(sum_) >= std::fabs(summand) ? (sum_ - sum) + summand : (summand - sum) + sum_;
    sum_ = sum;
  }
  [[nodiscard]] double mean() const {
    if (std::isnan(sum_)) return kWorst;
    const double mean = (sum_ + compensation_) / static_cast<double>(count_) * 0x1p32;
    return std::clamp(mean, low_, high_);
  }

 private:
  double sum_ = 0;  // NaN once a WORST came
  double compensation_ = 0;
  std::uint32_t count_ = 0;
};

// For policies that need single values only.
struct NoSummary {
  void add(double /*value*/) {}
};

// Whose values take part in comparisons. Excluded trials never do.
enum class Counted : std::uint8_t { All, NotEnded, Completed };

// `Summary` has add(value).
template <class Summary>
class CurveTable {
 public:
  struct Curve {
    std::vector<double> values;
    Summary summary;
    bool excluded = false;
    bool ended = false;
    bool completed = false;
  };

  explicit CurveTable(Counted counted = Counted::All) : counted_(counted) {}

  // Calls join(trial, interval, value, summary) when a value enters the comparisons (with
  // Counted::Completed that is when its trial completes) and leave(trial, interval, summary) when
  // one goes, with the summary as it stood at that interval.
  template <class Join, class Leave>
  void fold(const TrialEvent& event, const Join& join, const Leave& leave);

  // Null when the trial is excluded or never had the report's value. Finished trials are found
  // even when they do not count.
  [[nodiscard]] const Curve* find(const Report& report) const {
    const std::size_t index = index_of(report.trial);
    if (index >= curves_.size() || report.interval == 0) return nullptr;
    const Curve& curve = curves_[index];
    return curve.values.size() < report.interval ? nullptr : &curve;
  }
  [[nodiscard]] static Summary summary_at(const Curve& curve, std::uint32_t interval) {
    if (interval == curve.values.size()) return curve.summary;
    Summary summary;
    for (std::uint32_t i = 0; i < interval; ++i) summary.add(curve.values[i]);
    return summary;
  }
  [[nodiscard]] bool counts(const Curve& curve) const {
    if (curve.excluded) return false;
    return counted_ == Counted::All ||
           (counted_ == Counted::NotEnded ? !curve.ended : curve.completed);
  }
  // An excluded trial has not, nor one that was reopened.
  [[nodiscard]] bool has_completed(TrialId trial) const {
    const std::size_t index = index_of(trial);
    return index < curves_.size() && curves_[index].completed && !curves_[index].excluded;
  }
  // As Optuna counts them: there a trial whose value is none, or nan, has failed.
  [[nodiscard]] bool has_completed_with_number(TrialId trial) const {
    return has_completed(trial) && curves_[index_of(trial)].summary.has_number();
  }
  // The lowest trial that is compared at `interval` and fits; O(trials): for explanations.
  template <class Fits>
  [[nodiscard]] std::optional<TrialId> first_that(std::uint32_t interval, const Fits& fits) const;
  // Trials with at least one value in the comparisons.
  [[nodiscard]] std::size_t comparable() const { return comparable_; }
  [[nodiscard]] const std::vector<Curve>& curves() const { return curves_; }  // by trial

 private:
  Curve& curve_of(TrialId trial) {
    const std::size_t index = index_of(trial);
    if (index >= curves_.size()) curves_.resize(index + 1);
    return curves_[index];
  }
  [[nodiscard]] bool is_comparable(const Curve& curve) const {
    return counts(curve) && !curve.values.empty();
  }
  template <class Join>
  void append(const Report& report, const Join& join);
  // All values of a curve that has just begun to count.
  template <class Join>
  void enter(const Curve& curve, TrialId trial, const Join& join) const;
  template <class Leave>
  void withdraw(const Curve& curve, TrialId trial, std::uint32_t kept, const Leave& leave) const;
  // Forgets all but the first `kept` values, after withdraw().
  void truncate(Curve& curve, std::uint32_t kept);

  std::vector<Curve> curves_;
  std::size_t comparable_ = 0;
  Counted counted_;
};

template <class Summary>
template <class Fits>
std::optional<TrialId> CurveTable<Summary>::first_that(std::uint32_t interval,
                                                       const Fits& fits) const {
  for (std::size_t i = 0; i < curves_.size(); ++i) {
    const Curve& curve = curves_[i];
    if (!counts(curve) || curve.values.size() < interval) continue;
    if (fits(TrialId(i), curve)) return TrialId(i);
  }
  return std::nullopt;
}

template <class Summary>
template <class Join>
void CurveTable<Summary>::enter(const Curve& curve, TrialId trial, const Join& join) const {
  if (!counts(curve)) return;
  Summary summary;
  for (std::uint32_t i = 0; i < curve.values.size(); ++i) {
    summary.add(curve.values[i]);
    join(trial, i + 1, curve.values[i], summary);
  }
}

template <class Summary>
template <class Join>
void CurveTable<Summary>::append(const Report& report, const Join& join) {
  Curve& curve = curve_of(report.trial);
  if (curve.excluded) return;
  std::vector<double>& values = curve.values;
  SWEEPJOB_CHECK(report.interval == values.size() + 1, "the core counts a trial's values from 1");
  // Growth by half: with a hundred thousand curves, doubling would waste a third of the memory.
  if (values.size() == values.capacity()) {
    values.reserve(std::max<std::size_t>(4, values.size() + values.size() / 2));
  }
  // Adding 0 turns -0 into 0: equal keys must also print alike.
  const double value = is_worst(report.value) ? kWorst : report.value + 0.0;
  values.push_back(value);
  curve.summary.add(value);
  if (!counts(curve)) return;
  if (values.size() == 1) ++comparable_;
  join(report.trial, report.interval, value, curve.summary);
}

template <class Summary>
template <class Leave>
void CurveTable<Summary>::withdraw(const Curve& curve, TrialId trial, std::uint32_t kept,
                                   const Leave& leave) const {
  if (!counts(curve)) return;
  Summary summary;
  for (std::uint32_t i = 0; i < curve.values.size(); ++i) {
    summary.add(curve.values[i]);
    if (i >= kept) leave(trial, i + 1, summary);
  }
}

template <class Summary>
void CurveTable<Summary>::truncate(Curve& curve, std::uint32_t kept) {
  if (curve.values.size() <= kept) return;
  curve.values.resize(kept);
  curve.values.shrink_to_fit();
  curve.summary = Summary{};
  for (const double value : curve.values) curve.summary.add(value);
}

template <class Summary>
template <class Join, class Leave>
void CurveTable<Summary>::fold(const TrialEvent& event, const Join& join, const Leave& leave) {
  if (const auto* reported = std::get_if<TrialReported>(&event)) {
    return append(reported->report, join);
  }
  const auto change = [&](TrialId trial, std::uint32_t kept, auto&& then) {
    Curve& curve = curve_of(trial);
    comparable_ -= is_comparable(curve);
    withdraw(curve, trial, kept, leave);
    then(curve);
    comparable_ += is_comparable(curve);
  };
  if (const auto* removed = std::get_if<ReportsRemoved>(&event)) {
    change(removed->trial, removed->kept, [&](Curve& curve) { truncate(curve, removed->kept); });
  } else if (const auto* excluded = std::get_if<TrialExcluded>(&event)) {
    change(excluded->trial, 0, [&](Curve& curve) {
      truncate(curve, 0);
      curve.excluded = true;
    });
  } else if (const auto* reopened = std::get_if<TrialReopened>(&event)) {
    change(reopened->trial, 0, [&](Curve& curve) { curve = Curve{}; });
  } else if (const auto* ended = std::get_if<TrialEnded>(&event)) {
    const auto end = [&](Curve& curve) {
      curve.ended = true;
      curve.completed = ended->status == Status::Completed;
    };
    if (counted_ == Counted::All) return end(curve_of(ended->trial));
    change(ended->trial, 0, end);
    if (counted_ == Counted::Completed) enter(curve_of(ended->trial), ended->trial, join);
  }
}

}  // namespace sweepjob
