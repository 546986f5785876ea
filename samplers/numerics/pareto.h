// The order of NSGA-II: ranks of non-domination, and crowding within a rank. Layer 2; pure; any
// thread. K. Deb, A. Pratap, S. Agarwal, T. Meyarivan, "A fast and elitist multiobjective genetic
// algorithm: NSGA-II", IEEE Transactions on Evolutionary Computation 6 (2002), sections III-A, B.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace sweepjob {

using Losses = std::vector<std::vector<double>>;  // a row each: finite, minimised

// 0 for the front, 1 for the front of the rest, and so on. Rows squared times objectives.
[[nodiscard]] std::vector<std::uint32_t> domination_ranks(const Losses& losses);

// Of rows of one rank, by index: the sum over the objectives of the gap between a row's neighbours,
// in parts of the objective's range; infinite at either end. Objectives that are constant add 0.
[[nodiscard]] std::vector<double> crowding_distances(const Losses& losses,
                                                     const std::vector<std::uint32_t>& rows);

// The best `count` rows: by rank, and in the last rank by crowding, the least crowded first; of
// equal ones the earlier row. Ascending.
[[nodiscard]] std::vector<std::uint32_t> select_elite(const Losses& losses, std::size_t count);

}  // namespace sweepjob
