// Expected improvement over a loss `target`, of a loss that is normal with this mean and deviation
// (J. Mockus 1978; D. Jones, M. Schonlau, W. Welch 1998), and its logarithm. Layer 2; pure.
//
//   EI = E max(0, target - Y) = deviation h(z),  z = (target - mean) / deviation,
//   h(z) = phi(z) + z Phi(z);  with deviation 0 it is max(0, target - mean)
//
// The logarithm orders points as EI does and still does so where EI underflows: far from the data
// h is 0 in double precision from z = -39 on (S. Ament et al., "Unexpected improvements to expected
// improvement for Bayesian optimization", 2023, section 4.1).
#pragma once

namespace sweepjob {

[[nodiscard]] double expected_improvement(double target, double mean, double deviation);
// -inf where the expected improvement is 0: deviation 0 and a mean not below the target.
[[nodiscard]] double log_expected_improvement(double target, double mean, double deviation);

}  // namespace sweepjob
