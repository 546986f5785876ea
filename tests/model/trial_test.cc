#include "model/trial.h"

#include <gtest/gtest.h>

namespace sweepjob {
namespace {

TEST(TrialEvents, EachNamesItsTrial) {
  EXPECT_EQ(trial_of(TrialAdded{TrialId(4), {}}), TrialId(4));
  EXPECT_EQ(trial_of(TrialReported{{TrialId(5), 1, 0.5, {}}}), TrialId(5));
  EXPECT_EQ(trial_of(ReportsRemoved{TrialId(6), 2}), TrialId(6));
  EXPECT_EQ(trial_of(TrialExcluded{TrialId(7)}), TrialId(7));
  EXPECT_EQ(trial_of(TrialEnded{TrialId(8), Status::Failed, {}, {}}), TrialId(8));
  EXPECT_EQ(trial_of(TrialReopened{TrialId(9)}), TrialId(9));
}

}  // namespace
}  // namespace sweepjob
