// Optuna's HyperbandPruner: trials are dealt to brackets by a hash, and in each runs a successive
// halving pruner of its own (optuna_halving.h) that starts later than the one before.
//   n = floor(log_eta(max_resource / min_resource)) + 1 brackets, b = 0 .. n-1
//   bracket b: rungs at min_resource * eta^(b + r); share a_b = ceil(n * eta^(n-1-b) / (n - b))
//   trial t is in the first b with a_0 + ... + a_b > crc32("<study_name>_<t>") mod (a_0 + ... )
//   max_resource auto = 1 + the most reports of a trial that has Completed when it is first
//   needed; before that nobody is stopped
// Only trials of one bracket are compared. study_name defaults to the sweep's `name` in the job
// file, or to nothing where that gives none: whoever wants Optuna's own draw writes its study's
// name. Hyperband in two other senses: `asha` with brackets, and W&B's.
#include <boost/crc.hpp>

#include "policies/catalog.h"
#include "policies/hyperband_shares.h"
#include "policies/optuna_halving.h"
#include "policies/read_options.h"

namespace sweepjob {
namespace {

std::uint32_t crc32(const std::string& text) {
  boost::crc_32_type crc;
  crc.process_bytes(text.data(), text.size());
  return crc.checksum();
}

// In integers: a logarithm of 243 to the base of 3 may come out below 5.
std::vector<std::uint64_t> first_levels_of(std::uint64_t least, std::uint64_t most,
                                           std::uint64_t eta) {
  std::vector<std::uint64_t> levels;
  for (std::uint64_t level = least; level <= most; level *= eta) levels.push_back(level);
  return levels;
}

std::unique_ptr<TerminationPolicy> make_optuna_hyperband(const PolicyContext& context,
                                                         Findings& findings) {
  OptionReader reader(context.options, findings, context.strict);
  const std::uint32_t least = read_count(reader, "min_resource", 1, 1);
  const auto most = read_count_or_auto(reader, "max_resource", 1, std::nullopt);
  OptunaHalving rule = read_halving(reader,
                                    {.policy = "optuna_hyperband",
                                     .reduction_factor = 3,
                                     .resource = "max_resource",
                                     .usual_resource = 81},
                                    most);
  const std::uint64_t eta = rule.reduction_factor;
  const std::string study = reader.text("study_name").value_or(std::string(context.sweep_name));
  if (most && *most < least) {
    reader.fail("max_resource", "max_resource " + std::to_string(*most) +
                                    " is below min_resource " + std::to_string(least));
  }
  reader.finish();
  rule.first_levels = [=](std::uint32_t longest) {
    if (most) return first_levels_of(least, *most, eta);
    return longest == 0 ? std::vector<std::uint64_t>()
                        : first_levels_of(least, std::uint64_t{longest} + 1, eta);
  };
  rule.bracket_of = [=](TrialId trial, std::size_t brackets) {
    const std::vector<std::uint64_t> shares = hyperband_shares(brackets, eta);
    const std::uint32_t hash = crc32(study + "_" + std::to_string(index_of(trial)));
    return bracket_at(shares, hash % total_of(shares));
  };
  return make_halving(context, std::move(rule));
}

const PolicyEntry entry{"optuna_hyperband", make_optuna_hyperband};

}  // namespace
}  // namespace sweepjob
