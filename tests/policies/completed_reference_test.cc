// W&B's bands, NNI's medianstop and Optuna's Wilcoxon rule once more, straight from their
// definitions and slow on purpose, on random histories with NaN and infinities, removals,
// exclusions, ends and re-openings. No code is shared with policies/.
#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/policy_harness.h"

namespace sweepjob::testing {
namespace {

using Numbers = std::vector<double>;

// Everything turned to minimize; what is no number is NaN.
class Told {
 public:
  struct Trial {
    Numbers x;
    bool excluded = false;
    bool completed = false;
  };

  explicit Told(Goal goal) : sign_(goal == Goal::Minimize ? 1 : -1) {}

  void observe(const TrialEvent& event) {
    Trial& trial = trials[index_of(trial_of(event))];
    if (const auto* reported = std::get_if<TrialReported>(&event)) {
      const double value = reported->report.value;
      if (!trial.excluded) trial.x.push_back(std::isfinite(value) ? sign_ * value : NAN);
    } else if (const auto* removed = std::get_if<ReportsRemoved>(&event)) {
      trial.x.resize(std::min<std::size_t>(trial.x.size(), removed->kept));
    } else if (std::holds_alternative<TrialExcluded>(event)) {
      trial = Trial{};
      trial.excluded = true;
    } else if (const auto* ended = std::get_if<TrialEnded>(&event)) {
      trial.completed = ended->status == Status::Completed;
    } else if (std::holds_alternative<TrialReopened>(event)) {
      trial = Trial{};
    }
  }

  std::map<std::uint32_t, Trial> trials;

