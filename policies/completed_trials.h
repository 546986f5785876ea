// Which trials have completed, for the rules that compare a running trial with completed ones only
// (NNI's and Optuna's). A trial that ends in another state, is excluded or is reopened is not one.
// Controller's thread only. Such a policy observes in five lines:
//   if (completed_.has(trial)) leave(trial);
//   table_.fold(event, ignore, ignore);
//   completed_.fold(event);
//   if (completed_.has(trial)) join(trial);
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <utility>
#include <variant>
#include <vector>

#include "model/objective.h"
#include "model/trial.h"
#include "policies/policy.h"

namespace sweepjob {

// Whose event it is.
[[nodiscard]] inline TrialId trial_in(const TrialEvent& event) {
  return std::visit(
      [](const auto& one) {
        if constexpr (requires { one.report; }) {
          return one.report.trial;
        } else {
          return one.trial;
        }
      },
      event);
}

class CompletedTrials {
 public:
  void fold(const TrialEvent& event) {
    if (const auto* ended = std::get_if<TrialEnded>(&event)) {
      set(ended->trial, ended->status == Status::Completed);
    } else if (std::holds_alternative<TrialExcluded>(event) ||
               std::holds_alternative<TrialReopened>(event)) {
      set(trial_in(event), false);
    }
  }
  [[nodiscard]] bool has(TrialId trial) const {
    return index_of(trial) < completed_.size() && completed_[index_of(trial)];
  }

 private:
  void set(TrialId trial, bool completed) {
    if (index_of(trial) >= completed_.size()) completed_.resize(index_of(trial) + 1);
    completed_[index_of(trial)] = completed;
  }

  std::vector<bool> completed_;
};

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
      const double value = goal_ == Goal::Minimize ? key + 0.0 : -key;
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
