// The kept corpus and seeded mutations of it, as an ordinary test. SWEEPJOB_FUZZ_ROUNDS=N asks for
// more mutations; a failure aborts after the seed was printed.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "model/rng.h"
#include "tests/fuzz/journal_checks.h"
#include "tests/support/temp_folder.h"

namespace sweepjob {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> journal_corpus() {
  std::vector<fs::path> paths;
  for (const char* folder : {"tests/fuzz/corpus/journal", "tests/data/journal/v1"}) {
    for (const auto& entry : fs::directory_iterator(fs::path(SWEEPJOB_SOURCE_DIR) / folder)) {
      if (entry.path().extension() != ".jsonl") paths.push_back(entry.path());
    }
  }
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> contents;
  for (const fs::path& path : paths) contents.push_back(read_file(path.string()));
  return contents;
}

std::string mutated(std::string bytes, const std::vector<std::string>& corpus,
                    RandomStream& random) {
  for (std::uint64_t edits = 1 + random.below(4); edits > 0; --edits) {
    const std::size_t at = random.below(bytes.size() + 1);
    switch (random.below(6)) {
      case 0:
        if (at < bytes.size()) bytes[at] = static_cast<char>(random.next());
        break;
      case 1: bytes.resize(at); break;
      case 2: bytes.insert(at, 1 + random.below(9), static_cast<char>(random.next())); break;
      case 3: bytes.erase(at, 1 + random.below(40)); break;
      case 4: {
        const std::string& other = corpus[random.below(corpus.size())];
        bytes.insert(at, other.substr(random.below(other.size() + 1), random.below(200)));
        break;
      }
      default:
        if (at < bytes.size()) bytes[at] = static_cast<char>(bytes[at] ^ (1 << random.below(8)));
    }
  }
  return bytes;
}

// The checksums of a mutated segment made to fit again, so that what is behind them is reached.
std::string resealed(const std::string& bytes) {
  std::string out;
  std::uint64_t seed = kFirstSeed;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t next = std::min(bytes.find(kRecordMagic, at + 1), bytes.size());
    const std::string_view record = std::string_view(bytes).substr(at, next - at);
    at = next;
    if (record.size() < kRecordHeadBytes + kChecksumBytes) return out + std::string(record);
    RecordHead head;
    head.kind = static_cast<RecordKind>(record[4]);
    std::memcpy(&head.events, record.data() + 12, sizeof head.events);
    std::memcpy(&head.first_sequence, record.data() + 16, sizeof head.first_sequence);
    const std::size_t start = begin_record(out);
    out += record.substr(kRecordHeadBytes, record.size() - kRecordHeadBytes - kChecksumBytes);
    seed = finish_record(out, start, head, seed);
  }
  return out;
}

TEST(JournalFuzz, TheKeptCorpusHolds) {
  const auto corpus = journal_corpus();
  ASSERT_GE(corpus.size(), 8u);
  for (const std::string& bytes : corpus) check_journal_bytes(bytes);
}

TEST(JournalFuzz, SeededMutationsHold) {
  const char* asked = std::getenv("SWEEPJOB_FUZZ_ROUNDS");
  const std::uint64_t rounds = asked != nullptr ? std::strtoull(asked, nullptr, 10) : 4000;
  const auto corpus = journal_corpus();
  for (std::uint64_t seed = 0; seed < rounds; ++seed) {
    if (seed % 1000 == 0) {
      std::printf("seeds from %llu on\n", static_cast<unsigned long long>(seed));
      std::fflush(stdout);
    }
    RandomStream random(seed);
    const std::string bytes = mutated(corpus[random.below(corpus.size())], corpus, random);
    check_journal_bytes(bytes);
    check_segment(resealed(bytes));
  }
}

}  // namespace
}  // namespace sweepjob
