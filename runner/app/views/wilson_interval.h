// The score interval of a share of successes. Layer 6; pure.
//
//   (p + z^2/2n +- z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n),  p = successes/n,
//
// z the (1 + confidence)/2 quantile of the normal distribution: E. B. Wilson, "Probable inference,
// the law of succession, and statistical inference", JASA 22 (1927). Unlike p +- z sqrt(p(1-p)/n)
// it says something where n is small or p is 0 or 1, as control arms are; L. D. Brown, T. T. Cai
// and A. DasGupta, "Interval estimation for a binomial proportion", Statistical Science 16 (2001),
// recommend it there. Boost.Math's binomial_distribution has Clopper-Pearson and Jeffreys, not it.
#pragma once

#include <cstdint>
#include <optional>

namespace sweepjob {

struct ShareInterval {
  double low = 0;
  double high = 1;
};

// Nothing without trials. `confidence` lies between 0 and 1, `successes` is at most `trials`.
[[nodiscard]] std::optional<ShareInterval> wilson_interval(std::uint64_t successes,
                                                           std::uint64_t trials,
                                                           double confidence = 0.95);

}  // namespace sweepjob
