// Random: independent draws (rule: random) or scrambled Sobol points (rule: sobol); spec
// azure-sweep section 5. A value depends on (seed, trial, parameter path) alone: not on the batch,
// on other trials or on restarts. Only forbidden duplicates make earlier proposals matter.
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include <fmt/format.h>

#include "model/check.h"
#include "samplers/catalog.h"
#include "samplers/numerics/draw.h"
#include "samplers/numerics/enumeration.h"
#include "samplers/numerics/sobol.h"

namespace sweepjob {
namespace {

// Draws of one trial before the search for a new point becomes systematic.
constexpr int kDrawsPerTrial = 100;

// Both ends included.
double closed_uniform(RandomStream stream) {
  return static_cast<double>(stream.next() >> 11) / (0x1p53 - 1);
}

class RandomSampler : public Sampler {
 public:
  RandomSampler(const SamplerContext& context, bool sobol, double logbase)
      : space_(context.space),
        logbase_(logbase),
        allow_duplicates_(context.allow_duplicates),
        points_(space_, logbase) {
    for (const LeafParameter& leaf : all_parameters(space_)) {
      leaves_.emplace(leaf.parameter, Leaf{leaf.branch_path, leaves_.size()});
    }
    if (sobol) sequence_.emplace(leaves_.size());
  }

  void observe(const TrialEvent& event) override {
    if (allow_duplicates_) return;
    if (const auto* added = std::get_if<TrialAdded>(&event)) {
      proposed_.insert(to_json(added->proposal.params, true));
    }
  }

  [[nodiscard]] Proposals propose(std::span<const TrialId> trials, const Rng& rng) const override {
    SWEEPJOB_CHECK(!trials.empty(), "the caller says which trials it wants");
    std::vector<Proposal> proposals;
    std::unordered_set<std::string> batch;
    for (const TrialId trial : trials) {
      auto params = allow_duplicates_ ? draw_once(trial, rng, 0) : draw_new(trial, rng, batch);
      if (!params) break;
      proposals.emplace_back().params = std::move(*params);
    }
    if (proposals.empty()) return Exhausted{};
    return proposals;
  }

  [[nodiscard]] bool needs_results() const override { return false; }

 private:
  struct Leaf {
    std::string branch_path;
    std::size_t dimension = 0;
  };

  // Attempts after the first are plain random draws from streams of their own, under either rule.
  [[nodiscard]] std::optional<Params> draw_once(TrialId trial, const Rng& rng, int attempt) const {
    const auto uniform = [&](const Parameter& parameter) {
      const Leaf& leaf = leaves_.at(&parameter);
      if (attempt > 0) {
        return closed_uniform(rng.stream(trial, fmt::format("{}#{}", leaf.branch_path, attempt)));
      }
      if (!sequence_) return closed_uniform(rng.stream(trial, leaf.branch_path));
      // The scrambling belongs to the sweep and the parameter: the same for all trials.
      RandomStream key = rng.stream(TrialId{}, "sobol:" + leaf.branch_path);
      return owen_scramble(sequence_->at(index_of(trial), leaf.dimension), key.next());
    };
    return draw_params(space_, uniform, logbase_);
  }

  // Params that no trial has yet, noted in `batch`; nothing when the space is used up.
  [[nodiscard]] std::optional<Params> draw_new(TrialId trial, const Rng& rng,
                                               std::unordered_set<std::string>& batch) const {
    const auto take = [&](const Params& params) {
      std::string text = to_json(params, true);
      return !proposed_.contains(text) && batch.insert(std::move(text)).second;
    };
    for (int attempt = 0; attempt < kDrawsPerTrial; ++attempt) {
      auto params = draw_once(trial, rng, attempt);
      if (take(*params)) return params;
    }
    // Nearly used up: the next free point from a random one on. A space with real-valued
    // parameters comes here only when rounding leaves them next to no values.
    if (!points_.size()) return std::nullopt;
    const std::uint64_t start = rng.stream(trial, "#").below(*points_.size());
    for (std::uint64_t step = 0; step < *points_.size(); ++step) {
      const std::uint64_t to_end = *points_.size() - start;
      auto params = points_.at(step < to_end ? start + step : step - to_end);
      if (take(params)) return params;
    }
    return std::nullopt;
  }

  const SearchSpace& space_;
  double logbase_;
  bool allow_duplicates_;
  Enumeration points_;
  std::unordered_map<const Parameter*, Leaf> leaves_;
  std::optional<SobolSequence> sequence_;     // rule: sobol
  std::unordered_set<std::string> proposed_;  // when duplicates are forbidden
};

std::unique_ptr<Sampler> make_random(const SamplerContext& context, Findings& findings) {
  const std::size_t errors = findings.error_count();
  OptionReader reader(context.options, findings, context.strict);
  const bool sobol = reader.word("rule", {"random", "sobol"}).value_or("random") == "sobol";
  // The core resolves the seed and hands it over in the Rng; here it is only checked.
  static_cast<void>(reader.integer("seed"));
  const double logbase = read_logbase(reader);
  const std::size_t dimensions = all_parameters(context.space).size();
  if (sobol && dimensions > SobolSequence::kMaxDimensions) {
    reader.fail("rule",
                fmt::format("sobol has {} dimensions, the search space has {} parameters",
                            SobolSequence::kMaxDimensions, dimensions),
                "use rule: random");
  }
  reader.finish();
  if (findings.error_count() > errors) return nullptr;
  return std::make_unique<RandomSampler>(context, sobol, logbase);
}

const SamplerEntry entry{"random", make_random};

}  // namespace
}  // namespace sweepjob
