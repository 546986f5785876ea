// Parts of a sweep told in a few words, for status, explain and plan. Layer 6.
#pragma once

#include <optional>
#include <string>

#include "manifests/spec/sweep_spec.h"
#include "model/value.h"
#include "runner/io/lease.h"

namespace sweepjob {

// "bandit (slack_factor 0.1), judged every 2 intervals from the 4th on"; "none: ..." without one.
[[nodiscard]] std::string policy_text(const SweepSpec& spec);
// "random (rule sobol)"
[[nodiscard]] std::string sampler_text(const SweepSpec& spec);

// Who runs a sweep, from its lease.
struct ControllerState {
  bool alive = false;
  std::optional<LeaseRecord> record;  // the last holder; nothing: nobody ever ran it
};
[[nodiscard]] ControllerState controller_state(const std::string& folder);
// {"alive", "host", "pid", "epoch"}, or null when nobody ever ran it.
[[nodiscard]] Value controller_document(const ControllerState& controller);
// "pid 17 on this-host", "none runs it"
[[nodiscard]] std::string controller_text(const ControllerState& controller);

}  // namespace sweepjob
