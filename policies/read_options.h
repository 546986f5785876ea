// Options that several policies read alike. What is wrong becomes a finding; the fallback stands in
// for it, so that the factory can go on to the next option. Layer 2.
#pragma once

#include <cstdint>
#include <optional>
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

}  // namespace sweepjob
