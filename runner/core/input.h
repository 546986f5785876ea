// Input: what reaches the core from outside. Layer 3 (core); plain values. Each carries its time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "model/launch.h"
#include "model/metric.h"
#include "runner/core/event.h"
#include "samplers/sampler.h"

namespace sweepjob {

struct Started {  // a controller has taken the sweep over
  ControllerStarted controller;
};
struct SubmitAnswered {  // the backend's answer to one launch
  AttemptId attempt;
  SubmitResult result;
};
struct AttemptChanged {  // repeated, late and out of order is fine
  AttemptId attempt;
  AttemptStatus status;
};
struct MetricArrived {  // in order of position within an attempt and channel
  AttemptId attempt;
  MetricPoint point;
};
struct MetricsDrained {  // everything up to the end's sizes has arrived
  AttemptId attempt;
};
struct ReadingWarned {  // by the source of its metrics
  AttemptId attempt;
  MetricWarning warning;
};
struct AttemptStalled {  // no output for the stall timeout
  AttemptId attempt;
};
struct Collected {
  AttemptId attempt;
};
struct ProposalReady {
  std::uint64_t request = 0;
  Proposals proposals;
};
struct DeadlineReached {};  // next_deadline() has passed; also harmless at any time

struct PauseSweep {};
struct UnpauseSweep {};
struct CancelSweep {
  std::string reason;
};
struct CancelTrial {
  TrialId trial{};
};
struct RetryTrial {
  TrialId trial{};
};
struct UpdateLimits {
  LimitsChanged limits;
};
// A person's command. `id` is unique; the same id is never taken twice.
struct UserRequest {
  std::string id;
  std::variant<PauseSweep, UnpauseSweep, CancelSweep, CancelTrial, RetryTrial, UpdateLimits> what;
};

using InputBody = std::variant<Started, SubmitAnswered, AttemptChanged, MetricArrived,
                               MetricsDrained, ReadingWarned, AttemptStalled, Collected,
                               ProposalReady, DeadlineReached, UserRequest>;

struct Input {
  Timestamp time{};
  InputBody body;
};

}  // namespace sweepjob
