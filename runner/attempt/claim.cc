#include "runner/attempt/claim.h"

#include <cerrno>
#include <string>

#include <unistd.h>

#include "model/process_identity.h"
#include "model/record_file.h"

namespace sweepjob {

int take_claim(const LaunchRecord& launch, const Host& host) {
  // A later folder walk than this one cannot be trusted to see a claim (NFS caches names); link(2)
  // can, so nothing is looked up before it.
  const auto self = read_process_stat("self");
  if (!self) return attempt_exit::kCannotClaim;
  ClaimRecord claim;
  claim.token = launch.token;
  claim.host = host.name;
  claim.boot_id = host.machine.boot_id;
  claim.pid_namespace = host.machine.pid_namespace;
  claim.pid = ::getpid();
  claim.start_ticks = self->start_ticks;
  claim.epoch = launch.epoch;
  claim.params_hash = launch.params_hash;
  claim.claimed_us = wall_clock_us();
  claim.machine_id = host.machine.machine_id;
  // Two hosts may use one pid at once, hence the start time and the boot in the name.
  const std::string temporary = "claim." + claim.boot_id.substr(0, 8) + '.' +
                                std::to_string(claim.pid) + '.' + std::to_string(claim.start_ticks);
  const int error =
      create_whole_file(attempt_file::kClaim, temporary.c_str(), to_text(claim), 0644);
  if (error == 0) return 0;
  return error == EEXIST ? attempt_exit::kClaimLost : attempt_exit::kCannotClaim;
}

bool is_superseded(const LaunchRecord& launch) {
  if (launch.sweep_folder.empty()) return false;
  const std::string later = launch.sweep_folder + "/journal." + std::to_string(launch.epoch + 1);
  return ::access(later.c_str(), F_OK) == 0;
}

}  // namespace sweepjob
