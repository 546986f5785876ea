// What `whatif` prints: one policy in full, or a row a policy of a grid. Layer 6; pure.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

#include "manifests/spec/sweep_spec.h"
#include "model/value.h"
#include "runner/app/policy_grid.h"
#include "runner/app/views/plot.h"
#include "runner/app/whatif.h"

namespace sweepjob {

struct WhatIfHead {
  const RecordedCurves* curves = nullptr;
  SweepSpec spec;  // with the policy that was tried
  std::uint32_t top_k = 5;
  std::vector<std::string> grid_keys = {};  // of the policy: each point has its own
};

void print_whatif(std::ostream& out, const WhatIfHead& head, const WhatIf& result);
[[nodiscard]] Value whatif_document(const WhatIfHead& head, const WhatIf& result);

// `results` beside `points`, without their cuts.
void print_whatif_grid(std::ostream& out, const WhatIfHead& head,
                       const std::vector<GridPoint>& points, const std::vector<WhatIf>& results);
[[nodiscard]] Value whatif_grid_document(const WhatIfHead& head,
                                         const std::vector<GridPoint>& points,
                                         const std::vector<WhatIf>& results);
// One numeric axis: saved steps and regret by its value; else regret by saved steps.
[[nodiscard]] std::vector<Plot> whatif_plots(const std::vector<GridAxis>& axes,
                                             const std::vector<GridPoint>& points,
                                             const std::vector<WhatIf>& results);

// "digits: bandit (slack_factor 0.1), judged at every interval from interval 3 on"
[[nodiscard]] std::string whatif_title(const WhatIfHead& head);

}  // namespace sweepjob
