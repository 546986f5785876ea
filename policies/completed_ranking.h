// The completed trials in their order, for the rules that compare a running trial with the best of
// them (NNI's and Optuna's). Controller's thread only. Such a policy observes in three lines:
//   if (table_.has_completed(trial)) leave(trial);
//   table_.fold(event, ignore, ignore);
//   if (table_.has_completed(trial)) join(trial);
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "model/objective.h"
#include "model/trial.h"
#include "policies/policy.h"

namespace sweepjob {

// Completed trials by a value each, best first, of equal ones the lowest trial first. WORST has no
// rank. O(log n) each.
class CompletedRanking {
 public:
  struct Place {
    TrialId trial{};
    double value = 0;
  };

  explicit CompletedRanking(Goal goal) : goal_(goal) {}

  void insert(TrialId trial, double value) {
    if (!is_worst(value)) places_.insert(place_of(trial, value));
  }
  void erase(TrialId trial, double value) {
    if (!is_worst(value)) places_.erase(place_of(trial, value));
  }
  // A trial is never compared with itself, even when it has completed and is only being explained.
  [[nodiscard]] std::optional<Place> best_except(TrialId self) const {
    auto at = places_.begin();
    if (at != places_.end() && at->second == index_of(self)) ++at;
    if (at == places_.end()) return std::nullopt;
    const double key = -at->first;
    return Place{TrialId(at->second), goal_ == Goal::Minimize ? 0.0 - key : key};
  }

  // By trial; O(n log n), for explanations.
  [[nodiscard]] std::vector<Compared> all_except(TrialId self) const {
    std::vector<Compared> all;
    for (const auto& [key, trial] : places_) {
      const double value = goal_ == Goal::Minimize ? key + 0.0 : 0.0 - key;
      if (trial != index_of(self)) all.push_back({TrialId(trial), value, false});
    }
    std::sort(all.begin(), all.end(),
              [](const Compared& a, const Compared& b) { return a.trial < b.trial; });
    return all;
  }

 private:
  [[nodiscard]] std::pair<double, std::uint32_t> place_of(TrialId trial, double value) const {
    return {-rank_key(goal_, value), static_cast<std::uint32_t>(index_of(trial))};
  }

  Goal goal_;
  std::set<std::pair<double, std::uint32_t>> places_;
};

}  // namespace sweepjob
