// Who took part in a verdict, for explain() alone: judge() calls passed() and nothing else of this.
// Layer 2; pure.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "model/objective.h"
#include "policies/policy.h"
#include "policies/quantile.h"

namespace sweepjob {

// Kept after a comparison, without words.
[[nodiscard]] inline Verdict passed() {
  Verdict verdict;
  verdict.compared = true;
  return verdict;
}

// The verdict as the outcome of a comparison with `others`.
[[nodiscard]] inline Verdict among(std::vector<Compared> others, Verdict verdict) {
  verdict.compared = true;
  verdict.others = std::move(others);
  return verdict;
}

// The trials of a CurveTable that are compared and have `interval` values, ascending, without
// `self`, each with what value_of(trial, curve) says; nothing: it takes no part. O(trials).
template <class Table, class ValueOf>
[[nodiscard]] std::vector<Compared> others_in(const Table& table, TrialId self,
                                              std::uint32_t interval, const ValueOf& value_of) {
  std::vector<Compared> others;
  for (std::size_t i = 0; i < table.curves().size(); ++i) {
    const auto& curve = table.curves()[i];
    const auto trial = TrialId(i);
    if (trial == self || !table.counts(curve) || curve.values.size() < interval) continue;
    const std::optional<double> value = value_of(trial, curve);
    if (value) others.push_back({trial, *value, false});
  }
  return others;
}

// Marks the trials whose values, as keys, the bound is made of.
[[nodiscard]] inline std::vector<Compared> decided_by(Goal goal, const Quantile& bound,
                                                      std::vector<Compared> others) {
  for (Compared& other : others) {
    const double key = rank_key(goal, other.value);
    other.decides = key == bound.better || key == bound.worse;
  }
  return others;
}
[[nodiscard]] inline std::vector<Compared> decided_by(Goal goal, double key,
                                                      std::vector<Compared> others) {
  return decided_by(goal, Quantile{key, key, key}, std::move(others));
}
[[nodiscard]] inline std::vector<Compared> decided_by(TrialId trial, std::vector<Compared> others) {
  for (Compared& other : others) other.decides = other.trial == trial;
  return others;
}

}  // namespace sweepjob
