#include "runner/app/launch_plan.h"

#include <utility>

#include "backends/local/slots.h"
#include "model/attempt_record.h"
#include "runner/app/metric_keeper.h"
#include "runner/app/trial_files.h"
#include "runner/io/posix_file.h"

namespace sweepjob {

FolderPlanner::FolderPlanner(const Rules& rules, CommandTemplate command, PlanSettings settings,
                             Slots* slots, StoreKeeper* keeper)
    : rules_(rules),
      command_(std::move(command)),
      settings_(std::move(settings)),
      slots_(slots),
      keeper_(keeper) {}

std::string FolderPlanner::trial_folder(TrialId trial) const {
  return settings_.sweep_folder + "/trials/" + std::to_string(index_of(trial));
}

std::string FolderPlanner::attempt_folder(const AttemptId& attempt) const {
  return attempt_folder_of(settings_.sweep_folder, attempt);
}

Result<Resources> FolderPlanner::resources_for(const AttemptKey& attempt) {
  const TrialSpec& trial = rules_.spec.trial;
  Resources resources;
  resources.cpus = rules_.spec.extensions.cpus_per_trial;
  resources.instance_count = trial.instance_count;
  resources.process_count = trial.process_count_per_instance;
  resources.distribution = trial.distribution;
  resources.gpus = settings_.gpus_per_trial;
  if (slots_ == nullptr) return resources;
  auto gpus = slots_->take(attempt, {resources.cpus, resources.gpus});
  // The core runs no more at once than the slots have room for; should they disagree all the same,
  // the trial waits for the next try rather than sharing a GPU unasked.
  if (!gpus) {
    return Error(ErrorCode::BackendUnavailable, "no GPU is free for this trial");
  }
  resources.gpu_ids = *std::move(gpus);
  return resources;
}

Result<LaunchRequest> FolderPlanner::plan(const Sweep& sweep, const AttemptId& attempt) {
  const Trial& trial = trial_of(sweep, attempt.trial);
  LaunchRequest request;
  request.key = {sweep.created.uid, attempt};
  request.epoch = settings_.epoch;
  request.params_hash = params_hash(trial.proposal.params);
  request.sweep_folder = settings_.sweep_folder;
  request.attempt_folder = attempt_folder(attempt);
  request.code_folder = settings_.code_folder;
  request.link_code = settings_.link_code;
  request.checkpoint_folder = trial_folder(attempt.trial) + "/checkpoint";
  if (trial.proposal.parent) {
    request.resume_folder = trial_folder(*trial.proposal.parent) + "/checkpoint";
  }
  request.inherited_environment_file = settings_.environment_file;
  request.activate = settings_.activate;
  request.container_image = settings_.container_image;
  request.trial_timeout = sweep.limits.trial_timeout;
  request.grace = rules_.spec.extensions.grace;
  request.backend_options = settings_.backend_options;

  TrialPaths paths;
  paths.work_folder = request.attempt_folder + "/" + attempt_file::kWork;
  paths.outputs_folder = paths.work_folder + "/outputs";
  paths.checkpoint_folder = request.checkpoint_folder;
  paths.resume_folder = request.resume_folder;
  paths.metrics_file = request.attempt_folder + "/" + attempt_file::kMetrics;
  auto rendered = command_.render(attempt.trial, attempt.number, trial.proposal.params,
                                  trial.proposal.budget, paths);
  if (rendered.has_error()) return rendered.error();
  request.command = std::move(rendered->command);
  request.environment = std::move(rendered->environment);
  request.folders = std::move(rendered->folders);

  auto resources = resources_for(request.key);
  if (resources.has_error()) return resources.error();
  request.resources = *std::move(resources);
  return request;
}

FollowRequest FolderPlanner::follow(const Sweep& sweep, const AttemptId& attempt) {
  FollowRequest request;
  request.attempt = {sweep.created.uid, attempt};
  const std::string folder = attempt_folder(attempt);
  request.stdout_file = folder + "/" + attempt_file::kStdout;
  request.metrics_file = folder + "/" + attempt_file::kMetrics;
  // The journal knows how far the counting channel was read, the store how far the others. Until
  // one is chosen each may be it: the store may be ahead of a journal that lost its last events.
  const Attempt& state = *find_attempt(sweep, attempt);
  for (const Channel channel : {Channel::File, Channel::Stdout}) {
    std::uint64_t position = 0;
    if (state.channel == channel) {
      position = state.position;
    } else if (state.channel && keeper_ != nullptr) {
      position = keeper_->stored_position(attempt, channel);
    }
    if (position > 0) request.cursors.push_back({channel, position});
  }
  return request;
}

void FolderPlanner::release(const AttemptKey& attempt) {
  if (slots_ != nullptr) slots_->release(attempt);
}

// What its launch gave it stands in its folder. One without a claim has not begun, and will be
// given what is free then.
void FolderPlanner::adopt(const AttemptKey& attempt) {
  if (slots_ == nullptr) return;
  const std::string folder = attempt_folder(attempt.attempt) + "/";
  if (!path_exists(folder + attempt_file::kClaim)) return;
  auto text = read_small_file(folder + attempt_file::kLaunch, kMaxRecordBytes);
  if (text.has_error()) return;
  const auto launch = parse_launch(*text);
  if (!launch) return;
  slots_->readopt(attempt, {rules_.spec.extensions.cpus_per_trial, settings_.gpus_per_trial},
                  launch->gpu_ids);
}

}  // namespace sweepjob
