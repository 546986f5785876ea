// Event: what happened to a sweep, as it is journaled. Layer 3 (core); plain values; no I/O.
//
// apply() (runner/core/apply.h) is the only thing that changes a Sweep, and it takes these. A new
// event or field raises kJournalVersion (runner/io/journal.h), and a kept sample of every older
// version must still load. Past participles; each is complete in itself: replay asks no sampler,
// no policy and no backend.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "model/ids.h"
#include "model/launch.h"
#include "model/metric.h"
#include "model/time.h"
#include "model/trial.h"

namespace sweepjob {

// Always the first. What it holds never changes, but for the limits (LimitsChanged).
struct SweepCreated {
  SweepUid uid;
  std::string name;
  std::string spec_json;      // to_json(to_value(spec)): the normalised spec
  std::string code_digest;    // of the code snapshot; empty: no code
  std::string source_folder;  // where the job file stood, for people
  std::uint64_t seed = 0;     // resolved: given or drawn at submit
  std::string backend;        // "local", ...: the default of new attempts
  std::string backend_json;   // its settings from the compute table
  bool operator==(const SweepCreated&) const = default;
};

// A controller took the sweep over: at submit, resume and takeover.
struct ControllerStarted {
  std::uint64_t epoch = 0;
  std::string host;
  std::string boot_id;
  std::int64_t pid = 0;
  bool operator==(const ControllerStarted&) const = default;
};

struct TrialProposed {
  TrialId trial{};
  Proposal proposal;
  std::uint64_t request = 0;  // the ProposalRequested it answers; 0: a quick sampler
};

// A slow sampler was asked; its answer refers to `request`.
struct ProposalRequested {
  std::uint64_t request = 0;  // counts from 1
  std::uint64_t seen = 0;     // sequence number of the last event it may use
  TrialId first_trial{};
  std::uint32_t count = 0;
  bool operator==(const ProposalRequested&) const = default;
};

// The sampler said Exhausted; or Wait, to a request: not asked again before it hears more.
struct ProposalsEnded {
  std::uint64_t request = 0;
  bool exhausted = false;
  bool operator==(const ProposalsEnded&) const = default;
};

// The intent to start an attempt. Durable before any launch; it may wait for a slot after that.
struct AttemptRequested {
  AttemptId attempt;
  std::uint64_t batch = 0;  // BatchToken
  std::string backend;
  bool operator==(const AttemptRequested&) const = default;
};

// It has been given a slot and its launch has begun. The launch does not wait for this event to be
// durable: the intent is, and the attempt's claim does the rest (decisions/0002).
struct AttemptReleased {
  AttemptId attempt;
  bool operator==(const AttemptReleased&) const = default;
};

struct AttemptSubmitted {  // the backend has accepted it
  AttemptId attempt;
  std::string handle;
  bool operator==(const AttemptSubmitted&) const = default;
};

struct AttemptStarted {
  AttemptId attempt;
  AttemptStart start;
  bool operator==(const AttemptStarted&) const = default;
};

struct AttemptEnded {
  AttemptId attempt;
  AttemptEnd end;
  bool operator==(const AttemptEnded&) const = default;
};

// Its logs and outputs are where the user finds them; the backend has forgotten it.
struct AttemptCollected {
  AttemptId attempt;
  bool operator==(const AttemptCollected&) const = default;
};

// The counting channel of an attempt, at its first primary value.
struct ChannelChosen {
  AttemptId attempt;
  Channel channel = Channel::Stdout;
  bool operator==(const ChannelChosen&) const = default;
};

// A value of the primary metric was accepted: the next interval of its trial. Compact in the
// journal: a sweep has millions of these.
struct MetricReported {
  AttemptId attempt;
  double value = 0;
  std::optional<double> step;
  std::uint64_t position = 0;  // cursor behind it, on the counting channel
};

// A value of a further objective, `objective` counting from 1: the newest one of a trial stands.
struct ObjectiveReported {
  AttemptId attempt;
  std::uint32_t objective = 1;
  double value = 0;
  std::uint64_t position = 0;  // cursor behind it, on the counting channel
};

// First sight of a metric name in this sweep (at most 1,000 are noted).
struct MetricNameSeen {
  std::string name;
  bool operator==(const MetricNameSeen&) const = default;
};

// A new attempt restarts the curve: the first `kept` values stand.
struct CurveTruncated {
  TrialId trial{};
  std::uint32_t kept = 0;
  bool operator==(const CurveTruncated&) const = default;
};

struct TrialLeftOut {  // from judging and from comparison: checkpoint, but no steps
  TrialId trial{};
  bool operator==(const TrialLeftOut&) const = default;
};

enum class StopCause : std::uint8_t {
  EarlyTermination,
  UserCanceled,  // that trial
  SweepCanceled,
  SweepTimeout,
  SweepFailed,  // max_failed_trials
  Stalled,      // stall_timeout
};
[[nodiscard]] const char* to_string(StopCause cause);  // "early_termination", "user_cancel", ...
[[nodiscard]] std::optional<StopCause> stop_cause_from(std::string_view text);

// The trial ends Canceled whatever its exit code. `reason` holds the numbers.
struct StopRequested {
  TrialId trial{};
  StopCause cause = StopCause::EarlyTermination;
  std::uint32_t interval = 0;  // at which it was judged; 0: not a verdict
  std::string reason;
  bool operator==(const StopRequested&) const = default;
};

// The trial belongs to the control arm: the policy's verdict was to stop it at `interval`, and it
// runs on to show what the cut would have cost (decisions/0007). At its first such verdict only.
struct CutWithheld {
  TrialId trial{};
  std::uint32_t interval = 0;
  std::string reason;  // as in StopRequested
  bool operator==(const CutWithheld&) const = default;
};

// A lost attempt will be followed by another, not before `when`.
struct RetryScheduled {
  TrialId trial{};
  Timestamp when{};
  bool operator==(const RetryScheduled&) const = default;
};

struct TrialFinished {
  TrialId trial{};
  Status status = Status::Completed;
  std::string reason;   // one word: "", "early_termination", "trial_timeout", "exit_code", ...
  std::string message;  // in words, with its numbers
  std::optional<std::int32_t> exit_code;
  bool operator==(const TrialFinished&) const = default;
};

struct TrialRetried {  // by hand, after it had ended
  TrialId trial{};
  bool operator==(const TrialRetried&) const = default;
};

struct LimitsChanged {  // only what is present changes
  std::optional<std::uint32_t> max_total_trials;
  std::optional<std::uint32_t> max_concurrent_trials;
  std::optional<std::int64_t> timeout_seconds;        // counts from submission; 0: none
  std::optional<std::int64_t> trial_timeout_seconds;  // of attempts launched from now on
  bool operator==(const LimitsChanged&) const = default;
};

struct SweepPaused {
  bool operator==(const SweepPaused&) const = default;
};
struct SweepUnpaused {
  bool operator==(const SweepUnpaused&) const = default;
};

// The sweep is to end: nothing new starts, all live trials are stopped.
struct SweepStopping {
  StopCause cause = StopCause::SweepCanceled;
  std::string reason;
  bool operator==(const SweepStopping&) const = default;
};

struct SweepFinished {
  Status status = Status::Completed;
  std::string reason;
  bool operator==(const SweepFinished&) const = default;
};

struct SweepReopened {
  bool operator==(const SweepReopened&) const = default;
};

// A command from the inbox was taken; the same id is never taken twice.
struct RequestHandled {
  std::string id;
  bool accepted = false;
  std::string message;
  bool operator==(const RequestHandled&) const = default;
};

// Said once to the user. `kind` is a stable word, once per (kind, trial).
struct Warned {
  std::string kind;
  std::optional<TrialId> trial;
  std::string text;
  bool operator==(const Warned&) const = default;
};

using EventBody =
    std::variant<SweepCreated, ControllerStarted, TrialProposed, ProposalRequested, ProposalsEnded,
                 AttemptRequested, AttemptReleased, AttemptSubmitted, AttemptStarted, AttemptEnded,
                 AttemptCollected, ChannelChosen, MetricReported, MetricNameSeen, CurveTruncated,
                 TrialLeftOut, StopRequested, RetryScheduled, TrialFinished, TrialRetried,
                 LimitsChanged, SweepPaused, SweepUnpaused, SweepStopping, SweepFinished,
                 SweepReopened, RequestHandled, Warned, CutWithheld, ObjectiveReported>;

struct Event {
  Timestamp time{};  // of the input that caused it
  EventBody body;
};

}  // namespace sweepjob
