// Options that several policies read alike. What is wrong becomes a finding; the fallback stands in
// for it, so that the factory can go on to the next option. Layer 2.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "manifests/spec/options.h"

namespace sweepjob {

inline constexpr std::uint32_t kMostIntervals = 1'000'000'000;  // of any trial that is to end

// An integer from `least` to kMostIntervals.
[[nodiscard]] std::uint32_t read_count(OptionReader& reader, std::string_view name,
                                       std::uint32_t least, std::uint32_t fallback);
// The same or `auto`, which is nullopt.
[[nodiscard]] std::optional<std::uint32_t> read_count_or_auto(
    OptionReader& reader, std::string_view name, std::uint32_t least,
    std::optional<std::uint32_t> fallback);
// A finite number of at least `least`.
[[nodiscard]] double read_finite(OptionReader& reader, std::string_view name, double least,
                                 double fallback);

// Out of range is an error that names the range; absent means the fallback. Nullopt after an error.
struct IntegerRange {
  std::int64_t low = 0;
  std::int64_t high = std::numeric_limits<std::int32_t>::max();
};

[[nodiscard]] inline std::optional<std::int64_t> read_integer(OptionReader& reader,
                                                              std::string_view name,
                                                              IntegerRange range,
                                                              std::int64_t fallback) {
  const Value* given = reader.raw(name);
  if (given == nullptr) return fallback;
  const auto number = reader.integer(name);
  if (!number || (*number >= range.low && *number <= range.high)) return number;
  reader.fail(name,
              "expected an integer from " + std::to_string(range.low) + " to " +
                  std::to_string(range.high) + ", found " + std::to_string(*number),
              "for instance " + std::string(name) + ": " + std::to_string(fallback));
  return std::nullopt;
}

}  // namespace sweepjob
