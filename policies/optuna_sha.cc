// Optuna's SuccessiveHalvingPruner; not the budget sampler `successive_halving`, which starts and
// promotes trials, where this only stops running ones.
//   rung r at level min_resource * reduction_factor^(min_early_stopping_rate + r); stay in only as
//   one of the best max(floor(c / reduction_factor), 1) of the c that have a result there
//   min_resource auto = max(floor(longest / 100), 1), longest = most reports of a trial that has
//   Completed when it is first needed
// The rest of the rule, and what of it depends on time: optuna_halving.h.
#include "policies/catalog.h"
#include "policies/optuna_halving.h"
#include "policies/read_options.h"

namespace sweepjob {
namespace {

constexpr std::uint32_t kParts = 100;  // auto: so many parts of the longest trial

// Far beyond any interval where it overflows.
std::uint64_t scaled(std::uint64_t level, std::uint64_t factor, std::uint32_t times) {
  while (times-- > 0 && level <= kMostIntervals) level *= factor;
  return level;
}

std::unique_ptr<TerminationPolicy> make_optuna_sha(const PolicyContext& context,
                                                   Findings& findings) {
  OptionReader reader(context.options, findings, context.strict);
  const auto min_resource = read_count_or_auto(reader, "min_resource", 1, std::nullopt);
  const std::uint32_t rate = read_count(reader, "min_early_stopping_rate", 0, 0);
  OptunaHalving rule = read_halving(
      reader, {.policy = "optuna_sha", .reduction_factor = 4, .resource = "min_resource"},
      min_resource);
  const std::uint64_t eta = rule.reduction_factor;
  if (scaled(min_resource.value_or(1), eta, rate) > kMostIntervals) {
    reader.fail("min_early_stopping_rate", "the first rung would lie beyond any trial's end");
  }
  reader.finish();
  rule.first_levels = [=](std::uint32_t longest) -> std::vector<std::uint64_t> {
    if (min_resource) return {scaled(*min_resource, eta, rate)};
    if (longest == 0) return {};
    return {scaled(std::max(longest / kParts, 1U), eta, rate)};
  };
  rule.bracket_of = [](TrialId, std::size_t) { return std::size_t{0}; };
  return make_halving(context, std::move(rule));
}

const PolicyEntry entry{"optuna_sha", make_optuna_sha};

}  // namespace
}  // namespace sweepjob
