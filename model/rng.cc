#include "model/rng.h"

namespace sweepjob {
namespace {

std::uint64_t scramble(std::uint64_t value) { return RandomStream(value).next(); }

}  // namespace

std::uint64_t RandomStream::below(std::uint64_t bound) {
  unsigned __int128 product = static_cast<unsigned __int128>(next()) * bound;
  auto low = static_cast<std::uint64_t>(product);
  if (low < bound) {
    const std::uint64_t threshold = (0 - bound) % bound;
    while (low < threshold) {
      product = static_cast<unsigned __int128>(next()) * bound;
      low = static_cast<std::uint64_t>(product);
    }
  }
  return static_cast<std::uint64_t>(product >> 64);
}

RandomStream Rng::stream(TrialId trial, std::string_view path) const {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : path) hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001b3ULL;
  return RandomStream(scramble(scramble(scramble(seed_) ^ index_of(trial)) ^ hash));
}

}  // namespace sweepjob
