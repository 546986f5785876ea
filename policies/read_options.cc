#include "policies/read_options.h"

#include <cmath>

#include <fmt/format.h>

namespace sweepjob {

std::uint32_t read_count(OptionReader& reader, std::string_view name, std::uint32_t least,
                         std::uint32_t fallback) {
  const auto count = reader.integer(name);
  if (!count) return fallback;
  if (*count >= least && *count <= kMostIntervals) return static_cast<std::uint32_t>(*count);
  reader.fail(name, fmt::format("expected an integer from {} to {}, found {}", least,
                                kMostIntervals, *count));
  return fallback;
}

std::optional<std::uint32_t> read_count_or_auto(OptionReader& reader, std::string_view name,
                                                std::uint32_t least,
                                                std::optional<std::uint32_t> fallback) {
  const Value* value = reader.raw(name);
  if (value == nullptr) return fallback;
  const auto* text = value->get<std::string>();
  if (text != nullptr && *text == "auto") return std::nullopt;
  if (text != nullptr && (text->empty() || text->front() < '0' || text->front() > '9')) {
    reader.fail(name, "expected auto or an integer, found " + to_json(*value).substr(0, 80));
    return fallback;
  }
  return read_count(reader, name, least, fallback.value_or(least));
}

double read_finite(OptionReader& reader, std::string_view name, double least, double fallback) {
  const auto number = reader.number(name);
  if (!number) return fallback;
  if (std::isfinite(*number) && *number >= least) return *number;
  const bool any = std::isinf(least);
  reader.fail(name, fmt::format("expected a finite number{}, found {}",
                                any ? "" : " from " + python_float(least), python_float(*number)));
  return fallback;
}

}  // namespace sweepjob
