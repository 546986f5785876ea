#include "samplers/numerics/sobol.h"

#include <bit>

#include <boost/random/sobol.hpp>

#include "model/check.h"
#include "model/rng.h"

namespace sweepjob {
namespace {

constexpr unsigned kBits = 32;

}  // namespace

SobolSequence::SobolSequence(std::size_t dimensions)
    : dimensions_(dimensions), directions_(dimensions * kBits) {
  static_assert(kMaxDimensions == boost::random::default_sobol_table::max_dimension);
  SWEEPJOB_CHECK(dimensions <= kMaxDimensions, "the sampler's factory refuses more dimensions");
  if (dimensions == 0) return;
  // Boost's engine walks from point to point and leaves the origin out. The point whose Gray code
  // is a single bit is that bit's direction number: taking those once gives random access.
  boost::random::sobol_engine<std::uint32_t, kBits> engine(dimensions);
  for (unsigned bit = 0; bit < kBits; ++bit) {
    engine.seed(static_cast<std::uint32_t>((std::uint64_t{2} << bit) - 2));
    for (std::size_t d = 0; d < dimensions; ++d) directions_[d * kBits + bit] = engine();
  }
}

std::uint32_t SobolSequence::at(std::uint32_t index, std::size_t dimension) const {
  SWEEPJOB_CHECK(dimension < dimensions_, "a parameter has the dimension it was given");
  const std::uint32_t* directions = directions_.data() + dimension * kBits;
  std::uint32_t point = 0;
  for (std::uint32_t gray = index ^ (index >> 1); gray != 0; gray &= gray - 1) {
    point ^= directions[std::countr_zero(gray)];
  }
  return point;
}

double owen_scramble(std::uint32_t fraction, std::uint64_t key) {
  const auto hash = [key](std::uint64_t node) { return RandomStream(key + node).next(); };
  // A node of the binary tree is its digits with a 1 in front, so that all nodes differ.
  std::uint64_t scrambled = 0;
  for (unsigned digit = 0; digit < kBits; ++digit) {
    const std::uint64_t before = std::uint64_t{fraction} >> (kBits - digit);
    const std::uint64_t bit = (fraction >> (kBits - 1 - digit)) & 1;
    scrambled = scrambled << 1 | (bit ^ (hash(std::uint64_t{1} << digit | before) >> 63));
  }
  const std::uint64_t rest = hash(std::uint64_t{1} << kBits | fraction) >> 43;
  return static_cast<double>(scrambled << 21 | rest) * 0x1p-53;
}

}  // namespace sweepjob
