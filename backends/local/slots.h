// Slots: which CPUs' worth and which GPUs of this machine running trials hold. Pure accounting, no
// process is touched; controller's thread. The controller asks before it submits a local attempt,
// passes the ids on in Resources::gpu_ids, and releases when the attempt has ended.
//
//   Slots slots({4, {"0", "1"}});
//   slots.take(key, {1, 0.5});   // {"0"}; a second one of 0.5 gets "0" as well, a third "1"
//
// GPUs: whole ones come from those that nobody uses; a fraction goes to the fullest GPU that still
// has room, so that whole ones stay free. A request is either whole (1, 2, ...) or below 1: 1.5
// GPUs have no meaning for CUDA_VISIBLE_DEVICES and are rounded up.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/ids.h"

namespace sweepjob {

struct SlotCapacity {
  double cpus = 1;
  std::vector<std::string> gpu_ids;  // as CUDA_VISIBLE_DEVICES names them
};

struct SlotRequest {
  double cpus = 1;
  double gpus = 0;
};

class Slots {
 public:
  explicit Slots(SlotCapacity capacity);

  // Could ever be met, with nothing else running.
  [[nodiscard]] bool fits_empty(const SlotRequest& request) const;
  [[nodiscard]] bool fits_now(const SlotRequest& request) const;
  // The ids handed out (empty when no GPU was asked for); nothing when it does not fit now. Asking
  // again for an attempt that holds a slot gives the same ids.
  [[nodiscard]] std::optional<std::vector<std::string>> take(const AttemptKey& attempt,
                                                             const SlotRequest& request);
  // An attempt found running holds what its launch gave it, even beyond the capacity (the machine
  // was configured anew since): then nothing more fits until it ends.
  void readopt(const AttemptKey& attempt, const SlotRequest& request,
               const std::vector<std::string>& gpu_ids);
  void release(const AttemptKey& attempt);

  [[nodiscard]] double free_cpus() const;
  [[nodiscard]] std::size_t holders() const { return held_.size(); }

 private:
  struct Held {
    double cpus = 0;
    double share = 0;  // of each of the GPUs
    std::vector<std::string> gpu_ids;
  };

  [[nodiscard]] std::optional<std::vector<std::string>> find_gpus(double gpus) const;
  void hold(const AttemptKey& attempt, Held held);

  SlotCapacity capacity_;
  double used_cpus_ = 0;
  std::map<std::string, double> used_gpus_;  // id -> 0..1
  std::map<AttemptKey, Held> held_;
};

}  // namespace sweepjob
