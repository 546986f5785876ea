// Capacity: how many trials this machine runs at once, and with which GPUs. Layer 6.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "manifests/spec/sweep_spec.h"
#include "model/value.h"

namespace sweepjob {

struct Capacity {
  std::uint32_t trials = 1;  // at once, as the limits stand
  std::uint32_t usual = 1;   // at once, where no limit is given
  std::uint32_t most = 1;    // at once, whatever the limit: GPUs are not shared unasked
  double cpus = 1;
  double cpus_per_trial = 1;
  std::vector<std::string> gpus;  // as CUDA_VISIBLE_DEVICES names them
  double gpus_per_trial = 0;
  std::vector<std::string> warnings;
};

// azure-sweep section 7: an absent max_concurrent_trials means the number of GPUs, else of CPUs; an
// explicit one wins, with a warning when it exceeds them. GPUs are never handed out twice, so they
// bound it all the same. `options` is the compute table's entry: cpus, gpus (a number or names).
[[nodiscard]] Capacity find_capacity(const SweepSpec& spec, const Limits& limits,
                                     const Value& options,
                                     const std::vector<std::string>& detected_gpus,
                                     std::uint32_t detected_cpus);

// CPUs that this process may use (its affinity mask).
[[nodiscard]] std::uint32_t usable_cpus();

}  // namespace sweepjob
