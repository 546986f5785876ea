#include "samplers/catalog.h"

#include <algorithm>
#include <filesystem>

#include <gtest/gtest.h>

#include "tests/support/spaces.h"

namespace sweepjob {
namespace {

using test::SamplerUnderTest;

TEST(Catalog, HoldsOneSamplerPerFile) {
  std::vector<std::string> files;
  for (const auto& file : std::filesystem::directory_iterator(SWEEPJOB_SOURCE_DIR "/samplers")) {
    if (file.path().extension() != ".cc" || file.path().stem() == "catalog") continue;
    files.push_back(file.path().stem());
  }
  std::sort(files.begin(), files.end());
  EXPECT_EQ(sampler_names(), files);
}

TEST(Catalog, OffersTheNearestNameForAnUnknownOne) {
  SamplerUnderTest sampler({{test::uniform("x", 0, 1)}}, "randm");
  EXPECT_FALSE(sampler.exists());
  ASSERT_EQ(sampler.findings().all().size(), 1u);
  EXPECT_EQ(to_text(sampler.findings().all()[0]),
            "job.yaml:4:3: error: sampling_algorithm.type: unknown sampler 'randm'; known are "
            "asha_promotion, bayesian, gp, grid, hyperband, pbt, random, successive_halving; did "
            "you mean 'random'?");
}

TEST(CatalogDeathTest, StopsTheProgramWhenANameIsTakenTwice) {
  const SamplerFactory factory = [](const SamplerContext&, Findings&) {
    return std::unique_ptr<Sampler>();
  };
  EXPECT_DEATH(SamplerEntry("random", factory), "two samplers are named 'random'");
}

}  // namespace
}  // namespace sweepjob
