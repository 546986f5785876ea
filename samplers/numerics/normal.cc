#include "samplers/numerics/normal.h"

#include <boost/math/distributions/normal.hpp>

namespace sweepjob {

double normal_quantile(double probability) {
  using Policy = boost::math::policies::policy<boost::math::policies::promote_double<false>>;
  return boost::math::quantile(boost::math::normal_distribution<double, Policy>(), probability);
}

double normal_draw(RandomStream& stream) {
  // The middles of 2^53 equal cells: never 0 or 1.
  return normal_quantile((static_cast<double>(stream.next() >> 11) + 0.5) * 0x1p-53);
}

}  // namespace sweepjob
