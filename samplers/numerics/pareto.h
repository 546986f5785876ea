// Comparisons of several losses at once. Layer 2; pure functions. Every loss is minimised; a point
// dominates another if it is nowhere worse and somewhere better, so that equal points do not.
// Infinite losses are allowed, NaN is not.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace sweepjob {

using Losses = std::vector<double>;

[[nodiscard]] bool dominates(const Losses& a, const Losses& b);

// Indices by front: the first is dominated by none, the second by points of the first alone, and so
// on; within a front in their order. Points are looked at in lexicographic order, so that none can
// be dominated by a later one (X. Zhang et al., "An efficient approach to nondominated sorting for
// evolutionary multiobjective optimization", 2015).
[[nodiscard]] std::vector<std::vector<std::size_t>> non_dominated_fronts(
    std::span<const Losses> points);

// Of each point of one front (K. Deb et al., "A fast and elitist multiobjective genetic algorithm:
// NSGA-II", 2002): the sum over the losses of the distance between its two neighbours, as a share
// of the range; infinite at the ends. A loss that is equal for all adds nothing.
[[nodiscard]] std::vector<double> crowding_distances(std::span<const Losses> front);

// The volume between the points and `reference`, exactly. Points that are not better than it in
// every loss add nothing. By a sweep for two losses and the recursion of WFG above (L. While,
// L. Bradstreet, L. Barone, "A fast way of calculating exact hypervolumes", 2012), which is meant
// for tens of points in five losses, hundreds in three.
[[nodiscard]] double hypervolume(std::span<const Losses> points, const Losses& reference);

}  // namespace sweepjob
