// For libFuzzer; it is no part of the normal build:
//   clang++ -std=c++20 -g -O1 -fsanitize=fuzzer,address,undefined -I. -o log_line_fuzz
//     tests/fuzz/log_line_fuzz_target.cc model/check.cc runner/metrics/line_reader.cc
//     runner/metrics/{stdout_lines,json_lines,metric_text,metric_pattern}.cc -lre2
//   ./log_line_fuzz tests/fuzz/corpus/log_lines
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tests/fuzz/log_line_checks.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sweepjob::check_log_bytes(std::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
