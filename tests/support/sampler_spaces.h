// The search spaces on which every sampler is tried, and what can be said of parameters drawn from
// them. The checks are written from section 6 of azure-sweep alone: they share no code with the
// samplers that they judge.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/spaces.h"

namespace sweepjob::test {

struct NamedSpace {
  std::string name;
  SearchSpace space;
  std::uint64_t points = 0;  // 0: more than any test tries
};

// Each list has the same in forms of its own for samplers that do not take everything: the widest
// first, numbers without branches, choices, and one choice of entries.
[[nodiscard]] std::vector<NamedSpace> wide_spaces();   // every kind, branches two deep, constants
[[nodiscard]] std::vector<NamedSpace> small_spaces();  // few points, each of them different
[[nodiscard]] std::vector<NamedSpace> constant_spaces();  // one point
[[nodiscard]] std::vector<NamedSpace> large_spaces();     // 200 parameters

// What is wrong with the parameters, "" for nothing: keys and their order, type, bounds, multiples
// of q, entries and what belongs to them. Logarithmic kinds have base e.
[[nodiscard]] std::string fault_of(const SearchSpace& space, const Params& params);

// By path, for each parameter the chance that independent draws from its distribution are as far
// from it as these: Kolmogorov and Smirnov's for real values, chi-square for others. A nested one
// is judged where its entry was taken, and only with at least 50 values.
[[nodiscard]] std::map<std::string, double> chances(const SearchSpace& space,
                                                    const std::vector<Params>& sample);

}  // namespace sweepjob::test
