// Samplers with budgets and real scripts: a promoted trial goes on where its parent stopped.

#include "tests/e2e/sandbox.h"

namespace sweepjob {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

class Budgets : public Sandbox {
 protected:
  void SetUp() override {
    Sandbox::SetUp();
    // One line in LOG for each step; goes on from its own checkpoint, else from its parent's.
    write("code/train.py", R"py(import os, sys
budget = int(os.environ["SWEEPJOB_BUDGET"])
assert os.environ["TRIAL_BUDGET"] == sys.argv[2] == str(budget)
own = os.environ["SWEEPJOB_CHECKPOINT_DIR"] + "/step"
parent = os.environ.get("SWEEPJOB_RESUME_DIR", "") + "/step"
step = 0
for file in (own, parent):
    if os.path.exists(file):
        step = int(open(file).read())
        break
while step < budget:
    step += 1
    with open(os.environ["LOG"], "a") as log:
        log.write(f"trial {os.environ['SWEEPJOB_TRIAL']} x {sys.argv[1]} step {step}\n")
with open(own, "w") as out:
    out.write(str(step))
print(f"acc={int(sys.argv[1]) * budget}")
)py");
  }

  static Job halving() {
    Job job;
    job.command = "python3 train.py ${{search_space.x}} ${{sweepjob.budget}}";
    job.trial = "  code: code\n";
    job.sampling =
        "{type: successive_halving, sampler: grid, min_budget: 1, max_budget: 4, eta: 2}";
    job.limits = "max_total_trials: 20, max_concurrent_trials: 2";
    return job;
  }
};

TEST_F(Budgets, APromotedTrialGoesOnFromItsParentsCheckpoint) {
  write("job.yaml", job(halving()));
  const Output output = sweepjob("submit job.yaml --name a");
  ASSERT_EQ(output.code, 0) << output.text;
  EXPECT_THAT(lines_of("LOG"),
              UnorderedElementsAre("trial 0 x 1 step 1", "trial 1 x 2 step 1", "trial 2 x 3 step 1",
                                   "trial 3 x 4 step 1", "trial 4 x 4 step 2", "trial 5 x 3 step 2",
                                   "trial 6 x 4 step 3", "trial 6 x 4 step 4"));
  const nlohmann::json shown = show("a");
  ASSERT_EQ(shown["trials"].size(), 7u);
  EXPECT_EQ(shown["best"]["trial"], 6);
  EXPECT_EQ(shown["trials"][0]["parent"], nullptr);
  EXPECT_EQ(shown["trials"][0]["budget"], 1);
  EXPECT_EQ(shown["trials"][6]["parent"], 4);
  EXPECT_EQ(shown["trials"][6]["budget"], 4);
  EXPECT_EQ(shown["trials"][6]["note"], "rung 2");
  EXPECT_THAT(sweepjob("explain a 6").text, HasSubstr("continues trial 4"));
  EXPECT_THAT(sweepjob("trials a").lines().front(), HasSubstr("budget  parent"));
}

TEST_F(Budgets, PlanPrintsConfigurationsEvaluationsAndTheTotalBudget) {
  write("job.yaml", job(halving()));
  const std::string text = sweepjob("plan job.yaml --commands 1").text;
  EXPECT_THAT(text, HasSubstr("rounds until the limits, each 4 configurations, 7 evaluations, "
                              "total budget 12 from scratch, 8 continued from checkpoints"));
  EXPECT_THAT(text, HasSubstr("  rung 1: 2 trials to budget 2\n"));
  EXPECT_THAT(text, HasSubstr("python3 train.py 1 1"));
  const nlohmann::json budgets = json("plan job.yaml -o json")["budgets"];
  EXPECT_EQ(budgets["evaluations"], 7);
  EXPECT_EQ(budgets["budget_from_scratch"], 12);
}

TEST_F(Budgets, AScriptThatCannotLearnItsBudgetIsRefusedBeforeAnythingStarts) {
  Job deaf = halving();
  deaf.command = "python3 deaf.py ${{search_space.x}}";
  write("code/train.py", "");
  write("code/deaf.py", "print('acc=1')\n");
  write("job.yaml", job(deaf));
  const Output refused = sweepjob("submit job.yaml --name a");
  EXPECT_EQ(refused.code, 2) << refused.text;
  EXPECT_THAT(refused.text, HasSubstr("trial.command: successive_halving tells every trial its "
                                      "budget, but neither the command nor the code names it"));
  EXPECT_THAT(refused.text, HasSubstr("assume_budget_used: true"));
  EXPECT_EQ(sweepjob("status a").code, 2);
  EXPECT_EQ(
      sweepjob("plan job.yaml --set sampling_algorithm.assume_budget_used=true --commands 0").code,
      0);
}

}  // namespace
}  // namespace sweepjob
