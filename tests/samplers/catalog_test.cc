#include "samplers/catalog.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/support/spaces.h"

namespace sweepjob {
namespace {

using test::SamplerUnderTest;

TEST(Catalog, HoldsOneSamplerPerFile) {
  const std::set<std::string> others{"catalog", "head_start"};
  std::vector<std::string> files;
  for (const auto& file : std::filesystem::directory_iterator(SWEEPJOB_SOURCE_DIR "/samplers")) {
    const std::string name = file.path().stem();
    if (file.path().extension() == ".cc" && !others.contains(name)) files.push_back(name);
  }
  std::sort(files.begin(), files.end());
  EXPECT_EQ(sampler_names(), files);
}

TEST(Catalog, OffersTheNearestNameForAnUnknownOne) {
  SamplerUnderTest sampler({{test::uniform("x", 0, 1)}}, "randm");
  EXPECT_FALSE(sampler.exists());
  ASSERT_EQ(sampler.findings().all().size(), 1u);
  EXPECT_EQ(to_text(sampler.findings().all()[0]),
            fmt::format("job.yaml:4:3: error: sampling_algorithm.type: unknown sampler 'randm'; "
                        "known are {}; did you mean 'random'?",
                        fmt::join(sampler_names(), ", ")));
}

TEST(CatalogDeathTest, StopsTheProgramWhenANameIsTakenTwice) {
  const SamplerFactory factory = [](const SamplerContext&, Findings&) {
    return std::unique_ptr<Sampler>();
  };
  EXPECT_DEATH(SamplerEntry("random", factory), "two samplers are named 'random'");
}

}  // namespace
}  // namespace sweepjob
