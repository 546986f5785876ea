// Numbers with a range, for the factories of policies: absent means the fallback, out of range is
// an error at the option's place that names the range. Nullopt when there was an error.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "manifests/spec/options.h"

namespace sweepjob {

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
