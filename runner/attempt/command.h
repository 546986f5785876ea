// Starts the trial's command: one process, or several copies under `distribution`.
//
//   pytorch     process_count copies: RANK, LOCAL_RANK, WORLD_SIZE, LOCAL_WORLD_SIZE, NODE_RANK,
//               MASTER_ADDR, MASTER_PORT
//   tensorflow  process_count workers of one host: TF_CONFIG
//   mpi         `mpirun -n N`, where PATH has one; else copies with OMPI_COMM_WORLD_*, which serves
//               scripts that only ask for their rank
//
// Several copies write user_logs/std_log_process_NN.txt, and std_log.txt is a link to the first.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <sys/types.h>

#include "model/attempt_record.h"
#include "runner/attempt/environment.h"
#include "runner/attempt/host.h"

namespace sweepjob {

struct TrialProcess {
  pid_t pid = 0;
  int log = -1;    // open for reading too; closed on exec
  int status = 0;  // of wait(2), once `ended`
  bool ended = false;
};

struct StartedCommand {
  std::vector<TrialProcess> processes;  // by rank; all in the process group of the first
  int error = 0;                        // errno, with `problem`; processes may have been started
  std::string problem;
};

// The working directory is the attempt folder. The processes have default signals, /dev/null as
// their input, and are killed when this program dies.
[[nodiscard]] StartedCommand start_command(const LaunchRecord& launch, const Host& host,
                                           Environment& environment);

}  // namespace sweepjob
