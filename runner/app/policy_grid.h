// The grid of `whatif --grid KEY=POINTS`: which policies to try. Layer 6; pure.
//
// POINTS is FROM:TO:COUNT, evenly spaced with both ends, or a list a,b,c of numbers or words.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/result.h"

namespace sweepjob {

struct GridAxis {
  std::string key;                  // of the policy; dotted where it is inside another
  std::vector<std::string> points;  // as YAML
  std::vector<double> numbers;      // as long as points; empty: some are words
};

// What is tried together: (key, YAML) for each axis.
using GridPoint = std::vector<std::pair<std::string, std::string>>;

// Usage, with what was expected.
[[nodiscard]] Result<GridAxis> parse_grid_axis(std::string_view text);
// One or two axes, at most 10,000 points: all combinations, the last axis fastest.
[[nodiscard]] Result<std::vector<GridPoint>> grid_points(const std::vector<GridAxis>& axes);

}  // namespace sweepjob
