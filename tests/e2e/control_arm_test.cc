// A sweep whose would-be cuts all run on, across the death of its controller.
#include "tests/e2e/sandbox.h"

namespace sweepjob {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class ControlArm : public Sandbox {};

// x = 4 leads; the others report 2 values below it, wait, and x = 1 ends far above it.
const char* const kTraining = R"sh(here=$(dirname "$LOG"); x=${{search_space.x}}
[ $x = 4 ] || until [ -e $here/lead ]; do sleep 0.05; done
echo acc=$x; echo acc=$x
until [ -e $here/go ]; do sleep 0.05; done
if [ $x = 1 ]; then echo acc=9; else echo acc=$x; fi)sh";

TEST_F(ControlArm, AllTrialsCompleteWhereEveryCutIsWithheld) {
  write("job.yaml", job({.command = kTraining,
                         .search_space = "x: {type: choice, values: [4, 1, 2, 3]}",
                         .limits = "max_total_trials: 4, max_concurrent_trials: 4",
                         .early_termination = "type: bandit, slack_amount: 0.5",
                         .extensions = "control_fraction: 1\ncpus_per_trial: 0.1"}));
  const pid_t controller = start("submit job.yaml --name a");
  ASSERT_TRUE(wait_until([&] { return events("a", "MetricReported").size() == 2; }));
  write("lead", "");
  ASSERT_TRUE(wait_until([&] { return events("a", "CutWithheld").size() == 3; }))
      << output_of(controller);
  kill_and_wait(controller);
  const pid_t next = start("resume a");
  write("go", "");
  EXPECT_EQ(wait(next), 0) << output_of(next);

  EXPECT_THAT(events("a", "CutWithheld"), SizeIs(3));
  EXPECT_THAT(events("a", "StopRequested"), IsEmpty());
  const nlohmann::json shown = show("a");
  EXPECT_EQ(shown["counts"]["completed"], 4);
  EXPECT_EQ(shown["best"]["value"], 9.0);
  EXPECT_EQ(shown["control"]["withheld"], 3);
  EXPECT_EQ(shown["control"]["measured"], 3);
  EXPECT_EQ(shown["control"]["wrong"]["count"], 1);
  EXPECT_EQ(shown["control"]["saving"]["spent_intervals"], 6);  // of 3 each, all cut at the first
  EXPECT_THAT(output_of(next), AllOf(HasSubstr("control arm: 3 of 3 would-be cuts ran on"),
                                     HasSubstr("any trial that was not cut): 1 of 3")));
  EXPECT_THAT(sweepjob("trials a").text, HasSubstr("cut at 1 withheld"));
  int late = 0;
  while (shown["trials"][late]["params"]["x"] != 1) ++late;
  EXPECT_THAT(sweepjob("explain a " + std::to_string(late)).text,
              AllOf(HasSubstr("belongs to the control arm"), HasSubstr("would have been wrong")));
}

}  // namespace
}  // namespace sweepjob
