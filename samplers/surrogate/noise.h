// noise_share(): how much of what trials report is noise, from their points alone. Layer 2; pure;
// any thread.
//
// The Gamma test (A. Stefansson, N. Koncar, A. J. Jones, "A note on the Gamma test", Neural
// Computing & Applications 5, 1997): over the k nearest neighbours of every point, k = 1 to 10, the
// mean squared distance d(k) and half the mean squared difference of values g(k); the line through
// (d, g) meets d = 0 at the variance of the noise.
#pragma once

#include <vector>

#include "samplers/surrogate/encoding.h"

namespace sweepjob {

// The variance of the noise as a share of that of the values, 0 to 1; 0 for fewer than 12 points or
// values that do not differ. Points are compared axis by axis: categories differ by 1 or not at
// all, and so do parameters of which only one is active. Points squared times axes.
[[nodiscard]] double noise_share(const std::vector<Point>& points,
                                 const std::vector<double>& values, const std::vector<Axis>& axes);

}  // namespace sweepjob
