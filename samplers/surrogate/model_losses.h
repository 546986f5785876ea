// Losses as a model is to see them. Layer 2; pure. Of losses of any size, also 1e300, each scale
// gives numbers of moderate size with mean 0 and deviation 1 (0 where all are equal), in the same
// order.
//
//   linear   as they are
//   log      log(y - min + (p - min)), p the 5th percentile: SMAC3's scale for losses with a long
//            tail, where what counts are ratios near the best
//   upper    as they are up to the median m, and above it m + r ln(1 + (y - m) / r), r = m - min:
//            one diverged training leaves no trace, and how bad the worse half is matters little
//   rank     the normal quantile of (rank - 1/2) / n, equal losses sharing their mean rank: no
//            outlier, whatever its size, weighs more than its neighbour
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace sweepjob {

enum class LossScale : std::uint8_t { Linear, Log, UpperLog, Rank };

[[nodiscard]] std::vector<double> model_losses(std::span<const double> losses, LossScale scale);

}  // namespace sweepjob
