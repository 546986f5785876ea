// The words of verdicts that several policies share. Layer 2.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "model/objective.h"
#include "policies/policy.h"
#include "policies/quantile.h"

namespace sweepjob {

// "NAME: at interval N WHY", after a comparison
[[nodiscard]] Verdict stopped(std::string_view name, std::uint32_t interval, std::string_view why);
// "NAME: at interval N WHY: kept", without one (policies/comparison.h)
[[nodiscard]] Verdict kept(std::string_view name, std::uint32_t interval, std::string_view why);

// "0.7 > 0.6" or "0.5 <= 0.6, by 0.1": how an own value stands to the bound that it must reach.
// One of the two may be WORST, the better one never is.
[[nodiscard]] std::string inequality(Goal goal, double own, double bound);

// For explanations: ", that of trial 3 (0.5)" or ", between trial 3 (0.5) and trial 4 (0.7)".
// holder_of(key) is the lowest trial that has the key.
[[nodiscard]] std::string holders_text(
    Goal goal, const Quantile& quantile,
    const std::function<std::optional<TrialId>(double)>& holder_of);

}  // namespace sweepjob
