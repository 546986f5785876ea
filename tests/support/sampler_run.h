// A sampler's life without a sweep around it: trials that end one after the other.
#pragma once

#include <algorithm>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "tests/support/spaces.h"

namespace sweepjob::test {

inline void finish(SamplerUnderTest& sampler, std::uint32_t trial, Params params, double loss) {
  sampler.add(trial, std::move(params));
  sampler->observe(TrialEnded{TrialId{trial}, Status::Completed, loss, loss});
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
