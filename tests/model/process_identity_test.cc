#include "model/process_identity.h"

#include <gtest/gtest.h>

namespace sweepjob {
namespace {

constexpr std::uint64_t kFirstPidNamespace = 0xEFFFFFFC;

MachineIdentity machine() { return {"boot 2", kFirstPidNamespace, "host", "machine"}; }

ClaimRecord claim_before_restart() {
  ClaimRecord claim;
  claim.host = "host";
  claim.boot_id = "boot 1";
  claim.pid_namespace = kFirstPidNamespace;
  claim.machine_id = "machine";
  return claim;
}

TEST(ProcessIdentity, KnowsItsOwnMachineBeforeItWasRestarted) {
  EXPECT_TRUE(is_of_earlier_boot(claim_before_restart(), machine()));
  EXPECT_FALSE(is_here(claim_before_restart(), machine()));
}

TEST(ProcessIdentity, TakesNoOtherMachineOfThatNameForItself) {
  ClaimRecord other = claim_before_restart();
  other.machine_id = "another";
  EXPECT_FALSE(is_of_earlier_boot(other, machine()));
  other.machine_id.clear();
  EXPECT_FALSE(is_of_earlier_boot(other, machine()));
  MachineIdentity without = machine();
  without.machine_id.clear();
  EXPECT_FALSE(is_of_earlier_boot(other, without));
}

TEST(ProcessIdentity, TrustsNoMachineIdInsideAContainer) {
  ClaimRecord inside = claim_before_restart();
  inside.pid_namespace = 7;
  EXPECT_FALSE(is_of_earlier_boot(inside, machine()));
  MachineIdentity container = machine();
  container.pid_namespace = 7;
  EXPECT_FALSE(is_of_earlier_boot(claim_before_restart(), container));
}

TEST(ProcessIdentity, IsNowhereWhereTheBootCannotBeTold) {
  ClaimRecord claim = claim_before_restart();
  claim.boot_id.clear();
  MachineIdentity unknown = machine();
  unknown.boot_id.clear();
  EXPECT_FALSE(is_here(claim, unknown));
  EXPECT_FALSE(is_of_earlier_boot(claim, machine()));
}

TEST(ProcessIdentity, TellsTheDeadFromTheLiving) {
  ClaimRecord claim;
  claim.pid = ::getpid();
  claim.start_ticks = read_process_stat("self")->start_ticks;
  EXPECT_EQ(life_of(claim), Life::Alive);
  ++claim.start_ticks;
  EXPECT_EQ(life_of(claim), Life::Gone);
  claim.pid = 1 << 30;
  EXPECT_EQ(life_of(claim), Life::Gone);
}

}  // namespace
}  // namespace sweepjob
