// Grid: every combination of the choices (spec azure-sweep section 5). Trial i is point i, so the
// proposal is a function of the trial's index alone and nothing has to be remembered.
#include <fmt/format.h>

#include "model/check.h"
#include "samplers/catalog.h"
#include "samplers/numerics/draw.h"
#include "samplers/numerics/enumeration.h"

namespace sweepjob {
namespace {

class GridSampler : public Sampler {
 public:
  explicit GridSampler(const SearchSpace& space) : points_(space, kNaturalBase) {}

  void observe(const TrialEvent&) override {}

  [[nodiscard]] Proposals propose(std::span<const TrialId> trials, const Rng&) const override {
    SWEEPJOB_CHECK(!trials.empty(), "the caller says which trials it wants");
    std::vector<Proposal> proposals;
    for (const TrialId trial : trials) {
      if (index_of(trial) >= points_.size()) break;
      proposals.emplace_back().params = points_.at(index_of(trial));
    }
    if (proposals.empty()) return Exhausted{};
    return proposals;
  }

  [[nodiscard]] bool needs_results() const override { return false; }
  [[nodiscard]] bool is_enumeration() const override { return true; }

 private:
  Enumeration points_;
};

// Azure's service refuses other types; the error stands at the parameter.
void check_types(const SearchSpace& space, Findings& findings) {
  for (const LeafParameter& leaf : all_parameters(space)) {
    const Parameter& parameter = *leaf.parameter;
    if (parameter.kind == DistributionKind::Choice) continue;
    findings.error(parameter.where, "search_space." + parameter.path,
                   fmt::format("grid sampling takes only choice parameters, this one is {}",
                               to_string(parameter.kind)),
                   "list its values in a choice, or use random");
  }
}

std::unique_ptr<Sampler> make_grid(const SamplerContext& context, Findings& findings) {
  const std::size_t errors = findings.error_count();
  OptionReader(context.options, findings, context.strict).finish();
  check_types(context.space, findings);
  if (findings.error_count() > errors) return nullptr;

  const std::uint64_t points = grid_size(context.space);
  if (context.max_total_trials > 0 && points > context.max_total_trials) {
    findings.warning(
        context.options.where, context.options.path,
        fmt::format("the grid has {} points; only {} will run",
                    points == UINT64_MAX ? "more than can be counted" : std::to_string(points),
                    context.max_total_trials),
        "raise limits.max_total_trials to search all of it");
  }
  return std::make_unique<GridSampler>(context.space);
}

const SamplerEntry entry{"grid", make_grid};

}  // namespace
}  // namespace sweepjob
