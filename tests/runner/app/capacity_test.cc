#include "runner/app/capacity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sweepjob {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Capacity find(const SweepSpec& spec, const Value& options,
              const std::vector<std::string>& gpus = {}, std::uint32_t cpus = 4) {
  return find_capacity(spec, spec.limits, options, gpus, cpus);
}

TEST(Capacity, IsTheNumberOfCpusWhereThereAreNoGpus) {
  EXPECT_EQ(find({}, Value::Map{}).trials, 4U);
}

TEST(Capacity, IsTheNumberOfGpusWhereThereAreSome) {
  const Capacity capacity = find({}, Value::Map{}, {"0", "1"}, 16);
  EXPECT_EQ(capacity.trials, 2U);
  EXPECT_EQ(capacity.gpus_per_trial, 1);
}

TEST(Capacity, TakesGpusFromTheComputeTableByNumberOrName) {
  EXPECT_THAT(find({}, Value(Value::Map{{"gpus", 2}})).gpus, ElementsAre("0", "1"));
  const Value::List names{Value("MIG-a"), Value(std::int64_t{3})};
  EXPECT_THAT(find({}, Value(Value::Map{{"gpus", Value(names)}})).gpus, ElementsAre("MIG-a", "3"));
}

TEST(Capacity, NeverSplitsAFractionOverTwoGpus) {
  SweepSpec spec;
  spec.extensions.gpus_per_trial = 0.4;
  EXPECT_EQ(find(spec, Value::Map{}, {"0", "1"}).trials, 4U);
  spec.extensions.gpus_per_trial = 0.5;
  EXPECT_EQ(find(spec, Value::Map{}, {"0", "1"}).trials, 4U);
  spec.extensions.gpus_per_trial = 2;
  EXPECT_EQ(find(spec, Value::Map{}, {"0", "1", "2"}).trials, 1U);
}

TEST(Capacity, LetsAnExplicitLimitExceedTheCpusWithAWarning) {
  SweepSpec spec;
  spec.limits.max_concurrent_trials = 8;
  const Capacity capacity = find(spec, Value::Map{});
  EXPECT_EQ(capacity.trials, 8U);
  EXPECT_EQ(capacity.usual, 4U);
  EXPECT_GT(capacity.most, 1000U) << "an update may ask for more";
  EXPECT_THAT(capacity.warnings, ElementsAre(HasSubstr("max_concurrent_trials is 8")));
  spec.limits.max_concurrent_trials = 4;
  EXPECT_THAT(find(spec, Value::Map{}).warnings, IsEmpty());
}

TEST(Capacity, NeverHandsOutMoreGpusThanThereAre) {
  SweepSpec spec;
  spec.limits.max_concurrent_trials = 8;
  const Capacity capacity = find(spec, Value::Map{}, {"0", "1"});
  EXPECT_EQ(capacity.trials, 2U);
  EXPECT_THAT(capacity.warnings, ElementsAre(HasSubstr("enough for 2 at once")));
}

TEST(Capacity, SaysWhenGpusAreWantedThatAreNotThere) {
  SweepSpec spec;
  spec.extensions.gpus_per_trial = 1;
  const Capacity capacity = find(spec, Value::Map{});
  EXPECT_EQ(capacity.gpus_per_trial, 0);
  EXPECT_THAT(capacity.warnings, ElementsAre(HasSubstr("gpus_per_trial")));
}

}  // namespace
}  // namespace sweepjob
