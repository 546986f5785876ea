// Rng: randomness as a pure function of (seed, trial, parameter path). Layer 0; any thread.
//
// A restart proposes the same point, and a trial's values do not depend on scheduling (spec
// azure-sweep section 5). Each stream is SplitMix64 (Steele, Lea, Flood 2014) from a hashed start;
// the real-valued transforms are ours, because std's distributions differ between libraries.
#pragma once

#include <cstdint>
#include <string_view>

#include "model/ids.h"

namespace sweepjob {

class RandomStream {
 public:
  explicit RandomStream(std::uint64_t state) : state_(state) {}

  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }
  // In [0, 1): 53 bits.
  double uniform() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
  // In [0, bound), bound >= 1, unbiased (Lemire 2019).
  std::uint64_t below(std::uint64_t bound);

 private:
  std::uint64_t state_;
};

class Rng {
 public:
  explicit Rng(std::uint64_t seed) : seed_(seed) {}

  [[nodiscard]] std::uint64_t seed() const { return seed_; }
  [[nodiscard]] RandomStream stream(TrialId trial, std::string_view path) const;

 private:
  std::uint64_t seed_;
};

}  // namespace sweepjob
