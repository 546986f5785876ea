// A sampler's life without a sweep around it: trials that end one after the other.
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/spaces.h"

namespace sweepjob::test {

inline void finish(SamplerUnderTest& sampler, std::uint32_t trial, Params params, double loss) {
  sampler.add(trial, std::move(params));
  sampler->observe(TrialEnded{TrialId{trial}, Status::Completed, loss, loss});
}

// Trials 0 and on, which were proposed to another one.
inline void tell(SamplerUnderTest& sampler, const std::vector<Params>& tried,
                 const std::function<double(const Params&)>& loss_of) {
  for (std::uint32_t i = 0; i < tried.size(); ++i) finish(sampler, i, tried[i], loss_of(tried[i]));
}

// On square(), with its bottom at 0.3 and 0.8.
inline double bowl(const Params& params) {
  return std::pow(number(params[0].second) - 0.3, 2) + std::pow(number(params[1].second) - 0.8, 2);
}

// How many of the 64 parts of square() have a point.
inline std::size_t parts_with_points(const std::vector<Params>& points) {
  std::set<std::pair<int, int>> parts;
  for (const Params& params : points) {
    parts.emplace(static_cast<int>(number(params[0].second) * 8),
                  static_cast<int>(number(params[1].second) * 8));
  }
  return parts.size();
}

// Trials first to end - 1; the smallest loss among them. Fewer where the sampler has no more.
inline double run(SamplerUnderTest& sampler, const std::function<double(const Params&)>& loss_of,
                  std::uint32_t first, std::uint32_t end, std::uint64_t seed = 1) {
  double best = std::numeric_limits<double>::infinity();
  for (std::uint32_t trial = first; trial < end; ++trial) {
    std::vector<Params> asked = sampler.ask(trial, 1, seed);
    if (asked.empty()) break;
    const double loss = loss_of(asked[0]);
    best = std::min(best, loss);
    finish(sampler, trial, std::move(asked[0]), loss);
  }
  return best;
}

inline std::string note_of(const SamplerUnderTest& sampler, std::uint32_t trial,
                           std::uint64_t seed = 1) {
  const std::vector<TrialId> trials{TrialId{trial}};
  const Proposals answer = sampler->propose(trials, Rng(seed));
  const auto* proposals = std::get_if<std::vector<Proposal>>(&answer);
  return proposals == nullptr ? "" : proposals->at(0).note;
}

}  // namespace sweepjob::test
