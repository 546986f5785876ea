#include "samplers/numerics/indexed_sampler.h"

#include <memory>

#include <fmt/format.h>

#include "model/check.h"
#include "samplers/numerics/draw.h"
#include "samplers/numerics/sobol.h"

namespace sweepjob {
namespace {

// Draws of one trial before the search for a new point becomes systematic.
constexpr int kDrawsPerTrial = 100;

// Both ends included.
double closed_uniform(RandomStream stream) {
  return static_cast<double>(stream.next() >> 11) / (0x1p53 - 1);
}

}  // namespace

IndexedSampler::IndexedSampler(const SamplerContext& context, double logbase, Sequence sequence)
    : space_(context.space),
      logbase_(logbase),
      allow_duplicates_(context.allow_duplicates),
      sequence_(std::move(sequence)),
      points_(space_, logbase) {
  for (const LeafParameter& leaf : all_parameters(space_)) {
    leaves_.emplace(leaf.parameter, Leaf{leaf.branch_path, leaves_.size()});
  }
}

void IndexedSampler::observe(const TrialEvent& event) {
  if (allow_duplicates_) return;
  if (const auto* added = std::get_if<TrialAdded>(&event)) {
    proposed_.insert(to_json(added->proposal.params, true));
  }
}

Proposals IndexedSampler::propose(std::span<const TrialId> trials, const Rng& rng) const {
  SWEEPJOB_CHECK(!trials.empty(), "the caller says which trials it wants");
  std::vector<Proposal> proposals;
  std::unordered_set<std::string> batch;
  for (const TrialId trial : trials) {
    auto params = allow_duplicates_ ? draw_once(trial, rng, 0) : draw_new(trial, rng, batch);
    if (!params) break;
    proposals.emplace_back().params = *std::move(params);
  }
  if (proposals.empty()) return Exhausted{};
  return proposals;
}

// Attempts after the first are plain random draws from streams of their own, under every rule.
Params IndexedSampler::draw_once(TrialId trial, const Rng& rng, int attempt) const {
  const auto uniform = [&](const Parameter& parameter) {
    const Leaf& leaf = leaves_.at(&parameter);
    if (attempt > 0) {
      return closed_uniform(rng.stream(trial, fmt::format("{}#{}", leaf.branch_path, attempt)));
    }
    if (!sequence_) return closed_uniform(rng.stream(trial, leaf.branch_path));
    return sequence_(index_of(trial), leaf.dimension, leaf.branch_path, rng);
  };
  return draw_params(space_, uniform, logbase_);
}

// Params that no trial has yet, noted in `batch`; nothing when the space is used up.
std::optional<Params> IndexedSampler::draw_new(TrialId trial, const Rng& rng,
                                               std::unordered_set<std::string>& batch) const {
  const auto take = [&](const Params& params) {
    std::string text = to_json(params, true);
    return !proposed_.contains(text) && batch.insert(std::move(text)).second;
  };
  for (int attempt = 0; attempt < kDrawsPerTrial; ++attempt) {
    Params params = draw_once(trial, rng, attempt);
    if (take(params)) return params;
  }
  // Nearly used up: the next free point from a random one on. A space with real-valued
  // parameters comes here only when rounding leaves them next to no values.
  if (!points_.size()) return std::nullopt;
  const std::uint64_t start = rng.stream(trial, "#").below(*points_.size());
  for (std::uint64_t step = 0; step < *points_.size(); ++step) {
    const std::uint64_t to_end = *points_.size() - start;
    Params params = points_.at(step < to_end ? start + step : step - to_end);
    if (take(params)) return params;
  }
  return std::nullopt;
}

IndexedSampler::Sequence sobol_sequence(std::size_t dimensions, bool scramble) {
  const auto points = std::make_shared<const SobolSequence>(dimensions);
  return [points, scramble](std::uint32_t index, std::size_t dimension, const std::string& path,
                            const Rng& rng) {
    const std::uint32_t fraction = points->at(index, dimension);
    if (!scramble) return static_cast<double>(fraction) * 0x1p-32;
    // The scrambling belongs to the sweep and the parameter: the same for all trials.
    RandomStream key = rng.stream(TrialId{}, "sobol:" + path);
    return owen_scramble(fraction, key.next());
  };
}

}  // namespace sweepjob