 private:
  double sign_;
};

struct Case {
  PolicySetup setup;
  double eta = 3;
  bool strict = false;
  std::size_t start_step = 0;
  double p_threshold = 0.1;
};

// Worse when minimizing; NaN is the worst.
bool worse(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && !std::isnan(b);
  return a > b;
}

double mean(const Numbers& x) {
  long double sum = 0;
  for (const double value : x) sum += value;
  return static_cast<double>(sum / static_cast<long double>(x.size()));
}

Numbers first(const Numbers& x, std::size_t n) {
  return {x.begin(), x.begin() + static_cast<std::ptrdiff_t>(n)};
}

Numbers finite(Numbers x) {
  std::erase_if(x, [](double value) { return std::isnan(value); });
  return x;
}

double least(const Numbers& x) { return x.empty() ? NAN : *std::min_element(x.begin(), x.end()); }

bool wandb_stops(const Told& told, const Case& c, std::uint32_t self, std::size_t n) {
  const Numbers own = finite(first(told.trials.at(self).x, n));
  std::size_t band = 0;
  for (int k = 0; k < 20; ++k) {
    const auto next = static_cast<std::size_t>(2 * std::pow(c.eta, k));
    if (next <= own.size()) band = next;
  }
  if (band == 0) return false;
  Numbers there;
  for (const auto& [id, trial] : told.trials) {
    const Numbers x = finite(trial.x);
    if (x.size() >= band) there.push_back(x[band - 1]);
  }
  std::sort(there.begin(), there.end());
  const double threshold =
      there[static_cast<std::size_t>(std::floor(static_cast<double>(there.size()) / c.eta))];
  return (c.strict ? own[band - 1] : least(own)) > threshold;
}

bool medianstop_stops(const Told& told, const Case& c, std::uint32_t self, std::size_t n) {
  Numbers averages;
  for (const auto& [id, trial] : told.trials) {
    if (id == self || !trial.completed || trial.x.size() < n) continue;
    averages.push_back(mean(first(trial.x, n)));
  }
  if (n < c.start_step || averages.empty()) return false;
  std::sort(averages.begin(), averages.end(), [](double a, double b) { return worse(b, a); });
  const double best = least(finite(first(told.trials.at(self).x, n)));
  const double middle = averages[averages.size() / 2];
  if (std::isnan(best) && std::isnan(middle)) return !std::isnan(averages.front());
  return worse(best, middle);
}

// P(T >= t): all signs where nothing is tied, else the normal approximation.
double p_value(const Numbers& d) {
  const std::size_t n = d.size();
  Numbers ranks;
  double t = 0;
  double ties = 0;  // sum over ties of t^3 - t: each of t members adds t^2 - 1
  bool exact = true;
  for (const double own : d) {
    double rank = 0.5;
    double tied = 0;
    for (const double other : d) {
      rank += std::fabs(other) < std::fabs(own) ? 1 : std::fabs(other) == std::fabs(own) ? 0.5 : 0;
      tied += std::fabs(other) == std::fabs(own) ? 1 : 0;
    }
    exact = exact && tied == 1 && own != 0;
    ties += tied * tied - 1;
    t += own > 0 ? rank : own == 0 ? rank / 2 : 0;
    ranks.push_back(rank);
  }
  if (!exact) {
    const auto m = static_cast<double>(n);
    const double variance = (m * (m + 1) * (2 * m + 1) - ties / 2) / 24;
    return std::erfc((t - m * (m + 1) / 4) / std::sqrt(2 * variance)) / 2;
  }
  std::size_t as_large = 0;
  for (std::size_t signs = 0; signs < (std::size_t{1} << n); ++signs) {
    double sum = 0;
    for (std::size_t i = 0; i < n; ++i) sum += ((signs >> i) & 1) != 0 ? ranks[i] : 0;
    as_large += sum >= t ? 1 : 0;
  }
  return std::ldexp(static_cast<double>(as_large), -static_cast<int>(n));
}

bool wilcoxon_stops(const Told& told, const Case& c, std::uint32_t self, std::size_t n) {
  const Told::Trial* best = nullptr;
  for (const auto& [id, trial] : told.trials) {
    if (id == self || !trial.completed || trial.x.empty() || std::isnan(mean(trial.x))) continue;
    if (best == nullptr || mean(trial.x) < mean(best->x)) best = &trial;
  }
  const Numbers own = first(told.trials.at(self).x, n);
  if (best == nullptr || std::isnan(mean(own))) return false;
  Numbers d;
  for (std::size_t i = 0; i < std::min(n, best->x.size()); ++i) d.push_back(own[i] - best->x[i]);
  return d.size() >= 2 && p_value(d) < c.p_threshold && mean(own) > mean(best->x);
}

bool expected_stop(const Told& told, const Case& c, std::uint32_t self, std::size_t n) {
  if (c.setup.type == "wandb_hyperband") return wandb_stops(told, c, self, n);
  if (c.setup.type == "medianstop") return medianstop_stops(told, c, self, n);
  return wilcoxon_stops(told, c, self, n);
}

Case random_case(const std::string& type, RandomStream& random) {
  Case c;
  c.setup.type = type;
  c.setup.goal = random.below(2) == 0 ? Goal::Minimize : Goal::Maximize;
  c.eta = std::array{1.5, 2.0, 3.0}[random.below(3)];
  c.strict = random.below(2) == 0;
  c.start_step = random.below(4);
  c.p_threshold = std::array{0.07, 0.2, 0.45}[random.below(3)];
  if (type == "wandb_hyperband") {
    c.setup.options = {{"min_iter", 2}, {"eta", c.eta}, {"strict", c.strict}};
  } else if (type == "medianstop") {
    c.setup.options = {{"start_step", static_cast<std::int64_t>(c.start_step)}};
  } else {
    c.setup.options = {{"p_threshold", c.p_threshold}};
  }
  return c;
}

class AgreesWithItsDefinition : public ::testing::TestWithParam<std::string> {};

TEST_P(AgreesWithItsDefinition, OnRandomHistories) {
  std::size_t stops = 0;
  std::size_t judged = 0;
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomStream random(seed);
    const Case c = random_case(GetParam(), random);
    const HistoryStyle style{.trials = 2 + static_cast<std::uint32_t>(random.below(6)),
                             .events = 80,
                             .worst_share = random.below(4) == 0 ? 0.4 : 0.02,
                             .removal_share = 0.15,
                             .ties = random.below(2) == 0};
    const auto policy = make(c.setup);
    Told told(c.setup.goal);
    for (const TrialEvent& event : random_history(random, style)) {
      policy->observe(event);
      told.observe(event);
      const auto trial = static_cast<std::uint32_t>(random.below(style.trials));
      const std::size_t count = told.trials[trial].x.size();
      if (count == 0 || count > 14) continue;
      const auto interval = static_cast<std::uint32_t>(1 + random.below(count));
      const Verdict verdict = policy->judge({TrialId(trial), interval, 0, {}});
      ASSERT_EQ(verdict.stop, expected_stop(told, c, trial, interval))
          << policy->explain({TrialId(trial), interval, 0, {}}).reason;
      ++judged;
      stops += verdict.stop ? 1 : 0;
    }
  }
  EXPECT_GT(stops, 100U) << "the histories must lead to stops";
  EXPECT_LT(stops, judged);
}

INSTANTIATE_TEST_SUITE_P(Policies, AgreesWithItsDefinition,
                         ::testing::Values("medianstop", "wandb_hyperband", "wilcoxon"),
                         [](const auto& instance) { return instance.param; });

}  // namespace
}  // namespace sweepjob::testing
