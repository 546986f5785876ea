#include "backends/local/slots.h"

#include <cstdlib>
#include <filesystem>

#include <gmock/gmock.h>

#include "backends/local/detect_gpus.h"
#include "tests/support/attempt_world.h"

namespace sweepjob::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Ids = std::vector<std::string>;

AttemptKey key(std::uint32_t trial) { return {{}, {TrialId{trial}, 1}}; }

TEST(Slots, HandsOutEachWholeGpuOnceUntilItIsReleased) {
  Slots slots({8, {"0", "1", "GPU-x"}});
  EXPECT_EQ(slots.take(key(0), {1, 1}), Ids{"0"});
  EXPECT_EQ(slots.take(key(1), {1, 2}), (Ids{"1", "GPU-x"}));
  EXPECT_EQ(slots.take(key(2), {1, 1}), std::nullopt);
  slots.release(key(0));
  EXPECT_EQ(slots.take(key(2), {1, 1}), Ids{"0"});
}

TEST(Slots, LetsFractionsShareAGpuAndKeepsWholeOnesFree) {
  Slots slots({8, {"0", "1"}});
  EXPECT_EQ(slots.take(key(0), {1, 0.5}), Ids{"0"});
  EXPECT_EQ(slots.take(key(1), {1, 0.5}), Ids{"0"});
  EXPECT_EQ(slots.take(key(2), {1, 0.25}), Ids{"1"});
  EXPECT_EQ(slots.take(key(3), {1, 1}), std::nullopt);
  slots.release(key(2));
  EXPECT_EQ(slots.take(key(3), {1, 1}), Ids{"1"});
}

TEST(Slots, AddThirdsAndTenthsUpToOneAndBackToNothing) {
  Slots slots({100, {"0"}});
  for (std::uint32_t i = 0; i < 10; ++i) EXPECT_TRUE(slots.take(key(i), {0.1, 0.1})) << i;
  EXPECT_FALSE(slots.fits_now({0, 0.1}));
  for (std::uint32_t i = 0; i < 10; ++i) slots.release(key(i));
  EXPECT_EQ(slots.take(key(99), {1, 1}), Ids{"0"});
}

TEST(Slots, CountCpusAlsoInParts) {
  Slots slots({2, {}});
  EXPECT_EQ(slots.take(key(0), {1.5, 0}), Ids{});
  EXPECT_FALSE(slots.fits_now({1, 0}));
  EXPECT_TRUE(slots.take(key(1), {0.5, 0}));
  slots.release(key(0));
  slots.release(key(0));
  EXPECT_DOUBLE_EQ(slots.free_cpus(), 1.5);
}

TEST(Slots, GiveTheSameAnswerWhenAskedTwice) {
  Slots slots({2, {"0", "1"}});
  EXPECT_EQ(slots.take(key(0), {1, 1}), Ids{"0"});
  EXPECT_EQ(slots.take(key(0), {1, 1}), Ids{"0"});
  EXPECT_EQ(slots.holders(), 1U);
}

TEST(Slots, TellWhatCanNeverFit) {
  const Slots slots({2, {"0"}});
  EXPECT_TRUE(slots.fits_empty({2, 1}));
  EXPECT_FALSE(slots.fits_empty({3, 0}));
  EXPECT_FALSE(slots.fits_empty({1, 2}));
}

TEST(Slots, KeepWhatAnAdoptedAttemptHoldsEvenBeyondTheCapacity) {
  Slots slots({1, {"0"}});
  slots.readopt(key(0), {1, 1}, {"0"});
  slots.readopt(key(1), {1, 1}, {"7"});
  EXPECT_FALSE(slots.fits_now({0, 1}));
  EXPECT_FALSE(slots.fits_now({1, 0}));
  slots.release(key(0));
  EXPECT_FALSE(slots.fits_now({1, 0}));
  EXPECT_TRUE(slots.fits_now({0, 1}));
  slots.release(key(1));
  EXPECT_EQ(slots.take(key(2), {1, 1}), Ids{"0"});
}

class DetectGpus : public ::testing::Test {
 protected:
  std::string script(const std::string& body) {
    const std::string path = world_.path() + "/smi";
    write_file(path, "#!/bin/sh\n" + body + "\n");
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    return path;
  }
  TempFolder world_;
};

TEST_F(DetectGpus, ReadsTheIndexesThatTheToolPrints) {
  ::unsetenv("CUDA_VISIBLE_DEVICES");
  EXPECT_THAT(detect_gpus(script("[ \"$1\" = --query-gpu=index ] && printf '0\\n1\\n3\\n'")),
              ElementsAre("0", "1", "3"));
}

TEST_F(DetectGpus, FindsNoneWhereTheToolIsMissingFailsOrHangs) {
  ::unsetenv("CUDA_VISIBLE_DEVICES");
  EXPECT_THAT(detect_gpus(world_.path() + "/none"), IsEmpty());
  EXPECT_THAT(detect_gpus(script("echo 0; exit 9")), IsEmpty());
  EXPECT_THAT(detect_gpus(script("exec sleep 1000"), std::chrono::milliseconds(100)), IsEmpty());
}

TEST_F(DetectGpus, KeepsToWhatTheControllerMayUse) {
  ::setenv("CUDA_VISIBLE_DEVICES", " 2 , GPU-5 ", 1);
  EXPECT_THAT(detect_gpus(script("echo 0")), ElementsAre("2", "GPU-5"));
  ::setenv("CUDA_VISIBLE_DEVICES", "", 1);
  EXPECT_THAT(detect_gpus(script("echo 0")), IsEmpty());
  ::unsetenv("CUDA_VISIBLE_DEVICES");
}

}  // namespace
}  // namespace sweepjob::testing
