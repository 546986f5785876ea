#include "samplers/surrogate/history.h"

#include <cmath>

#include <gtest/gtest.h>

#include "samplers/numerics/draw.h"
#include "tests/support/spaces.h"

namespace sweepjob {
namespace {

using State = Observation::State;

class HistoryTest : public testing::Test {
 protected:
  void add(std::uint32_t trial, Value x) {
    TrialAdded added{TrialId{trial}, {}};
    added.proposal.params = {{"x", std::move(x)}};
    history_.observe(added);
  }
  void end(std::uint32_t trial, Status status, std::optional<double> best) {
    history_.observe(TrialEnded{TrialId{trial}, status, best, best});
  }

  SearchSpace space_{{test::uniform("x", 0, 10)}};
  Encoding encoding_{space_, kNaturalBase, true};
  History history_{encoding_, Goal::Maximize};
};

TEST_F(HistoryTest, KeepsLossesInTheOrderOfTheirEndsAndKnowsTheBest) {
  for (std::uint32_t i = 0; i < 4; ++i) add(i, static_cast<double>(i));
  EXPECT_FALSE(history_.best());
  end(2, Status::Completed, 5.0);
  end(0, Status::Completed, 7.0);
  end(3, Status::Canceled, 7.0);
  EXPECT_EQ(history_.ended(), (std::vector<std::uint32_t>{2, 0, 3}));
  EXPECT_EQ(history_.pending(), (std::vector<std::uint32_t>{1}));
  EXPECT_EQ(history_.best(), 0u) << "the first of equal ones";
  EXPECT_EQ(history_.all()[0].loss, -7);
  EXPECT_FALSE(history_.all()[0].cut);
  EXPECT_TRUE(history_.all()[3].cut);
  EXPECT_DOUBLE_EQ(history_.all()[3].at[0], 0.3);
}

TEST_F(HistoryTest, CountsWithoutAFiniteValueAsFailed) {
  for (std::uint32_t i = 0; i < 4; ++i) add(i, 1.0);
  end(0, Status::Failed, 3.0);
  end(1, Status::Completed, std::nullopt);
  end(2, Status::Canceled, NAN);
  EXPECT_EQ(history_.failed_count(), 3u);
  EXPECT_TRUE(history_.ended().empty());
  EXPECT_TRUE(std::isnan(history_.all()[0].loss));
}

TEST_F(HistoryTest, TakesAReopenedTrialForPendingAgain) {
  for (std::uint32_t i = 0; i < 3; ++i) add(i, 1.0);
  end(0, Status::Completed, 9.0);
  end(1, Status::Completed, 4.0);
  end(2, Status::Failed, {});
  history_.observe(TrialReopened{TrialId{0}});
  history_.observe(TrialReopened{TrialId{2}});
  EXPECT_EQ(history_.best(), 1u);
  EXPECT_EQ(history_.failed_count(), 0u);
  EXPECT_EQ(history_.pending(), (std::vector<std::uint32_t>{0, 2}));
  end(0, Status::Completed, 3.0);
  EXPECT_EQ(history_.ended(), (std::vector<std::uint32_t>{1, 0}));
  EXPECT_EQ(history_.best(), 1u);
}

TEST_F(HistoryTest, PassesOverWhatIsNotOfTheSpaceOrNotKnown) {
  add(0, "text");
  end(0, Status::Completed, 1.0);
  end(8, Status::Completed, 1.0);
  EXPECT_TRUE(history_.all().empty());
  EXPECT_TRUE(history_.ended().empty());
}

TEST_F(HistoryTest, CountsCutTrialsAsFailedWhereAskedTo) {
  History strict(encoding_, Goal::Minimize, History::CutTrials::CountAsFailed);
  for (std::uint32_t i = 0; i < 2; ++i) {
    TrialAdded added{TrialId{i}, {}};
    added.proposal.params = {{"x", Value(1.0)}};
    strict.observe(added);
  }
  strict.observe(TrialEnded{TrialId{0}, Status::Canceled, 1.0, 1.0});
  strict.observe(TrialEnded{TrialId{1}, Status::Completed, 2.0, 2.0});
  EXPECT_EQ(strict.failed_count(), 1u);
  EXPECT_EQ(strict.ended(), (std::vector<std::uint32_t>{1}));
}

}  // namespace
}  // namespace sweepjob
