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

// What is said of a sampler with NNI's optimize_mode, in a job that minimises.
std::string said_of(const char* type, Value mode, SourceLocation goal = {"job.yaml", 9, 11}) {
  const SearchSpace space{{test::choice("x", std::vector<Value>{1, 2})}};
  Options options{type, "sampling_algorithm", {"job.yaml", 4, 3}, {}};
  options.options.push_back(test::option("optimize_mode", std::move(mode)));
  Findings findings;
  const auto sampler = make_sampler({.space = space,
                                     .options = options,
                                     .objectives = {{"loss", Goal::Minimize}},
                                     .strict = true,
                                     .goal_where = std::move(goal)},
                                    findings);
  EXPECT_EQ(sampler == nullptr, findings.has_errors());
  std::string text;
  for (const Finding& one : findings.all()) {
    if (one.path.ends_with("optimize_mode")) text += to_text(one);
  }
  return text;
}

TEST(Catalog, TakesNnisOptimizeModeThatAgreesWithTheGoal) {
  for (const std::string& name : sampler_names()) EXPECT_EQ(said_of(name.c_str(), "Minimize"), "");
  EXPECT_EQ(said_of("tpe", "maximize", {}), "") << "a stored job was checked when it was read";
}

TEST(Catalog, RefusesAnOptimizeModeThatContradictsTheGoal) {
  for (const std::string& name : sampler_names()) {
    EXPECT_EQ(said_of(name.c_str(), "maximize"),
              "job.yaml:5:7: error: sampling_algorithm.optimize_mode: maximize contradicts the "
              "objective's goal, minimize at job.yaml:9:11; leave it out: the goal says it");
  }
  EXPECT_EQ(
      said_of("gp", "maximise"),
      "job.yaml:5:7: error: sampling_algorithm.optimize_mode: value \"maximise\" is not in set "
      "['minimize', 'maximize']; did you mean 'maximize'?");
}

TEST(CatalogDeathTest, StopsTheProgramWhenANameIsTakenTwice) {
  const SamplerFactory factory = [](const SamplerContext&, Findings&) {
    return std::unique_ptr<Sampler>();
  };
  EXPECT_DEATH(SamplerEntry("random", factory), "two samplers are named 'random'");
}

}  // namespace
}  // namespace sweepjob
