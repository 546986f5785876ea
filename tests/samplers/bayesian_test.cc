// What docs/samplers/bayesian.md promises of the sampler.
#include <gtest/gtest.h>

#include "tests/support/spaces.h"

namespace sweepjob {
namespace {

using test::SamplerUnderTest;

TEST(Bayesian, ProposesWhatGpDoes) {
  const SearchSpace space{{test::uniform("x", 0, 1)}};
  SamplerUnderTest bayesian(space, "bayesian"), gp(space, "gp");
  for (std::uint32_t trial = 0; trial < 13; ++trial) {
    const auto proposed = bayesian.ask(trial, 1);
    ASSERT_EQ(proposed, gp.ask(trial, 1)) << trial;
    for (SamplerUnderTest* sampler : {&bayesian, &gp}) {
      sampler->add(trial, proposed[0]);
      (*sampler)->observe(TrialEnded{TrialId{trial}, Status::Completed, 0.5, 1.0 / (1 + trial)});
    }
  }
}

TEST(Bayesian, OtherKindsAreRefusedUnderStrictAlone) {
  SearchSpace space{{test::uniform("x", 0, 1), test::randint("n", 5)}};
  space.parameters[1].where = {"job.yaml", 9, 5};
  EXPECT_TRUE(SamplerUnderTest(space, "bayesian").exists());
  const SamplerUnderTest strict(space, "bayesian", {}, true, true);
  EXPECT_FALSE(strict.exists());
  ASSERT_EQ(strict.findings().all().size(), 1u);
  EXPECT_EQ(to_text(strict.findings().all()[0]),
            "job.yaml:9:5: error: search_space.n: bayesian sampling takes only choice, uniform and "
            "quniform parameters; use gp, tpe or random, which take every kind");
}

}  // namespace
}  // namespace sweepjob
