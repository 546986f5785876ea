// What to say when a trial has ended without the primary metric (azure-sweep sections 13 and 16,
// complaint 1): the names that were seen, and the one that was probably meant. Layer 3; pure.
// Called by the application after the first finished trial without it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sweepjob {

struct MissingMetric {
  std::string nearest;  // empty: none is near
  std::string text;     // for the user, a line or two
};

// `seen`: the names logged, in any order. Near is a name that differs in little (nearest_word), or
// that has `primary` as one of its parts: eval/acc or val_acc for acc, and acc for val_acc.
[[nodiscard]] MissingMetric explain_missing_metric(std::string_view primary,
                                                   std::vector<std::string> seen);

}  // namespace sweepjob
