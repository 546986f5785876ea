// The words of verdicts that several policies share: "NAME: at interval N WHY", with ": kept" when
// it is. Layer 2.
#pragma once

#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "model/objective.h"
#include "model/value.h"
#include "policies/policy.h"
#include "policies/quantile.h"

namespace sweepjob {

[[nodiscard]] inline Verdict stopped(std::string_view name, std::uint32_t interval,
                                     std::string_view why) {
  return {true, fmt::format("{}: at interval {} {}", name, interval, why)};
}

[[nodiscard]] inline Verdict kept(std::string_view name, std::uint32_t interval,
                                  std::string_view why) {
  return {false, fmt::format("{}: at interval {} {}: kept", name, interval, why)};
}

// "0.7 > 0.6" or "0.5 <= 0.6, by 0.1": how an own value stands to the bound that it must reach.
// One of the two may be WORST, the better one never is.
[[nodiscard]] inline std::string inequality(Goal goal, double own, double bound) {
  if (is_worst(own)) return "nan is worse than " + python_float(bound);
  if (is_worst(bound)) return python_float(own) + " is better than nan";
  const bool short_of = better(goal, bound, own);
  const char* relation = goal == Goal::Minimize ? (short_of ? ">" : "<=") : short_of ? "<" : ">=";
  return fmt::format("{} {} {}{}", python_float(own), relation, python_float(bound),
                     short_of ? "" : ", by " + python_float(std::fabs(own - bound)));
}

// For explanations: ", that of trial 3 (0.5)" or ", between trial 3 (0.5) and trial 4 (0.7)".
// holder_of(key) is the lowest trial that has the key.
template <class HolderOf>
[[nodiscard]] std::string holders_text(Goal goal, const Quantile& quantile,
                                       const HolderOf& holder_of) {
  const auto holder = [&](double key) {
    const std::optional<TrialId> trial = holder_of(key);
    const std::string value = python_float(value_of_key(goal, key));
    return trial ? fmt::format("trial {} ({})", index_of(*trial), value) : value;
  };
  if (quantile.better == quantile.worse) return ", that of " + holder(quantile.better);
  return ", between " + holder(quantile.better) + " and " + holder(quantile.worse);
}

}  // namespace sweepjob
