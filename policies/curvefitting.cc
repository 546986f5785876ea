// NNI's curvefitting assessor (after Domhan et al. 2015): stop a trial when an ensemble of learning
// curves fitted to its values predicts that it will not come near the best completed trial.
//   stop at interval n if p <= threshold * best
//   p = the prediction of policies/curve_ensemble.h for interval epoch_num from x[self,1..n]
//   best = max over the other completed trials of their last value
//   judged at n = max(start_step, 4) + i * gap, up to epoch_num
// The axis is the count of reports (NNI's sequence numbers): epoch_num of them make a whole trial.
//
// For maximize only: the curves rise, and a product with threshold is a slack only above 0. While
// best is 0 or less nobody is stopped. Nor is a trial with a WORST among its values, with fewer
// than 4 values (the number of parameters of most curves), or with a constant curve.
//
// NNI counts gap from the last judgement; here it counts from the first judged interval, so that a
// verdict depends on no earlier one. NNI's best is the last value of whichever trial it assessed
// last; here it is the ended trial's own. The Metropolis steps are drawn from Rng(0) by trial and
// interval: a verdict is a function of the trial's own curve and the best.
//
// Not O(log n): a verdict is 12 fits, each of at most 1,000 evaluations of at most 100 points.
// That is over 5 ms. Measured with release flags on a busy core: 0.15 to 15 ms for learning curves
// of 6 to 15 values; on noise, where fits run to their bound, 8 ms on average and at most 20 ms at
// 20 values, 40 and 80 ms at 100 to 10,000. `gap` and the core's evaluation_interval make it rarer.
#include <algorithm>
#include <cmath>
#include <memory>
#include <span>
#include <string>

#include <fmt/format.h>

#include "model/rng.h"
#include "model/value.h"
#include "policies/catalog.h"
#include "policies/comparison.h"
#include "policies/completed_ranking.h"
#include "policies/curve_ensemble.h"
#include "policies/curve_table.h"
#include "policies/read_options.h"
#include "policies/schedule.h"

namespace sweepjob {
namespace {

constexpr std::uint32_t kLeastPoints = 4;
constexpr std::int64_t kMostEpochs = 10'000;

struct Rule {
  std::uint32_t epoch_num = 20;
  std::uint32_t start_step = 6;
  std::uint32_t gap = 1;
  double threshold = 0.95;
};

class Curvefitting final : public TerminationPolicy {
 public:
  Curvefitting(const PolicyContext& context, Rule rule)
      : min_trials_(std::max(context.min_trials, 1U)),
        schedule_(context),
        rule_(rule),
        ranking_(Goal::Maximize) {}

  void observe(const TrialEvent& event) override {
    constexpr auto kIgnore = [](const auto&...) {};
    const TrialId trial = trial_of(event);
    if (table_.has_completed(trial)) count_as_completed(trial, false);
    table_.fold(event, kIgnore, kIgnore);
    if (table_.has_completed(trial)) count_as_completed(trial, true);
  }

  [[nodiscard]] Verdict judge(const Report& report) const override { return decide(report, false); }
  [[nodiscard]] Verdict explain(const Report& report) const override {
    return decide(report, true);
  }

 private:
  void count_as_completed(TrialId trial, bool joins);
  [[nodiscard]] Verdict decide(const Report& report, bool explained) const;
  // Why nothing is predicted at this interval; empty when something is.
  [[nodiscard]] std::string obstacle(const Report& report) const;
  [[nodiscard]] static std::string obstacle_in(std::span<const double> curve);
  [[nodiscard]] Verdict compare(const Report& report, std::span<const double> curve,
                                const CompletedRanking::Place& best, bool explained) const;

