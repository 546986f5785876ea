#include "policies/verdict_text.h"

#include <cmath>

#include <fmt/format.h>

#include "model/value.h"

namespace sweepjob {

Verdict stopped(std::string_view name, std::uint32_t interval, std::string_view why) {
  return {true, fmt::format("{}: at interval {} {}", name, interval, why), /*compared=*/true};
}

Verdict kept(std::string_view name, std::uint32_t interval, std::string_view why) {
  return {false, fmt::format("{}: at interval {} {}: kept", name, interval, why)};
}

std::string inequality(Goal goal, double own, double bound) {
  if (is_worst(own)) return "nan is worse than " + python_float(bound);
  if (is_worst(bound)) return python_float(own) + " is better than nan";
  const bool misses = better(goal, bound, own);
  const char* relation = goal == Goal::Minimize ? (misses ? ">" : "<=") : (misses ? "<" : ">=");
  return fmt::format("{} {} {}{}", python_float(own), relation, python_float(bound),
                     misses ? "" : ", by " + python_float(std::fabs(own - bound)));
}

std::string holders_text(Goal goal, const Quantile& quantile,
                         const std::function<std::optional<TrialId>(double)>& holder_of) {
  const auto holder = [&](double key) {
    const std::optional<TrialId> trial = holder_of(key);
    const std::string value = python_float(value_of_key(goal, key));
    return trial ? fmt::format("trial {} ({})", index_of(*trial), value) : value;
  };
  if (quantile.better == quantile.worse) return ", that of " + holder(quantile.better);
  return ", between " + holder(quantile.better) + " and " + holder(quantile.worse);
}

}  // namespace sweepjob
