// The policies of the field once more, straight from their formulas in spec halving-and-optuna: no
// increments, no shared code with policies/. Slow on purpose; thousands of random histories with
// NaN, removals, exclusions, ends and re-openings.
#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/policy_harness.h"

namespace sweepjob::testing {
namespace {

struct Curve {
  std::vector<double> x;  // WORST as infinity, maximised values negated: smaller is better
  bool excluded = false;
  bool completed = false;
};
using Curves = std::map<std::uint32_t, Curve>;

void observe(Curves& curves, const TrialEvent& event, Goal goal) {
  Curve& curve = curves[index_of(trial_of(event))];
  if (const auto* reported = std::get_if<TrialReported>(&event)) {
    const double value = reported->report.value;
    const double loss = goal == Goal::Minimize ? value : -value;
    if (!curve.excluded) curve.x.push_back(std::isfinite(value) ? loss : INFINITY);
  } else if (const auto* removed = std::get_if<ReportsRemoved>(&event)) {
    curve.x.resize(std::min<std::size_t>(curve.x.size(), removed->kept));
  } else if (std::holds_alternative<TrialExcluded>(event)) {
    curve.excluded = true;
    curve.x.clear();
  } else if (const auto* ended = std::get_if<TrialEnded>(&event)) {
    curve.completed = ended->status == Status::Completed;
  } else if (std::holds_alternative<TrialReopened>(event)) {
    curve = Curve{};
  }
}

double best(const Curve& curve, std::size_t from, std::size_t to) {
  return *std::min_element(curve.x.begin() + static_cast<long>(from),
                           curve.x.begin() + static_cast<long>(to));
}

double quantile(std::vector<double> losses, double numerator, double denominator) {
  std::sort(losses.begin(), losses.end());
  const double place = static_cast<double>(losses.size() - 1) * numerator / denominator;
  const auto index = static_cast<std::size_t>(place);
  const double share = place - static_cast<double>(index);
  if (share == 0) return losses[index];
  if (std::isinf(losses[index + 1])) return INFINITY;
  return losses[index] + (losses[index + 1] - losses[index]) * share;
}

bool any_finite(const std::vector<double>& losses) {
  return std::any_of(losses.begin(), losses.end(), [](double x) { return std::isfinite(x); });
}

// Asked about the k-th report of `self`.
using Definition = std::function<bool(const Curves&, const Curve& self, std::size_t k)>;

bool asha(const Curves& curves, const Curve& self, std::size_t k) {  // rungs 1, 2, 4 of 6
  if (k != 1 && k != 2 && k != 4) return false;
  std::vector<double> rung;
  for (const auto& [trial, curve] : curves) {
    if (curve.x.size() >= k) rung.push_back(curve.x[k - 1]);
  }
  const double own = self.x[k - 1];
  if (rung.size() < 2 || !any_finite(rung)) return false;
  if (std::isinf(own)) return true;
  return own > (k == 4 ? quantile(rung, 4, 6) : quantile(rung, 1, 2)) + 1e-12;
}

bool percentile_30(const Curves& curves, const Curve& self, std::size_t k) {
  std::size_t completed = 0;
  std::vector<double> values;
  for (const auto& [trial, curve] : curves) {
    if (!curve.completed || curve.x.empty()) continue;
    ++completed;
    if (curve.x.size() >= k && std::isfinite(curve.x[k - 1])) values.push_back(curve.x[k - 1]);
  }
  if (completed < 1 || values.empty()) return false;
  return best(self, 0, k) > quantile(values, 30, 100) + 1e-12;
}

bool patient_1(const Curves& /*curves*/, const Curve& self, std::size_t k) {
  if (k <= 2) return false;
  return best(self, 0, k - 2) + 0.25 < best(self, k - 2, k);
}

struct Pair {
  const char* name;
  PolicySetup setup;
  Definition definition;
};

void play(const Pair& pair, std::uint64_t seed, std::size_t* stops) {
  RandomStream random(seed);
  PolicySetup setup = pair.setup;
  setup.goal = random.below(2) == 0 ? Goal::Minimize : Goal::Maximize;
  const HistoryStyle style{.trials = 1 + static_cast<std::uint32_t>(random.below(8)),
                           .events = 20 + static_cast<std::uint32_t>(random.below(100)),
                           .worst_share = random.below(3) == 0 ? 0.4 : 0.05,
                           .removal_share = random.below(2) == 0 ? 0.1 : 0.25,
                           .ties = random.below(3) != 0};
  const auto policy = make(setup);
  Curves curves;
  for (const TrialEvent& event : random_history(random, style)) {
    policy->observe(event);
    observe(curves, event, setup.goal);
    const std::uint32_t trial = static_cast<std::uint32_t>(random.below(style.trials));
    const Curve& self = curves[trial];
    if (self.x.empty()) continue;
    const auto k = static_cast<std::uint32_t>(1 + random.below(self.x.size()));
    const Report report{TrialId(trial), k, 0, {}};
    const Verdict verdict = policy->judge(report);
    ASSERT_EQ(verdict.stop, pair.definition(curves, self, k)) << policy->explain(report).reason;
    *stops += verdict.stop ? 1 : 0;
  }
}

TEST(FieldPolicies, AgreeWithTheirFormulasOnRandomHistories) {
  const std::vector<Pair> pairs = {
      {"asha", {.type = "asha", .options = {{"reduction_factor", 2}, {"max_resource", 6}}}, asha},
      {"percentile",
       {.type = "percentile", .options = {{"percentile", 30}, {"n_startup_trials", 1}}},
       percentile_30},
      {"patient",
       {.type = "patient", .options = {{"patience", 1}, {"min_delta", 0.25}}},
       patient_1}};
  for (const Pair& pair : pairs) {
    std::size_t stops = 0;
    for (std::uint64_t seed = 0; seed < 1500; ++seed) {
      SCOPED_TRACE(std::string(pair.name) + ", seed " + std::to_string(seed));
      play(pair, seed, &stops);
      if (HasFatalFailure()) return;
    }
    EXPECT_GT(stops, 100U) << pair.name;
  }
}

}  // namespace
}  // namespace sweepjob::testing
