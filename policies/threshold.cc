// Threshold (Optuna's ThresholdPruner): stop a trial whose latest value leaves a given range.
//   cancel at interval k if x[k] < lower, x[k] > upper, or x[k] is no number (NaN, infinite)
// The bounds are on the values as they are logged, whatever the goal. Nobody is compared with
// anybody, so here a value that is no number stops its trial even while nobody has one.
// Axis: Optuna's step is the interval k = 1, 2, ... of the trial's k-th report.
#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "model/value.h"
#include "policies/catalog.h"
#include "policies/comparison.h"
#include "policies/curve_table.h"
#include "policies/optuna_steps.h"
#include "policies/verdict_text.h"

namespace sweepjob {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct Bounds {
  double lower = -kInfinity;  // as it is: not given
  double upper = kInfinity;
};

class Threshold final : public TerminationPolicy {
 public:
  Threshold(Bounds bounds, OptunaSteps steps) : bounds_(bounds), steps_(steps) {}

  void observe(const TrialEvent& event) override {
    table_.fold(
        event, [](auto&&...) {}, [](auto&&...) {});
  }
  [[nodiscard]] Verdict judge(const Report& report) const override {
    const auto* curve = table_.find(report);
    if (curve == nullptr || !steps_.due(report.interval)) return {};
    const double value = curve->values[report.interval - 1];
    const bool within = value >= bounds_.lower && value <= bounds_.upper;  // NaN is not
    return within ? passed() : explain(report);
  }
  [[nodiscard]] Verdict explain(const Report& report) const override;

 private:
  Bounds bounds_;
  OptunaSteps steps_;
  CurveTable<NoSummary> table_;
};

Verdict Threshold::explain(const Report& report) const {
  const std::uint32_t interval = report.interval;
  const auto* curve = table_.find(report);
  if (curve == nullptr) return kept("threshold", interval, "the trial is not judged");
  if (!steps_.due(interval)) return kept("threshold", interval, "the rule does not look");
  const double value = curve->values[interval - 1];
  const std::string text = "value " + python_float(value);
  if (is_worst(value)) return stopped("threshold", interval, text + " is no number");
  const auto against = [&](const char* relation, const char* name, double bound) {
    return fmt::format("{} {} {} {}", text, relation, name, python_float(bound));
  };
  if (value < bounds_.lower) {
    return stopped("threshold", interval, against("<", "lower", bounds_.lower));
  }
  if (value > bounds_.upper) {
    return stopped("threshold", interval, against(">", "upper", bounds_.upper));
  }
  const double above_lower = value - bounds_.lower;
  const double below_upper = bounds_.upper - value;
  const bool lower_is_near = above_lower < below_upper;
  const std::string nearest =
      lower_is_near ? against(">=", "lower", bounds_.lower) : against("<=", "upper", bounds_.upper);
  const std::string margin = python_float(std::min(above_lower, below_upper));
  return among({}, kept("threshold", interval, nearest + ", by " + margin));
}

std::unique_ptr<TerminationPolicy> make_threshold(const PolicyContext& context,
                                                  Findings& findings) {
  OptionReader reader(context.options, findings, context.strict);
  const Bounds bounds{read_finite(reader, "lower", -kInfinity, -kInfinity),
                      read_finite(reader, "upper", -kInfinity, kInfinity)};
  if (reader.raw("lower") == nullptr && reader.raw("upper") == nullptr) {
    findings.error(context.options.where, context.options.path,
                   "threshold needs lower or upper, found neither", "for instance upper: 10");
  }
  if (bounds.lower > bounds.upper) {
    reader.fail("lower", fmt::format("lower {} is above upper {}: no value would be within",
                                     python_float(bounds.lower), python_float(bounds.upper)));
  }
  const OptunaSteps steps = read_optuna_steps(reader, context);
  reader.finish();
  return std::make_unique<Threshold>(bounds, steps);
}

const PolicyEntry entry{"threshold", make_threshold};

}  // namespace
}  // namespace sweepjob
