#include "tests/bench/samplers/run.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include <gtest/gtest.h>

#include "tests/bench/samplers/families.h"

namespace sweepjob::bench {
namespace {

// The value is the parameter itself: the best is 0, at 0.
Problem line(double noise = 0) {
  Problem problem;
  problem.name = "line_1";
  problem.space.parameters = {real("x", 0, 1)};
  problem.value = [](const Params& params) { return number(params, "x"); };
  problem.best_at = {{"x", 0.0}};
  problem.noise = noise;
  return problem;
}

Params at(double x) { return {{"x", x}}; }

// Starts and ends, as '+' and the trial or '-' and the trial.
std::vector<std::pair<char, std::uint32_t>> story(std::uint64_t seed, std::uint32_t pending,
                                                  std::uint32_t trials, double x) {
  const Problem problem = line();
  bench::Run run(problem, seed, pending, trials);
  std::vector<std::pair<char, std::uint32_t>> result;
  while (!run.is_over()) {
    if (const auto trial = run.to_ask()) {
      result.emplace_back('+', index_of(*trial));
      run.start(at(x));
    } else {
      result.emplace_back('-', index_of(run.finish().trial));
    }
  }
  return result;
}

TEST(Run, OneAtATimeIsAskedStartedAndEndedInOrder) {
  const auto events = story(1, 1, 5, 0.5);
  ASSERT_EQ(events.size(), 10u);
  for (std::uint32_t i = 0; i < 5; ++i) {
    EXPECT_EQ(events[2 * i], std::pair('+', i));
    EXPECT_EQ(events[2 * i + 1], std::pair('-', i));
  }
}

// By hand: each trial ends at its start plus its duration, the earliest first, and then the next
// one starts.
TEST(Run, EndsTrialsByTheirDurations) {
  const Rng rng(9);
  std::vector<std::pair<double, std::uint32_t>> ends;
  std::vector<std::uint32_t> order;
  double now = 0;
  for (std::uint32_t trial = 0; trial < 40; ++trial) {
    if (ends.size() == 8) {
      const auto first = std::min_element(ends.begin(), ends.end());
      now = first->first;
      order.push_back(first->second);
      ends.erase(first);
    }
    const double duration = duration_of(rng, TrialId{trial});
    EXPECT_GE(duration, 1);
    EXPECT_LE(duration, 4);
    ends.emplace_back(now + duration, trial);
  }
  std::sort(ends.begin(), ends.end());
  for (const auto& [end, trial] : ends) order.push_back(trial);

  std::vector<std::uint32_t> ended;
  std::size_t live = 0, most = 0;
  for (const auto& [what, trial] : story(9, 8, 40, 0.5)) {
    live = what == '+' ? live + 1 : live - 1;
    most = std::max(most, live);
    if (what == '-') ended.push_back(trial);
  }
  EXPECT_EQ(most, 8u);
  EXPECT_EQ(ended, order);
  EXPECT_FALSE(std::is_sorted(ended.begin(), ended.end()));
}

TEST(Run, TheOrderDependsOnTheSeedAndNotOnWhatIsProposed) {
  EXPECT_EQ(story(2, 8, 60, 0.1), story(2, 8, 60, 0.9));
  EXPECT_NE(story(2, 8, 60, 0.1), story(3, 8, 60, 0.1));
}

TEST(Run, RegretIsOfTheBestSoFar) {
  const Problem problem = line();
  bench::Run run(problem, 1, 1, 4);
  for (const double x : {0.5, 0.8, 0.25, 0.75}) {
    run.start(at(x));
    EXPECT_EQ(run.finish().value, x);
  }
  EXPECT_TRUE(run.is_over());
  EXPECT_EQ(run.regrets(), (std::vector<double>{0.5, 0.5, 0.25, 0.25}));
  EXPECT_EQ(run.regret_at(2), 0.5);
  EXPECT_EQ(run.regret_at(200), 0.25);
}

// What looked best counts with what it really is.
TEST(Run, RegretOfANoisyProblemIsTrue) {
  const Problem problem = line(0.3);
  bench::Run run(problem, 4, 1, 50);
  double best = INFINITY, truth = 0;
  std::set<double> noises;
  for (int i = 0; i < 50; ++i) {
    const double x = 0.2 + 0.01 * i;
    run.start(at(x));
    const double value = run.finish().value;
    noises.insert(value - x);
    if (value < best) best = value, truth = x;
    EXPECT_EQ(run.regrets().back(), truth);
  }
  EXPECT_EQ(noises.size(), 50u);
  EXPECT_LT(*noises.begin(), -0.3);
  EXPECT_GT(*noises.rbegin(), 0.3);
}

TEST(Run, ASamplerThatWaitsIsAskedAgainAfterTheNextEnd) {
  const Problem problem = line();
  bench::Run run(problem, 1, 4, 10);
  run.start(at(0.5));
  run.wait();
  EXPECT_FALSE(run.to_ask());
  EXPECT_FALSE(run.is_over());
  run.finish();
  EXPECT_EQ(run.to_ask(), TrialId{1});
}

TEST(Run, ASamplerThatIsExhaustedIsNotAskedAgain) {
  const Problem problem = line();
  bench::Run run(problem, 1, 4, 10);
  run.start(at(0.5));
  run.stop();
  EXPECT_FALSE(run.to_ask());
  run.finish();
  EXPECT_TRUE(run.is_over());
  EXPECT_EQ(run.regret_at(200), 0.5);
}

}  // namespace
}  // namespace sweepjob::bench
