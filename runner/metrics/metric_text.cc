#include "runner/metrics/metric_text.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <string>
#include <system_error>

namespace sweepjob {

bool is_valid_metric_name(std::string_view name) {
  if (name.empty() || name.size() > kMaxMetricNameBytes) return false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const auto byte = static_cast<unsigned char>(name[i]);
    if (byte < 0x20 || byte == 0x7f) return false;
    // U+0080 to U+009F, the other control characters, are C2 80 to C2 9F.
    if (byte == 0xc2 && i + 1 < name.size() && static_cast<unsigned char>(name[i + 1]) < 0xa0) {
      return false;
    }
  }
  return true;
}

std::optional<ScannedNumber> scan_number(std::string_view text) {
  const std::size_t sign = text.starts_with('+') ? 1 : 0;
  if (sign == 1 && text.substr(1).starts_with('-')) return std::nullopt;
  ScannedNumber number;
  const char* const begin = text.data() + sign;
  const auto [end, error] = std::from_chars(begin, text.data() + text.size(), number.value);
  if (error == std::errc::invalid_argument) return std::nullopt;
  number.length = static_cast<std::size_t>(end - text.data());
  if (error == std::errc::result_out_of_range) {
    // from_chars does not say on which side; strtod does, by an infinity or (nearly) 0.
    number.value = std::strtod(std::string(begin, end).c_str(), nullptr);
  }
  return number;
}

std::optional<double> whole_number(std::string_view text) {
  const std::optional<ScannedNumber> number = scan_number(text);
  if (!number || number->length != text.size()) return std::nullopt;
  return number->value;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace sweepjob
