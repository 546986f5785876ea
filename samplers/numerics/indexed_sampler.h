// IndexedSampler: point i for trial i, whatever came of the others. Layer 2; what random and qmc
// share.
//
// A value is a function of (seed, trial, parameter path) alone: not of the batch, of other trials
// or of restarts. Only forbidden duplicates make earlier proposals matter: a repeated point is
// drawn again from a stream of its own, and a finite space is used up exactly.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "samplers/numerics/enumeration.h"
#include "samplers/sampler.h"

namespace sweepjob {

class IndexedSampler : public Sampler {
 public:
  // In [0, 1]: coordinate `dimension` of point `index`, that of the parameter with this path. The
  // keys of a scrambling come from streams of TrialId{}: the same for all trials.
  using Sequence = std::function<double(std::uint32_t index, std::size_t dimension,
                                        const std::string& path, const Rng& rng)>;

  // Without a sequence the draws are independent.
  IndexedSampler(const SamplerContext& context, double logbase, Sequence sequence);

  void observe(const TrialEvent& event) override;
  [[nodiscard]] Proposals propose(std::span<const TrialId> trials, const Rng& rng) const override;
  [[nodiscard]] bool needs_results() const override { return false; }

 private:
  struct Leaf {
    std::string branch_path;
    std::size_t dimension = 0;
  };

  [[nodiscard]] Params draw_once(TrialId trial, const Rng& rng, int attempt) const;
  [[nodiscard]] std::optional<Params> draw_new(TrialId trial, const Rng& rng,
                                               std::unordered_set<std::string>& batch) const;

  const SearchSpace& space_;
  double logbase_;
  bool allow_duplicates_;
  Sequence sequence_;
  Enumeration points_;
  std::unordered_map<const Parameter*, Leaf> leaves_;
  std::unordered_set<std::string> proposed_;  // when duplicates are forbidden
};

// Scrambled or plain Sobol points for `dimensions` parameters, at most SobolSequence's.
[[nodiscard]] IndexedSampler::Sequence sobol_sequence(std::size_t dimensions, bool scramble);

}  // namespace sweepjob
