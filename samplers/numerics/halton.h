// Halton points by index, and their scrambling. Layer 2; pure functions; any thread.
//
//   phi(i) = sum of d_k b^-(k+1),  i = sum of d_k b^k,  b the prime of the dimension
//
// J. H. Halton, "On the efficiency of certain quasi-random sequences of points", 1960. Scrambled:
// every digit d_k, those beyond the index's own included, becomes (a_k d_k + c_k) mod b with random
// a_k > 0 and c_k, the random linear scrambling of J. Matousek, "On the L2-discrepancy for anchored
// boxes", 1998. Like the random permutations of A. B. Owen, "A randomized Halton algorithm in R",
// 2017 (the same in bases 2 and 3), it makes each point uniform, keeps the equidistribution and
// parts the otherwise aligned large primes, and it needs no tables.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sweepjob {

// As many as Boost.Math has primes.
inline constexpr std::size_t kHaltonDimensions = 10'000;

// Coordinate `dimension` of point `index`; 0 for the first point.
[[nodiscard]] double halton(std::uint32_t index, std::size_t dimension);
// One key for each dimension.
[[nodiscard]] double scrambled_halton(std::uint32_t index, std::size_t dimension,
                                      std::uint64_t key);

}  // namespace sweepjob
