// Replays the kept corpus, then seeded mutations of the files in tests/data/azure.
#include "tests/fuzz/manifest_checks.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <vector>

#include <gtest/gtest.h>

namespace sweepjob {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> texts_below(const fs::path& folder) {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());  // the same order, so the same mutations, everywhere
  std::vector<std::string> texts;
  for (const fs::path& path : paths) {
    std::ifstream stream(path, std::ios::binary);
    std::stringstream text;
    text << stream.rdbuf();
    texts.push_back(text.str());
  }
  return texts;
}

// Words that mean something to the reader, and bytes that mean something to YAML.
constexpr std::array<std::string_view, 40> kWords = {"${{",
                                                     "}}",
                                                     "$[[",
                                                     "]]",
                                                     "{",
                                                     "}",
                                                     "[",
                                                     "]",
                                                     ": ",
                                                     "- ",
                                                     "\n",
                                                     "\n  ",
                                                     "\t",
                                                     "&a ",
                                                     "*a",
                                                     "<<: *a",
                                                     "!!str ",
                                                     "!x ",
                                                     "'",
                                                     "\"",
                                                     "|",
                                                     ">",
                                                     "#",
                                                     "? ",
                                                     "---\n",
                                                     "inputs",
                                                     "search_space",
                                                     "type: choice",
                                                     "values:",
                                                     "99999999999999999999",
                                                     "-1",
                                                     ".nan",
                                                     "1e999",
                                                     "null",
                                                     "sweepjob: |",
                                                     "parent.inputs.",
                                                     "\xC3",
                                                     "\xEF\xBB\xBF",
                                                     "\x01",
                                                     "type: pipeline"};

class Mutator {
 public:
  Mutator(std::uint64_t seed, const std::vector<std::string>& seeds)
      : engine_(seed), seeds_(seeds) {}

  std::string next() {
    std::string text = pick(seeds_);
    const std::size_t steps = 1 + below(8);
    for (std::size_t i = 0; i < steps; ++i) change(text);
    return text;
  }

 private:
  // mt19937_64 alone is the same on every machine; the standard's distributions are not.
  std::size_t below(std::size_t bound) { return bound == 0 ? 0 : engine_() % bound; }
  template <class List>
  const typename List::value_type& pick(const List& list) {
    return list[below(list.size())];
  }

  void change(std::string& text) {
    const std::size_t at = below(text.size() + 1);
    const std::size_t length = std::min(below(40), text.size() - at);
    switch (below(6)) {
      case 0: text.erase(at, length); break;
      case 1: text.insert(at, pick(kWords)); break;
      case 2: text.replace(at, length, pick(kWords)); break;
      case 3: text.insert(at, text.substr(below(text.size() + 1), below(200))); break;
      case 4: {
        const std::string& other = pick(seeds_);
        text.insert(at, other.substr(below(other.size() + 1), below(400)));
        break;
      }
      default:
        if (at < text.size()) text[at] = static_cast<char>(engine_());
    }
  }

  std::mt19937_64 engine_;
  const std::vector<std::string>& seeds_;
};

TEST(ManifestFuzz, TheKeptCorpusHoldsItsPromises) {
  const auto texts = texts_below(fs::path(SWEEPJOB_SOURCE_DIR) / "tests/fuzz/corpus/manifest");
  ASSERT_GT(texts.size(), 10U);
  for (const std::string& text : texts) {
    EXPECT_EQ(fuzz::broken_promise(text), "") << text.substr(0, 300);
  }
}

TEST(ManifestFuzz, MutatedFilesHoldTheirPromises) {
  const auto seeds = texts_below(fs::path(SWEEPJOB_SOURCE_DIR) / "tests/data/azure");
  ASSERT_GT(seeds.size(), 30U);
  const char* wanted = std::getenv("SWEEPJOB_FUZZ_RUNS");
  const long runs = wanted != nullptr ? std::atol(wanted) : 2000;
  Mutator mutator(20240601, seeds);
  for (long i = 0; i < runs; ++i) {
    const std::string text = mutator.next();
    ASSERT_EQ(fuzz::broken_promise(text), "") << "mutation " << i << ":\n" << text;
  }
}

}  // namespace
}  // namespace sweepjob
