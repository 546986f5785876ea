// Which finished trials a model is fitted to, so that its cost stays bounded. Layer 2; a pure
// function of the history.
//
// Of the first `results` to end, all while they are at most `limit`. Otherwise a quarter of the
// limit are the best, a quarter the latest ended, and the rest a random choice among the others,
// drawn once for each trial: from one fit to the next few of them change.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "model/rng.h"
#include "samplers/surrogate/history.h"

namespace sweepjob {

// Indices of history.all(), in the order of their ends.
[[nodiscard]] std::vector<std::uint32_t> training_rows(const History& history, std::size_t results,
                                                       std::size_t limit, const Rng& rng);

}  // namespace sweepjob
