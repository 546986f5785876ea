#include "runner/attempt/memory_kills.h"

#include <cstdlib>
#include <string>

#include "model/record_file.h"

namespace sweepjob {

std::optional<std::uint64_t> count_memory_kills() {
  std::string text;
  if (read_file("/proc/vmstat", text, std::size_t{1} << 20, true) != 0) return std::nullopt;
  constexpr std::string_view kName = "\noom_kill ";
  const std::size_t at = text.find(kName);
  if (at == std::string::npos) return std::nullopt;
  return std::strtoull(text.c_str() + at + kName.size(), nullptr, 10);
}

}  // namespace sweepjob
