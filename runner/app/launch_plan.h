// FolderPlanner: folders, commands and slots of a sweep's attempts. Layer 6; controller's thread.
// The layout of the state folder is told in runner/io/README.md.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "manifests/spec/render.h"
#include "runner/app/controller.h"

namespace sweepjob {

class Slots;
class StoreKeeper;

struct PlanSettings {
  std::string sweep_folder;  // absolute
  std::uint64_t epoch = 0;   // of this controller
  std::string code_folder;   // snapshot, or empty
  bool link_code = false;
  std::string environment_file;
  std::string activate;  // venv or conda prefix, or empty
  std::string container_image;
  Value backend_options;
  double gpus_per_trial = 0;
};

class FolderPlanner final : public LaunchPlanner {
 public:
  // All that is pointed to outlives the planner. Without slots no GPUs are handed out; without a
  // keeper only the counting channel is resumed.
  FolderPlanner(const Rules& rules, CommandTemplate command, PlanSettings settings, Slots* slots,
                StoreKeeper* keeper);

  Result<LaunchRequest> plan(const Sweep& sweep, const AttemptId& attempt) override;
  FollowRequest follow(const Sweep& sweep, const AttemptId& attempt) override;
  std::string attempt_folder(const AttemptId& attempt) const override;
  void release(const AttemptKey& attempt) override;
  void adopt(const AttemptKey& attempt) override;

  [[nodiscard]] std::string trial_folder(TrialId trial) const;

 private:
  [[nodiscard]] Result<Resources> resources_for(const AttemptKey& attempt);

  const Rules& rules_;
  CommandTemplate command_;
  PlanSettings settings_;
  Slots* slots_;
  StoreKeeper* keeper_;
};

}  // namespace sweepjob
