// Numbers and names as trials write them, shared by all readers of text. Layer 3; pure; any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace sweepjob {

inline constexpr std::size_t kMaxMetricNameBytes = 256;

// 1 to 256 bytes without control characters. `name` is UTF-8 already.
[[nodiscard]] bool is_valid_metric_name(std::string_view name);

struct ScannedNumber {
  double value = 0;
  std::size_t length = 0;
};

// The number that starts at text[0], as C and Python print numbers: "3", "-0.5", "+1.", ".5",
// "1e-05", and in any case "nan", "-nan", "nan(ind)", "inf", "Infinity". Out of range is an
// infinity or 0. Says nothing about what follows: "2.1.0" gives 2.1, three bytes long.
[[nodiscard]] std::optional<ScannedNumber> scan_number(std::string_view text);

// `text` as one number from end to end.
[[nodiscard]] std::optional<double> whole_number(std::string_view text);

// Equal when ASCII letters' case is ignored.
[[nodiscard]] bool equal_ignoring_case(std::string_view a, std::string_view b);

}  // namespace sweepjob
