#include "policies/completed_ranking.h"

#include <cmath>

#include <gtest/gtest.h>

namespace sweepjob {
namespace {

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
