// libFuzzer's entry; not part of the normal build. From the repository's root:
//   clang++ -std=c++20 -g -O1 -fsanitize=fuzzer,address,undefined -I.
//   tests/fuzz/manifest_fuzz_target.cc \
//     manifests/spec/*.cc model/*.cc -lyaml-cpp -lfmt -o manifest_fuzz
//   ./manifest_fuzz -max_len=65536 NEW_FINDS tests/fuzz/corpus/manifest tests/data/azure/sweep
// Keep what it finds in tests/fuzz/corpus/manifest: manifest_fuzz_test.cc replays it.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "tests/fuzz/manifest_checks.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string broken = sweepjob::fuzz::broken_promise(text);
  if (broken.empty()) return 0;
  std::fprintf(stderr, "%s\n", broken.c_str());
  std::abort();
}
