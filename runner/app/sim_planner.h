// A LaunchPlanner for a SimCluster: no folders, no commands, no slots. Layer 6; controller's
// thread.
//
// What an attempt does a SimScript says (backends/simulated/sim_cluster.h), which looks the
// parameters up in the sweep itself.
#pragma once

#include <string>

#include "runner/app/controller.h"

namespace sweepjob {

class SimPlanner : public LaunchPlanner {
 public:
  Result<LaunchRequest> plan(const Sweep& sweep, const AttemptId& attempt) override {
    LaunchRequest request;
    request.key = {sweep.created.uid, attempt};
    request.epoch = sweep.controller.epoch;
    return request;
  }
  FollowRequest follow(const Sweep& sweep, const AttemptId& attempt) override {
    FollowRequest request;
    request.attempt = {sweep.created.uid, attempt};
    const Attempt* state = find_attempt(sweep, attempt);
    if (state != nullptr && state->channel) {
      request.cursors.push_back({*state->channel, state->position});
    }
    return request;
  }
  std::string attempt_folder(const AttemptId& attempt) const override {
    return std::to_string(index_of(attempt.trial)) + "/" + std::to_string(attempt.number);
  }
  void release(const AttemptKey&) override {}
  void adopt(const AttemptKey&) override {}
};

}  // namespace sweepjob
