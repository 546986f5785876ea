// The policies once more, straight from the definitions of spec azure-sweep sections 9 to 12: no
// increments, no shared code with policies/. Slow on purpose.
#pragma once

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <vector>

#include "model/trial.h"
#include "tests/support/policy_harness.h"

namespace sweepjob::testing {

class Reference {
 public:
  struct Trial {
    std::vector<double> x;
    bool excluded = false;
    bool ended = false;
  };
  using Number = std::optional<double>;  // nothing: WORST

  explicit Reference(Goal goal) : maximize_(goal == Goal::Maximize) {}

  void observe(const TrialEvent& event) {
    Trial& trial = trials[index_of(trial_of(event))];
    if (const auto* reported = std::get_if<TrialReported>(&event)) {
      if (!trial.excluded) trial.x.push_back(reported->report.value);
    } else if (const auto* removed = std::get_if<ReportsRemoved>(&event)) {
      trial.x.resize(std::min<std::size_t>(trial.x.size(), removed->kept));
    } else if (std::holds_alternative<TrialExcluded>(event)) {
      trial.excluded = true;
      trial.x.clear();
    } else if (std::holds_alternative<TrialEnded>(event)) {
      trial.ended = true;
    } else if (std::holds_alternative<TrialReopened>(event)) {
      trial = Trial{};
    }
  }

  // Strictly worse by the goal; WORST is worse than every number.
  [[nodiscard]] bool worse(Number a, Number b) const {
    if (!a || !b) return !a && b;
    return maximize_ ? *a < *b : *a > *b;
  }
  // B(r,N)
  [[nodiscard]] Number best(const Trial& r, std::size_t n) const {
    Number result;
    for (std::size_t i = 0; i < std::min(n, r.x.size()); ++i) {
      const Number x = std::isfinite(r.x[i]) ? Number(r.x[i]) : Number();
      if (worse(result, x)) result = x;
    }
    return result;
  }
  // A(r,N)
  [[nodiscard]] static Number average(const Trial& r, std::size_t n) {
    long double sum = 0;
    for (std::size_t i = 0; i < n; ++i) {
      if (!std::isfinite(r.x[i])) return {};
      sum += r.x[i];
    }
    return static_cast<double>(sum / static_cast<long double>(n));
  }

  [[nodiscard]] Number leader(std::size_t n) const {
    Number result;
    for (const auto& [id, r] : trials) {
      if (worse(result, best(r, n))) result = best(r, n);
    }
    return result;
  }

  [[nodiscard]] bool bandit(const Trial& self, std::size_t n, double factor, double amount) const {
    const Number l = leader(n);
    const Number y = best(self, n);
    if (!l) return false;
    if (!y) return true;
    const double low = maximize_ ? *y : *l;
    const double high = maximize_ ? *l : *y;
    const bool outside_factor = low + std::fabs(low) * factor < high;
    const bool outside_amount = low + amount < high;
    return (factor == 0 || outside_factor) && (amount == 0 || outside_amount);
  }

  [[nodiscard]] bool median_stopping(const Trial& self, std::size_t n, std::size_t floor) const {
    std::vector<Number> averages;
    for (const auto& [id, r] : trials) {
      if (r.x.size() >= n) averages.push_back(average(r, n));
    }
    if (averages.size() < std::max<std::size_t>(2, floor)) return false;
    std::sort(averages.begin(), averages.end(), [&](Number a, Number b) { return worse(a, b); });
    const std::size_t middle = averages.size() / 2;
    Number median = averages[middle];
    if (averages.size() % 2 == 0) {
      const Number other = averages[middle - 1];
      median = median && other ? Number((*median + *other) / 2) : Number();
    }
    const Number own = best(self, n);
    if (!own && !median) return averages.back().has_value();
    return worse(own, median);
  }

  [[nodiscard]] bool truncation(const Trial& self, std::size_t n, std::size_t percentage,
                                bool exclude_finished) const {
    std::size_t size = 0;
    std::size_t not_better = 0;
    for (const auto& [id, r] : trials) {
      if (r.x.size() < n || (exclude_finished && r.ended && &r != &self)) continue;
      ++size;
      if (!worse(best(self, n), best(r, n))) ++not_better;
    }
    return not_better <= percentage * size / 100;
  }

  std::map<std::uint32_t, Trial> trials;

 private:
  bool maximize_;
};

}  // namespace sweepjob::testing
