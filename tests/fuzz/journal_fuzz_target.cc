// For libFuzzer: clang++ -fsanitize=fuzzer,address, with this file, tests/support/random_event.cc,
// and the sources of model, runner/core/event.cc and runner/io; corpus in
// tests/fuzz/corpus/journal.
#include <cstddef>
#include <cstdint>

#include "tests/fuzz/journal_checks.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sweepjob::check_journal_bytes({reinterpret_cast<const char*>(data), size});
  return 0;
}
