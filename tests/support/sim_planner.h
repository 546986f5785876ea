// A LaunchPlanner for a SimCluster: no folders, no commands; parameters travel in the environment.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "backends/simulated/sim_cluster.h"
#include "model/value.h"
#include "runner/app/controller.h"

namespace sweepjob {

class SimPlanner final : public LaunchPlanner {
 public:
  Result<LaunchRequest> plan(const Sweep& sweep, const AttemptId& attempt) override {
    LaunchRequest request;
    request.key = {sweep.created.uid, attempt};
    request.epoch = sweep.controller.epoch;
    const Params& params = trial_of(sweep, attempt.trial).proposal.params;
    request.params_hash = params_hash(params);
    for (const auto& [name, value] : leaves_of(params)) {
      request.environment.emplace_back("AZUREML_SWEEP_" + name, python_str(value));
    }
    return request;
  }
  FollowRequest follow(const Sweep& sweep, const AttemptId& attempt) override {
    FollowRequest request;
    request.attempt = {sweep.created.uid, attempt};
    const std::string folder = request.attempt.token();
    request.stdout_file = folder + "/stdout";
    request.metrics_file = folder + "/metrics";
    const Attempt* state = find_attempt(sweep, attempt);
    if (state != nullptr && state->channel && !forgets_cursors) {
      request.cursors.push_back({*state->channel, state->position});
    }
    return request;
  }
  std::string attempt_folder(const AttemptId& attempt) const override {
    return std::to_string(index_of(attempt.trial)) + "/" + std::to_string(attempt.number);
  }
  void release(const AttemptKey&) override {}
  void adopt(const AttemptKey&) override {}

  bool forgets_cursors = false;  // a mistake that the simulation has to find
};

// The size of a file that SimPlanner::follow() names.
inline std::optional<std::uint64_t> sim_file_size(const SimCluster& cluster,
                                                  std::string_view file) {
  const std::size_t slash = file.find('/');
  const auto key = AttemptKey::from_token(file.substr(0, slash));
  const SimCluster::Attempt* attempt = key ? cluster.find(*key) : nullptr;
  if (attempt == nullptr || !attempt->start) return std::nullopt;
  const FinalSizes sizes = SimCluster::sizes(*attempt);
  return file.ends_with("/stdout") ? sizes.stdout_bytes : sizes.metrics_bytes;
}

}  // namespace sweepjob
