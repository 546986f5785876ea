// The kept corpus and seeded mutations of it, as an ordinary test. SWEEPJOB_FUZZ_ROUNDS=N asks for
// more mutations; a failure prints the seed and the bytes before it aborts.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/fuzz/log_line_checks.h"

namespace sweepjob {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> corpus() {
  std::vector<fs::path> paths;
  for (const auto& entry :
       fs::directory_iterator(fs::path(SWEEPJOB_SOURCE_DIR) / "tests/fuzz/corpus/log_lines")) {
    paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> texts;
  for (const fs::path& path : paths) {
    std::ifstream in(path, std::ios::binary);
    texts.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  return texts;
}

constexpr const char* kPieces[] = {"acc=",      "\r",    "\n",   "\r\n",     "\x1b[",  "\x1b]0;",
                                   "\x07",      "{\"",   "\":",  "}",        "NaN",    "-Infinity",
                                   "1e999",     ": ",    "'",    "\"",       "epoch ", "[3/10]",
                                   "val acc: ", "\xc3",  "\xff", "\xe2\x94", "\\",     "tensor(",
                                   "0.5",       "-> 1 ", "=",    ",1",       "\t",     "step="};

std::string mutate(std::string text, const std::vector<std::string>& texts, std::mt19937& random) {
  const auto below = [&](std::size_t limit) {
    return static_cast<std::size_t>(random() % std::max<std::size_t>(limit, 1));
  };
  for (std::size_t edits = 1 + below(8); edits > 0; --edits) {
    const std::size_t at = below(text.size() + 1);
    switch (below(6)) {
      case 0:
        if (at < text.size()) text[at] = static_cast<char>(random());
        break;
      case 1: text.insert(at, kPieces[below(std::size(kPieces))]); break;
      case 2: text.erase(at, below(8)); break;
      case 3: text.insert(at, text.substr(below(text.size()), below(100))); break;
      case 4: text.insert(at, 1, static_cast<char>(random())); break;
      case 5: {
        const std::string& other = texts[below(texts.size())];
        text = text.substr(0, at) + other.substr(below(other.size()));
        break;
      }
    }
  }
  return text.substr(0, 4096);
}

TEST(LogLineFuzz, TheKeptCorpusBreaksNoPromise) {
  const std::vector<std::string> texts = corpus();
  ASSERT_GE(texts.size(), 10U);
  std::size_t points = 0;
  for (const std::string& text : texts) {
    check_log_bytes(text);
    points += fuzz_points(text, text.size() + 1).size();
  }
  EXPECT_GT(points, 50U) << "the corpus must reach the parsers";
}

TEST(LogLineFuzz, MutationsOfTheCorpusBreakNoPromise) {
  const std::vector<std::string> texts = corpus();
  const char* const asked = std::getenv("SWEEPJOB_FUZZ_ROUNDS");
  const std::uint32_t rounds =
      asked != nullptr ? static_cast<std::uint32_t>(std::atoi(asked)) : 3000;
  for (std::uint32_t seed = 1; seed <= rounds; ++seed) {
    std::mt19937 random(seed);
    const std::string text = mutate(texts[random() % texts.size()], texts, random);
    SCOPED_TRACE("seed " + std::to_string(seed));
    check_log_bytes(text);
  }
}

}  // namespace
}  // namespace sweepjob
