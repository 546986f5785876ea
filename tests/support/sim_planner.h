// The planner of the crash simulation: SimPlanner, with file names that tell their attempt, the
// hash of the parameters that each launch is checked by, and a mistake to be found.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "backends/simulated/sim_cluster.h"
#include "model/value.h"
#include "runner/app/sim_planner.h"

namespace sweepjob::testing {

class WatchedPlanner final : public SimPlanner {
 public:
  Result<LaunchRequest> plan(const Sweep& sweep, const AttemptId& attempt) override {
    auto request = SimPlanner::plan(sweep, attempt);
    request->params_hash = params_hash(trial_of(sweep, attempt.trial).proposal.params);
    return request;
  }
  FollowRequest follow(const Sweep& sweep, const AttemptId& attempt) override {
    FollowRequest request = SimPlanner::follow(sweep, attempt);
    const std::string folder = request.attempt.token();
    request.stdout_file = folder + "/stdout";
    request.metrics_file = folder + "/metrics";
    if (forgets_cursors) request.cursors.clear();
    return request;
  }

  bool forgets_cursors = false;  // a mistake that the simulation has to find
};

// The size of a file that WatchedPlanner::follow() names.
inline std::optional<std::uint64_t> sim_file_size(const SimCluster& cluster,
                                                  std::string_view file) {
  const std::size_t slash = file.find('/');
  const auto key = AttemptKey::from_token(file.substr(0, slash));
  const SimCluster::Attempt* attempt = key ? cluster.find(*key) : nullptr;
  if (attempt == nullptr || !attempt->start) return std::nullopt;
  const FinalSizes sizes = SimCluster::sizes(*attempt);
  return file.ends_with("/stdout") ? sizes.stdout_bytes : sizes.metrics_bytes;
}

}  // namespace sweepjob::testing
