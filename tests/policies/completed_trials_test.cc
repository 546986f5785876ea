#include "policies/completed_trials.h"

#include <cmath>

#include <gtest/gtest.h>

namespace sweepjob {
namespace {

TEST(CompletedTrials, OnlyThoseThatEndedCompletedAndWereNeitherExcludedNorReopened) {
  CompletedTrials completed;
  EXPECT_FALSE(completed.has(TrialId(3)));
  completed.fold(TrialEnded{TrialId(3), Status::Completed, {}, {}});
  completed.fold(TrialEnded{TrialId(1), Status::Failed, {}, {}});
  completed.fold(TrialEnded{TrialId(2), Status::Canceled, {}, {}});
  completed.fold(TrialReported{{TrialId(3), 1, 0.5, {}}});
  completed.fold(ReportsRemoved{TrialId(3), 0});
  EXPECT_TRUE(completed.has(TrialId(3)));
  for (const std::uint32_t other : {0U, 1U, 2U, 4U}) EXPECT_FALSE(completed.has(TrialId(other)));
  completed.fold(TrialReopened{TrialId(3)});
  EXPECT_FALSE(completed.has(TrialId(3)));
  completed.fold(TrialEnded{TrialId(3), Status::Completed, {}, {}});
  EXPECT_TRUE(completed.has(TrialId(3)));
  completed.fold(TrialExcluded{TrialId(3)});
  EXPECT_FALSE(completed.has(TrialId(3)));
}

TEST(CompletedTrials, EveryEventNamesItsTrial) {
  EXPECT_EQ(trial_in(TrialAdded{TrialId(4), {}}), TrialId(4));
  EXPECT_EQ(trial_in(TrialReported{{TrialId(5), 1, 0.5, {}}}), TrialId(5));
  EXPECT_EQ(trial_in(TrialEnded{TrialId(6), Status::Failed, {}, {}}), TrialId(6));
}

TEST(CompletedRanking, TheBestByTheGoalOfEqualOnesTheLowestTrialAndNeverTheTrialItself) {
  CompletedRanking least(Goal::Minimize);
  CompletedRanking most(Goal::Maximize);
  EXPECT_FALSE(least.best_except(TrialId(9)).has_value());
  for (CompletedRanking* ranking : {&least, &most}) {
    ranking->insert(TrialId(7), -2);
    ranking->insert(TrialId(5), 3);
    ranking->insert(TrialId(4), 3);
    ranking->insert(TrialId(1), NAN);
    ranking->insert(TrialId(2), -INFINITY);
  }
  EXPECT_EQ(least.best_except(TrialId(9))->trial, TrialId(7));
  EXPECT_EQ(least.best_except(TrialId(9))->value, -2);
  EXPECT_EQ(least.best_except(TrialId(7))->trial, TrialId(4));
  EXPECT_EQ(most.best_except(TrialId(9))->trial, TrialId(4));
  EXPECT_EQ(most.best_except(TrialId(4))->trial, TrialId(5));
  EXPECT_EQ(most.best_except(TrialId(4))->value, 3);
  most.erase(TrialId(4), 3);
  most.erase(TrialId(5), 3);
  most.erase(TrialId(1), NAN);
  EXPECT_EQ(most.best_except(TrialId(9))->trial, TrialId(7));
  EXPECT_FALSE(most.best_except(TrialId(7)).has_value());
}

}  // namespace
}  // namespace sweepjob