  std::uint32_t min_trials_;
  Schedule schedule_;
  Rule rule_;
  CurveTable<BestSoFar> table_;
  std::size_t completed_count_ = 0;  // with at least one value
  CompletedRanking ranking_;         // by last value
};

void Curvefitting::count_as_completed(TrialId trial, bool joins) {
  if (index_of(trial) >= table_.curves().size()) return;
  const std::vector<double>& values = table_.curves()[index_of(trial)].values;
  if (values.empty()) return;
  if (joins) {
    ++completed_count_;
    ranking_.insert(trial, values.back());
  } else {
    --completed_count_;
    ranking_.erase(trial, values.back());
  }
}

std::string Curvefitting::obstacle(const Report& report) const {
  if (!schedule_.slot(report.interval)) return "nothing is evaluated";
  if (table_.find(report) == nullptr) return "the trial is not compared";
  const std::uint32_t start = std::max(rule_.start_step, kLeastPoints);
  if (report.interval < start) return fmt::format("< {}, the first that is judged", start);
  if (report.interval > rule_.epoch_num) return fmt::format("> epoch_num {}", rule_.epoch_num);
  if ((report.interval - start) % rule_.gap != 0) {
    return fmt::format("is no multiple of gap {} after {}", rule_.gap, start);
  }
  const std::size_t others = completed_count_ - (table_.has_completed(report.trial) ? 1 : 0);
  if (others < min_trials_) {
    return fmt::format("{} < {} other trials have completed", others, min_trials_);
  }
  return "";
}

std::string Curvefitting::obstacle_in(std::span<const double> curve) {
  if (std::any_of(curve.begin(), curve.end(), is_worst)) return "a value of the trial is no number";
  if (std::all_of(curve.begin(), curve.end(), [&](double y) { return y == curve.front(); })) {
    return fmt::format("all values are {}: no curve to fit", python_float(curve.front()));
  }
  return "";
}

Verdict Curvefitting::decide(const Report& report, bool explained) const {
  const auto kept = [&](const std::string& why) {
    if (!explained) return Verdict{};
    return Verdict{false,
                   fmt::format("curvefitting: at interval {} {}: kept", report.interval, why)};
  };
  if (const std::string why = obstacle(report); !why.empty()) return kept(why);
  const auto best = ranking_.best_except(report.trial);
  if (!best) return kept("no completed trial ended in a number");
  if (best->value <= 0) {
    return kept(fmt::format("the best last value {} (of trial {}) is not above 0",
                            python_float(best->value), index_of(best->trial)));
  }
  const std::span<const double> values = table_.curves()[index_of(report.trial)].values;
  const std::span<const double> curve = values.first(report.interval);
  if (const std::string why = obstacle_in(curve); !why.empty()) return kept(why);
  return compare(report, curve, *best, explained);
}

Verdict Curvefitting::compare(const Report& report, std::span<const double> curve,
                              const CompletedRanking::Place& best, bool explained) const {
  const auto random =
      Rng(0).stream(report.trial, "curvefitting/" + std::to_string(report.interval));
  const auto prediction = predict_curve(curve, rule_.epoch_num, random);
  if (!prediction) {
    if (!explained) return {};
    return {false, fmt::format("curvefitting: at interval {} fewer than 4 of 12 curves fit: kept",
                               report.interval)};
  }
  const double bound = rule_.threshold * best.value;
  const bool stop = prediction->value <= bound;
  if (!stop && !explained) return passed();
  return {stop,
          fmt::format("curvefitting: at interval {} predicted {} at {} by {} of 12 curves {} {} = "
                      "{} * {} (last of trial {}){}",
                      report.interval, python_float(prediction->value), rule_.epoch_num,
                      prediction->families, stop ? "<=" : ">", python_float(bound),
                      python_float(rule_.threshold), python_float(best.value), index_of(best.trial),
                      stop ? "" : ": kept by " + python_float(prediction->value - bound)),
          /*compared=*/true,
          explained ? decided_by(best.trial, ranking_.all_except(report.trial))
                    : std::vector<Compared>()};
}

std::optional<double> read_threshold(OptionReader& reader, double fallback) {
  if (reader.raw("threshold") == nullptr) return fallback;
  const auto threshold = reader.number("threshold");
  if (!threshold || (*threshold > 0 && *threshold <= 1)) return threshold;
  reader.fail("threshold",
              "expected a number above 0 and at most 1, found " + python_float(*threshold),
              "for instance threshold: 0.95");
  return std::nullopt;
}

std::unique_ptr<TerminationPolicy> make_curvefitting(const PolicyContext& context,
                                                     Findings& findings) {
  const Options& options = context.options;
  OptionReader reader(options, findings, context.strict);
  const Rule defaults;
  const auto epochs = read_integer(reader, "epoch_num", {.low = kLeastPoints, .high = kMostEpochs},
                                   defaults.epoch_num);
  const auto start = read_integer(reader, "start_step", {.low = 0}, defaults.start_step);
  const auto gap = read_integer(reader, "gap", {.low = 1}, defaults.gap);
  const auto threshold = read_threshold(reader, defaults.threshold);
  reader.finish();
  if (epochs && start && *start > *epochs) {
    reader.fail("start_step",
                fmt::format("start_step {} is beyond epoch_num {}: nothing would be judged", *start,
                            *epochs),
                "for instance start_step: " + std::to_string(*epochs / 2));
    return nullptr;
  }
  if (context.goal != Goal::Maximize) {
    findings.error(options.where, options.path,
                   "curvefitting needs goal: maximize, because the curves it fits rise",
                   "log a score instead of a loss, or take medianstop");
    return nullptr;
  }
  if (!epochs || !start || !gap || !threshold) return nullptr;
  return std::make_unique<Curvefitting>(
      context, Rule{static_cast<std::uint32_t>(*epochs), static_cast<std::uint32_t>(*start),
                    static_cast<std::uint32_t>(*gap), *threshold});
}

const PolicyEntry entry{"curvefitting", make_curvefitting};

}  // namespace
}  // namespace sweepjob
