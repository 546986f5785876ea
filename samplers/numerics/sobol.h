// Sobol points by index, and their scrambling. Layer 2; read-only after construction; any thread.
//
// Direction numbers: S. Joe and F. Y. Kuo, "Constructing Sobol sequences with better
// two-dimensional projections", SIAM J. Sci. Comput. 30 (2008), file new-joe-kuo-6.21201, as
// Boost.Random carries it: its first 3667 dimensions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace sweepjob {

class SobolSequence {
 public:
  static constexpr std::size_t kMaxDimensions = 3667;

  // At most kMaxDimensions.
  explicit SobolSequence(std::size_t dimensions);

  // Coordinate `dimension` of point `index` (0 is the origin) as a 32-bit binary fraction, in the
  // Gray-code order of the published generators. Costs at most 32 steps, whatever the index.
  [[nodiscard]] std::uint32_t at(std::uint32_t index, std::size_t dimension) const;

 private:
  std::size_t dimensions_;
  std::vector<std::uint32_t> directions_;  // 32 per dimension
};

// Nested uniform scrambling (A. B. Owen, "Randomly permuted (t,m,s)-nets and (t,s)-sequences",
// 1995): each binary digit is flipped or not by a random bit that depends on the digits before it.
// Every point becomes uniform in [0, 1), and the sequence keeps its equidistribution. One `key` per
// dimension. The digits past the 32nd are random too: 53 in all.
[[nodiscard]] double owen_scramble(std::uint32_t fraction, std::uint64_t key);

}  // namespace sweepjob
