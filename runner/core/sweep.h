// Sweep: the state of one sweep, the fold of its journal. Layer 3 (core).
//
// Changed by apply() alone. Owned by the controller's thread; readers replay the journal into one
// of their own. No clock, disk, thread or socket in here.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "manifests/spec/sweep_spec.h"
#include "model/launch.h"
#include "model/objective.h"
#include "model/trial.h"
#include "policies/policy.h"
#include "runner/core/event.h"
#include "samplers/sampler.h"

namespace sweepjob {

// Requested: the intent is journaled. Released: it has a slot, its launch is on its way.
enum class AttemptState : std::uint8_t { Requested, Released, Running, Ended };

struct Attempt {
  std::uint32_t number = 1;
  AttemptState state = AttemptState::Requested;
  bool started = false;
  bool reported = false;  // a value of this attempt has been accepted
  bool collected = false;
  std::optional<Channel> channel;  // the counting one
  std::uint64_t position = 0;      // cursor on it
  std::uint64_t batch = 0;
  std::uint64_t requested_sequence = 0;  // of its AttemptRequested
  std::string backend;
  std::string handle;
  AttemptStart start;
  std::optional<AttemptEnd> end;
};

struct Trial {
  Proposal proposal;
  Status status = Status::Queued;
  std::vector<Attempt> attempts;
  std::vector<double> values;  // values[k - 1] is interval k
  std::vector<double> steps;   // as long as values, NaN where none; empty: none at all
  double best = kWorst;
  std::vector<double> others;  // the newest value of each further objective; empty: none yet
  bool left_out = false;       // neither judged nor compared with
  std::optional<StopRequested> stop;
  std::optional<CutWithheld> withheld;  // to the policy it ended there
  std::uint32_t lost = 0;               // lost attempts since it was proposed or retried by hand
  std::optional<Timestamp> retry_at;
  std::string reason;
  std::string message;
  std::optional<std::int32_t> exit_code;
  std::optional<Timestamp> started;
  std::optional<Timestamp> ended;
  std::uint64_t ended_sequence = 0;  // of its latest TrialFinished
};

struct SweepCounts {
  std::uint32_t completed = 0;
  std::uint32_t failed = 0;
  std::uint32_t canceled = 0;
  std::uint32_t running = 0;      // attempts that hold a slot
  std::uint32_t live = 0;         // trials that are not terminal, the running ones included
  std::uint32_t uncollected = 0;  // ended attempts whose outputs are not collected yet
  std::uint32_t with_metric = 0;  // ended trials that reported the primary metric
};

struct Sweep {
  // `sampler` and `policy` may be null where nothing is to be decided (readers).
  Sweep(std::unique_ptr<Sampler> sampler_of_sweep,
        std::unique_ptr<TerminationPolicy> policy_of_sweep, Goal goal_of_sweep)
      : sampler(std::move(sampler_of_sweep)),
        policy(std::move(policy_of_sweep)),
        goal(goal_of_sweep) {}

  std::unique_ptr<Sampler> sampler;
  std::unique_ptr<TerminationPolicy> policy;
  Goal goal;

  SweepCreated created;
  Timestamp created_at{};
  Limits limits;                 // as updated
  ControllerStarted controller;  // the latest
  std::uint64_t sequence = 0;    // of the last event applied; the first is 1
  std::vector<Trial> trials;     // by TrialId
  SweepCounts counts;

  std::deque<AttemptId> waiting;  // Requested, in order; entries may be outdated
  std::set<std::pair<Timestamp, TrialId>> retries;
  std::optional<ProposalRequested> open_request;
  std::uint64_t last_request = 0;
  std::uint64_t heard = 0;  // sequence number of the last event that the sampler was told of
  // A slow sampler said Wait, having heard everything up to here.
  std::optional<std::uint64_t> waits_since;
  std::uint64_t last_batch = 0;
  // Sequence number of the last command that made room (limits, unpause): no launch before it is
  // durable.
  std::uint64_t room_made = 0;
  bool exhausted = false;
  bool paused = false;
  std::optional<SweepStopping> stopping;
  std::optional<SweepFinished> finished;
  std::optional<Timestamp> finished_at;

  std::unordered_set<std::string> metric_names;
  std::unordered_map<std::string, RequestHandled> handled;  // by request id
  std::vector<Warned> warnings;
  std::unordered_set<std::string> warned;  // "kind" or "kind/trial"
};

[[nodiscard]] inline const Trial& trial_of(const Sweep& sweep, TrialId trial) {
  return sweep.trials[index_of(trial)];
}
// Null when the sweep has no such attempt.
[[nodiscard]] const Attempt* find_attempt(const Sweep& sweep, const AttemptId& attempt);
// The trial's newest attempt, or null before the first.
[[nodiscard]] inline const Attempt* latest_attempt(const Trial& trial) {
  return trial.attempts.empty() ? nullptr : &trial.attempts.back();
}

// The trial whose checkpoint it goes on from; null when there is none.
[[nodiscard]] inline const Trial* parent_of(const Sweep& sweep, const Trial& trial) {
  const auto& parent = trial.proposal.parent;
  return parent && index_of(*parent) < sweep.trials.size() ? &trial_of(sweep, *parent) : nullptr;
}

// Attempts that were given a slot: one that only waits has not been an attempt yet for people.
[[nodiscard]] std::uint32_t launched_attempts(const Trial& trial);

// Whether it counts for the best: it has not failed and has reported a number.
[[nodiscard]] inline bool can_be_best(const Trial& trial) {
  return trial.status != Status::Failed && !is_worst(trial.best);
}
// Best finite value by the goal over trials that have not failed; ties: the earlier trial. O(n).
[[nodiscard]] std::optional<TrialId> best_trial(const Sweep& sweep);

// Azure's word for the whole sweep.
[[nodiscard]] Status status_of(const Sweep& sweep);

}  // namespace sweepjob
