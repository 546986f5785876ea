#include "runner/app/views/wilson_interval.h"

#include <algorithm>
#include <cmath>

#include <boost/math/distributions/normal.hpp>

#include "model/check.h"

namespace sweepjob {

std::optional<ShareInterval> wilson_interval(std::uint64_t successes, std::uint64_t trials,
                                             double confidence) {
  SWEEPJOB_CHECK(successes <= trials && confidence > 0 && confidence < 1, "a share of trials");
  if (trials == 0) return std::nullopt;
  const double z = boost::math::quantile(boost::math::normal(), (1 + confidence) / 2);
  const auto n = static_cast<double>(trials);
  const double p = static_cast<double>(successes) / n;
  const double middle = p + z * z / (2 * n);
  const double half = z * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
  const double scale = 1 + z * z / n;
  // Exact at the ends, where rounding would leave 1e-17.
  return ShareInterval{successes == 0 ? 0 : std::max(0.0, (middle - half) / scale),
                       successes == trials ? 1 : std::min(1.0, (middle + half) / scale)};
}

}  // namespace sweepjob
