#include "samplers/numerics/normal.h"

#include <cmath>

#include <boost/math/distributions/normal.hpp>

namespace sweepjob {
namespace {

// In double, not long double: the same value on machines whose long double differs.
using Normal = boost::math::normal_distribution<
    double, boost::math::policies::policy<boost::math::policies::promote_double<false>>>;

}  // namespace

double normal_quantile(double probability) { return boost::math::quantile(Normal(), probability); }

double normal_draw(RandomStream& stream) {
  // The middles of 2^52 equal cells, each a double: never 0 or 1.
  return normal_quantile((static_cast<double>(stream.next() >> 12) + 0.5) * 0x1p-52);
}

double normal_probability(double z) {
  if (std::isinf(z)) return z > 0 ? 1 : 0;
  return boost::math::cdf(Normal(), z);
}

}  // namespace sweepjob
