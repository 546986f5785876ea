// The standard normal distribution. Layer 2; pure.
#pragma once

#include "model/rng.h"

namespace sweepjob {

// One number of the stream for each draw (the quantile function: std's distributions differ between
// libraries).
[[nodiscard]] double normal_draw(RandomStream& stream);
[[nodiscard]] double normal_quantile(double probability);  // of a probability inside (0, 1)
[[nodiscard]] double normal_probability(double z);         // of a draw below z, infinities included

}  // namespace sweepjob
