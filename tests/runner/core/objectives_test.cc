// Several objectives: the first one is judged and makes intervals, the others are kept beside it.
#include <gmock/gmock.h>

#include "tests/support/core_script.h"

namespace sweepjob::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// Keeps the ends that it hears of.
struct EndsKept final : Sampler {
  explicit EndsKept(std::vector<TrialEnded>* kept) : ends(kept) {}
  void observe(const TrialEvent& event) override {
    if (const auto* ended = std::get_if<TrialEnded>(&event)) ends->push_back(*ended);
  }
  [[nodiscard]] Proposals propose(std::span<const TrialId> trials, const Rng&) const override {
    std::vector<Proposal> proposals(trials.size());
    for (Proposal& one : proposals) one.params = {{"x", 1}};
    return proposals;
  }
  [[nodiscard]] bool needs_results() const override { return false; }

  std::vector<TrialEnded>* ends;
};

struct Objectives : ::testing::Test {
  Objectives() : script("total=1") {
    script.spec().objectives = {{"acc", Goal::Maximize}, {"ms", Goal::Minimize}};
    script.sampler = [this] { return std::make_unique<EndsKept>(&ends); };
    script.run("start");
    script.run("running 0");
  }
  const Trial& trial() { return trial_of(script.sweep(), TrialId{0}); }

  std::vector<TrialEnded> ends;
  CoreScript script;
};

TEST_F(Objectives, TheNewestValueOfAFurtherOneStands) {
  script.run("report 0 0.5");
  EXPECT_THAT(script.run("report 0 30 name=ms"),
              HasSubstr("ObjectiveReported trial=0 attempt=1 objective=1 value=30"));
  script.run("report 0 20 name=ms");
  EXPECT_THAT(trial().values, ElementsAre(0.5)) << "it makes no interval";
  EXPECT_THAT(trial().others, ElementsAre(20));
  EXPECT_THAT(script.run("report 0 1 name=loss"), Not(HasSubstr("Reported")));
}

TEST_F(Objectives, TheSamplerHearsOfThemWhenTheTrialEnds) {
  script.run("report 0 0.5");
  script.run("report 0 20 name=ms");
  script.run("end 0 exited 0");
  script.run("drained 0");
  ASSERT_EQ(ends.size(), 1u);
  EXPECT_EQ(ends[0].last, 0.5);
  EXPECT_THAT(ends[0].others, ElementsAre(20));
}

TEST_F(Objectives, AValueThatIsReadAgainCountsOnce) {
  script.run("report 0 30 name=ms position=20");
  EXPECT_THAT(script.run("report 0 40 name=ms position=10"), IsEmpty());
  EXPECT_THAT(trial().others, ElementsAre(30));
}

TEST_F(Objectives, ARetryByHandForgetsThem) {
  script.run("report 0 30 name=ms");
  script.run("end 0 exited 1");
  script.run("drained 0");
  script.run("retry 0");
  EXPECT_THAT(trial().others, IsEmpty());
}

}  // namespace
}  // namespace sweepjob::testing
