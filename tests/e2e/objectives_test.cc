// Several objectives, and sweeps that begin with what earlier ones found.

#include "tests/e2e/sandbox.h"

namespace sweepjob {
namespace {

using testing::HasSubstr;

class Objectives : public Sandbox {};

TEST_F(Objectives, TheBestOfSeveralIsAFront) {
  // acc and ms rise together, but for x = 3, which 4 beats in both.
  write("job.yaml", R"yaml(type: sweep
trial:
  environment: azureml:here@latest
  command: >-
    x=${{search_space.x}}; echo "acc=$(( x == 3 ? 1 : x )) ms=$(( x == 3 ? 9 : x ))"
search_space: {x: {type: choice, values: [1, 2, 3, 4]}}
sampling_algorithm: grid
objective:
  - {goal: maximize, primary_metric: acc}
  - {goal: minimize, primary_metric: ms}
limits: {max_total_trials: 4, max_concurrent_trials: 1}
)yaml");
  const Output output = sweepjob("submit job.yaml --name a");
  EXPECT_EQ(output.code, 0) << output.text;
  EXPECT_THAT(output.text, HasSubstr("Pareto front: 3 trials that none beats in all 2 objectives"));
  const nlohmann::json best = json("best a -o json");
  EXPECT_EQ(best["best"]["trial"], 3) << "of the first objective";
  ASSERT_EQ(best["front"].size(), 3u);
  EXPECT_EQ(best["front"][0]["values"], (nlohmann::json{{"acc", 1.0}, {"ms", 1.0}}));
  EXPECT_EQ(best["front"][2]["trial"], 3);
  EXPECT_THAT(sweepjob("best a").text, HasSubstr("trial  acc  ms  parameters"));
}

TEST_F(Objectives, AWarmStartBeginsWithTheResultsOfAnEarlierSweep) {
  const std::string space = "x: {type: choice, values: [1, 2, 3, 4]}";
  const Job first{.command = "echo acc=${{search_space.x}}",
                  .search_space = space,
                  .limits = "max_total_trials: 3, max_concurrent_trials: 1"};
  write("first.yaml", job(first));
  EXPECT_EQ(sweepjob("submit first.yaml --name first").code, 0);
  Job next = first;
  next.sampling = "{type: nsga2, warm_start: first}";
  next.limits = "max_total_trials: 4, max_concurrent_trials: 1";
  write("next.yaml", job(next));
  const Output output = sweepjob("submit next.yaml --name next");
  EXPECT_EQ(output.code, 0) << output.text;
  const nlohmann::json trials = show("next")["trials"];
  ASSERT_EQ(trials.size(), 1u) << "the other three points were tried in the first sweep";
  EXPECT_EQ(trials[0]["params"]["x"], 4);
  // The same job again is the same sweep, whatever has become of the first one.
  EXPECT_EQ(sweepjob("delete first --yes").code, 0);
  EXPECT_EQ(sweepjob("resume next").code, 0);
  EXPECT_EQ(sweepjob("validate next.yaml").code, 2);
}

TEST_F(Objectives, AWarmStartThatCannotBeIsRefusedBeforeAnythingStarts) {
  write("first.yaml", job({.command = "echo acc=1"}));
  EXPECT_EQ(sweepjob("submit first.yaml --name first").code, 0);
  write("unknown.yaml", job({.sampling = "{type: nsga2, warm_start: frist}"}));
  const Output unknown = sweepjob("submit unknown.yaml --name a");
  EXPECT_EQ(unknown.code, 2);
  EXPECT_THAT(unknown.text, HasSubstr("there is no sweep 'frist'"));
  EXPECT_THAT(unknown.text, HasSubstr("did you mean 'first'?"));
  write("other.yaml", job({.sampling = "{type: nsga2, warm_start: first}", .metric = "loss"}));
  const Output other = sweepjob("submit other.yaml --name b");
  EXPECT_EQ(other.code, 2);
  EXPECT_THAT(other.text, HasSubstr("'first' measures acc to maximize, this job loss to maximize"));
}

}  // namespace
}  // namespace sweepjob
