// The catalog of policies: name -> factory. A policy's file ends in
//   const PolicyEntry entry{"threshold", make_threshold};
// A name taken twice stops the program at start. Read-only after main() begins; any thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "policies/policy.h"

namespace sweepjob {

struct PolicyEntry {
  PolicyEntry(const char* name, PolicyFactory factory);
};

[[nodiscard]] std::vector<std::string> policy_names();  // sorted
// By context.options.type. An unknown name is an error finding with the nearest known one, and
// under context.strict so is a policy that Azure does not have.
[[nodiscard]] std::unique_ptr<TerminationPolicy> make_policy(const PolicyContext& context,
                                                             Findings& findings);

// A policy inside a policy: the outer one's context with other options.
[[nodiscard]] std::unique_ptr<TerminationPolicy> make_inner_policy(const PolicyContext& outer,
                                                                   const Options& options,
                                                                   Findings& findings);

}  // namespace sweepjob
