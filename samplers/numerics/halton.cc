#include "samplers/numerics/halton.h"

#include <algorithm>

#include <boost/math/special_functions/prime.hpp>

#include "model/check.h"
#include "model/rng.h"

namespace sweepjob {
namespace {

constexpr double kResolution = 0x1p-53;

std::uint64_t base_of(std::size_t dimension) {
  static_assert(kHaltonDimensions == boost::math::max_prime + 1);
  SWEEPJOB_CHECK(dimension < kHaltonDimensions, "the sampler's factory refuses more dimensions");
  return boost::math::prime(static_cast<unsigned>(dimension));
}

}  // namespace

double halton(std::uint32_t index, std::size_t dimension) {
  const std::uint64_t base = base_of(dimension);
  double result = 0;
  double place = 1;
  for (std::uint64_t rest = index; rest > 0; rest /= base) {
    place /= static_cast<double>(base);
    result += static_cast<double>(rest % base) * place;
  }
  return result;
}

double scrambled_halton(std::uint32_t index, std::size_t dimension, std::uint64_t key) {
  const std::uint64_t base = base_of(dimension);
  RandomStream digits(key);
  double result = 0;
  std::uint64_t rest = index;
  for (double place = 1 / static_cast<double>(base); place > kResolution;
       place /= static_cast<double>(base)) {
    const std::uint64_t factor = 1 + digits.below(base - 1);
    const std::uint64_t shift = digits.below(base);
    result += static_cast<double>((factor * (rest % base) + shift) % base) * place;
    rest /= base;
  }
  // The digits may round up to 1.
  return std::min(result, 1 - kResolution);
}

}  // namespace sweepjob
