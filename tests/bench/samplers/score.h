// Scores: what a sampler's runs come to beside random search. Pure functions; any thread.
//
//   score(N) = max(floor, median over the seeds of its regret after N trials
//                         / median over kReferenceSeeds other seeds of random search's)
//
// The score of several problems is the geometric mean of theirs. 1 is random search; smaller is
// better.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace sweepjob::bench {

// Trials after which a run is judged.
inline constexpr std::array<std::uint32_t, 4> kCheckpoints{20, 50, 100, 200};

// Below these, less regret is no better. A finite space has a best point that is found or not: its
// regret of nought would outweigh all other problems, so finding it counts as a hundredth.
inline constexpr double kFloor = 1e-6;
inline constexpr double kFiniteFloor = 1e-2;

inline constexpr std::uint32_t kReferenceSeeds = 200;
inline constexpr std::uint64_t kFirstReferenceSeed = 1'000'001;  // beyond those of any sampler

struct Quartiles {
  double low = 0, median = 0, high = 0;
};
// Linear between the two nearest; `values` is not empty.
[[nodiscard]] Quartiles quartiles_of(std::vector<double> values);

// What a sampler came to in one problem.
struct Outcome {
  std::string problem;
  std::uint32_t pending = 1;
  std::uint32_t seeds = 0;
  std::size_t checkpoints = kCheckpoints.size();  // as many as were reached
  std::array<Quartiles, kCheckpoints.size()> regret{};
};

[[nodiscard]] double score_of(double median_regret, double random_regret, double floor);
// The standard error of the logarithm of the score, from the quartiles: 1.25 sigma / sqrt(seeds),
// as of the median of a normal distribution.
[[nodiscard]] double error_of(const Quartiles& regret, double random_regret, double floor,
                              std::uint32_t seeds);
[[nodiscard]] double geometric_mean(std::span<const double> scores);

}  // namespace sweepjob::bench
