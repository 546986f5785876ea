// Patient (Optuna's PatientPruner): leaves a trial alone while it still improves, and asks another
// policy, or stops it, once it has not done so for some reports.
//   stagnating at interval k if k > patience + 1 and, of before = x[1..k-patience-1] and
//   after = x[k-patience..k],
//   minimize: min(before) + min_delta < min(after),  maximize: max(before) - min_delta > max(after)
//   cancel if stagnating, and the wrapped policy, if there is one, cancels
// Values that are no numbers are passed over; none at all in `after` is worse than any in `before`,
// none in `before` is no stagnation. A report costs O(patience) and what the wrapped policy costs.
// Axis: Optuna's step is the interval k = 1, 2, ... of the trial's k-th report.
#include <algorithm>
#include <cmath>
#include <vector>

#include <fmt/format.h>

#include "model/value.h"
#include "policies/catalog.h"
#include "policies/comparison.h"
#include "policies/curve_table.h"
#include "policies/read_options.h"
#include "policies/verdict_text.h"

namespace sweepjob {
namespace {

class Patient final : public TerminationPolicy {
 public:
  Patient(Goal goal, std::uint32_t patience, double min_delta,
          std::unique_ptr<TerminationPolicy> wrapped)
      : goal_(goal), patience_(patience), min_delta_(min_delta), wrapped_(std::move(wrapped)) {}

  void observe(const TrialEvent& event) override;
  [[nodiscard]] Verdict judge(const Report& report) const override { return decide(report, false); }
  [[nodiscard]] Verdict explain(const Report& report) const override {
    return decide(report, true);
  }

 private:
  [[nodiscard]] Verdict decide(const Report& report, bool explained) const;
  [[nodiscard]] bool stagnates(double before, double after) const;

  Goal goal_;
  std::uint32_t patience_;
  double min_delta_;
  std::unique_ptr<TerminationPolicy> wrapped_;  // null: stagnation is enough
  CurveTable<NoSummary> table_;
  std::vector<std::vector<double>> bests_;  // by trial: the best up to each interval
};

void Patient::observe(const TrialEvent& event) {
  if (wrapped_) wrapped_->observe(event);
  table_.fold(
      event, [](auto&&...) {}, [](auto&&...) {});
  const std::size_t index = index_of(trial_of(event));
  if (index >= table_.curves().size()) return;
  if (index >= bests_.size()) bests_.resize(index + 1);
  const std::vector<double>& values = table_.curves()[index].values;
  std::vector<double>& bests = bests_[index];
  bests.resize(std::min(bests.size(), values.size()));
  while (bests.size() < values.size()) {
    const double before = bests.empty() ? kWorst : bests.back();
    bests.push_back(best_of(goal_, before, values[bests.size()]));
  }
}

bool Patient::stagnates(double before, double after) const {
  if (is_worst(before)) return false;
  if (is_worst(after)) return true;
  return goal_ == Goal::Minimize ? before + min_delta_ < after : before - min_delta_ > after;
}

Verdict Patient::decide(const Report& report, bool explained) const {
  const std::uint32_t k = report.interval;
  const auto spare = [&](const std::string& why) {
    return explained ? kept("patient", k, why) : Verdict{};
  };
  const auto* curve = table_.find(report);
  if (curve == nullptr) return spare("the trial is not judged");
  const std::uint64_t window = std::uint64_t{patience_} + 1;
  if (k <= window) return spare(fmt::format("{} <= {} reports", k, window));
  const double before = bests_[index_of(report.trial)][k - window - 1];
  double after = kWorst;
  for (std::size_t i = k - window; i < k; ++i) after = best_of(goal_, after, curve->values[i]);
  const bool stagnating = stagnates(before, after);
  const bool looked = !is_worst(before);
  if (!stagnating && !explained) return looked ? passed() : Verdict{};
  const bool minimize = goal_ == Goal::Minimize;
  const std::string why =
      is_worst(before)
          ? "no number came before the last " + std::to_string(window)
          : fmt::format(
                "best of the last {}: {}; before it was {}, {} {}", window,
                inequality(goal_, after, minimize ? before + min_delta_ : before - min_delta_),
                python_float(before), minimize ? "plus" : "minus", python_float(min_delta_));
  if (!stagnating) return looked ? among({}, spare(why)) : spare(why);
  if (!wrapped_) return stopped("patient", k, why);
  Verdict inner = explained ? wrapped_->explain(report) : wrapped_->judge(report);
  inner.compared = true;  // the trial with its own past, at least
  if (!inner.stop && !explained) return inner;
  inner.reason = fmt::format("patient: at interval {} {}, and {}", k, why, inner.reason);
  return inner;
}

std::unique_ptr<TerminationPolicy> make_patient(const PolicyContext& context, Findings& findings) {
  OptionReader reader(context.options, findings, context.strict);
  const std::uint32_t patience = read_count(reader, "patience", 0, 0);
  if (reader.raw("patience") == nullptr) {
    findings.error(context.options.where, context.options.path + ".patience",
                   "missing: expected how many reports may pass without an improvement",
                   "for instance patience: 5");
  }
  const double min_delta = read_finite(reader, "min_delta", 0, 0);
  std::unique_ptr<TerminationPolicy> wrapped;
  if (reader.raw("wrapped") != nullptr) {
    const auto options = nested_options(context.options, "wrapped", findings);
    // `wrapped: none` is Optuna's None, not a policy that spares everybody.
    if (options && options->type != "none") {
      wrapped = make_inner_policy(context, *options, findings);
    }
  }
  reader.finish();
  return std::make_unique<Patient>(context.goal, patience, min_delta, std::move(wrapped));
}

const PolicyEntry entry{"patient", make_patient};

}  // namespace
}  // namespace sweepjob
