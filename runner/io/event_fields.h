// The fields of every event, named and in the order in which they are journaled. Layer 4.
//
// fields(archive, event) calls archive("name", member) for each; the binary writer, the binary
// reader and the JSON writer (event_codec.cc, event_json.cc) are three archives, so that none of
// them can forget a field that another has. The name is the key in `journal dump`; the order is the
// file format: to change either, or an enumerator's number, raise kJournalVersion.
#pragma once

#include <concepts>
#include <cstdint>
#include <tuple>
#include <type_traits>
#include <variant>

#include "runner/core/event.h"

namespace sweepjob::journal_fields {

// T or const T: the readers fill what the writers only look at.
template <class E, class T>
concept Is = std::same_as<std::remove_const_t<E>, T>;

template <class A, Is<SweepCreated> E>
void fields(A& a, E& e) {
  a("uid", e.uid);
  a("name", e.name);
  a("spec_json", e.spec_json);
  a("code_digest", e.code_digest);
  a("source_folder", e.source_folder);
  a("seed", e.seed);
  a("backend", e.backend);
  a("backend_settings_json", e.backend_json);
}

template <class A, Is<ControllerStarted> E>
void fields(A& a, E& e) {
  a("epoch", e.epoch);
  a("host", e.host);
  a("boot_id", e.boot_id);
  a("pid", e.pid);
}

template <class A, Is<Proposal> E>
void fields(A& a, E& e) {
  a("params", e.params);
  a("budget", e.budget);
  a("parent", e.parent);
  a("note", e.note);
}

template <class A, Is<TrialProposed> E>
void fields(A& a, E& e) {
  a("trial", e.trial);
  fields(a, e.proposal);
  a("request", e.request);
}

template <class A, Is<ProposalRequested> E>
void fields(A& a, E& e) {
  a("request", e.request);
  a("seen", e.seen);
  a("first_trial", e.first_trial);
  a("count", e.count);
}

template <class A, Is<ProposalsEnded> E>
void fields(A& a, E& e) {
  a("request", e.request);
  a("exhausted", e.exhausted);
}

template <class A, Is<AttemptRequested> E>
void fields(A& a, E& e) {
  a("attempt", e.attempt);
  a("batch", e.batch);
  a("backend", e.backend);
}

template <class A, Is<AttemptReleased> E>
void fields(A& a, E& e) {
  a("attempt", e.attempt);
}

template <class A, Is<AttemptSubmitted> E>
void fields(A& a, E& e) {
  a("attempt", e.attempt);
  a("handle", e.handle);
}

template <class A, Is<AttemptStarted> E>
void fields(A& a, E& e) {
  a("attempt", e.attempt);
  a("host", e.start.host);
  a("handle", e.start.handle);
  a("had_checkpoint", e.start.had_checkpoint);
  a("started", e.start.started);
}

template <class A, Is<AttemptEnded> E>
void fields(A& a, E& e) {
  a("attempt", e.attempt);
  a("outcome", e.end.outcome);
  a("code", e.end.code);
  a("message", e.end.message);
  a("stdout_bytes", e.end.sizes.stdout_bytes);
  a("metrics_bytes", e.end.sizes.metrics_bytes);
  a("ended", e.end.ended);
}

template <class A, Is<AttemptCollected> E>
void fields(A& a, E& e) {
  a("attempt", e.attempt);
}

template <class A, Is<ChannelChosen> E>
void fields(A& a, E& e) {
  a("attempt", e.attempt);
  a("channel", e.channel);
}

// In JSON only: the binary codec has a compact form of its own for this one.
template <class A, Is<MetricReported> E>
void fields(A& a, E& e) {
  a("attempt", e.attempt);
  a("value", e.value);
  a("step", e.step);
  a("position", e.position);
}

template <class A, Is<ObjectiveReported> E>
void fields(A& a, E& e) {
  a("attempt", e.attempt);
  a("objective", e.objective);
  a("value", e.value);
  a("position", e.position);
}

template <class A, Is<MetricNameSeen> E>
void fields(A& a, E& e) {
  a("name", e.name);
}

template <class A, Is<CurveTruncated> E>
void fields(A& a, E& e) {
  a("trial", e.trial);
  a("kept", e.kept);
}

template <class A, Is<TrialLeftOut> E>
void fields(A& a, E& e) {
  a("trial", e.trial);
}

template <class A, Is<StopRequested> E>
void fields(A& a, E& e) {
  a("trial", e.trial);
  a("cause", e.cause);
  a("interval", e.interval);
  a("reason", e.reason);
}

template <class A, Is<CutWithheld> E>
void fields(A& a, E& e) {
  a("trial", e.trial);
  a("interval", e.interval);
  a("reason", e.reason);
}

template <class A, Is<RetryScheduled> E>
void fields(A& a, E& e) {
  a("trial", e.trial);
  a("when", e.when);
}

template <class A, Is<TrialFinished> E>
void fields(A& a, E& e) {
  a("trial", e.trial);
  a("status", e.status);
  a("reason", e.reason);
  a("message", e.message);
  a("exit_code", e.exit_code);
}

template <class A, Is<TrialRetried> E>
void fields(A& a, E& e) {
  a("trial", e.trial);
}

template <class A, Is<LimitsChanged> E>
void fields(A& a, E& e) {
  a("max_total_trials", e.max_total_trials);
  a("max_concurrent_trials", e.max_concurrent_trials);
  a("timeout_seconds", e.timeout_seconds);
  a("trial_timeout_seconds", e.trial_timeout_seconds);
}

template <class A, Is<SweepPaused> E>
void fields(A&, E&) {}
template <class A, Is<SweepUnpaused> E>
void fields(A&, E&) {}

template <class A, Is<SweepStopping> E>
void fields(A& a, E& e) {
  a("cause", e.cause);
  a("reason", e.reason);
}

template <class A, Is<SweepFinished> E>
void fields(A& a, E& e) {
  a("status", e.status);
  a("reason", e.reason);
}

template <class A, Is<SweepReopened> E>
void fields(A&, E&) {}

template <class A, Is<RequestHandled> E>
void fields(A& a, E& e) {
  a("id", e.id);
  a("accepted", e.accepted);
  a("message", e.message);
}

template <class A, Is<Warned> E>
void fields(A& a, E& e) {
  a("kind", e.kind);
  a("trial", e.trial);
  a("text", e.text);
}

// A type of event: its number in the journal, for ever, and its name in a dump.
template <class T>
struct Kind {
  using Type = T;
  std::uint8_t tag;
  const char* name;
};

// A MetricReported has the tags kMetricTag to kMetricTag + 15: the low bits say which of its fields
// follow (event_codec.cc).
inline constexpr std::uint8_t kMetricTag = 0x40;

inline constexpr std::tuple kKinds{
    Kind<SweepCreated>{1, "SweepCreated"},
    Kind<ControllerStarted>{2, "ControllerStarted"},
    Kind<TrialProposed>{3, "TrialProposed"},
    Kind<ProposalRequested>{4, "ProposalRequested"},
    Kind<ProposalsEnded>{5, "ProposalsEnded"},
    Kind<AttemptRequested>{6, "AttemptRequested"},
    Kind<AttemptReleased>{7, "AttemptReleased"},
    Kind<AttemptSubmitted>{8, "AttemptSubmitted"},
    Kind<AttemptStarted>{9, "AttemptStarted"},
    Kind<AttemptEnded>{10, "AttemptEnded"},
    Kind<AttemptCollected>{11, "AttemptCollected"},
    Kind<ChannelChosen>{12, "ChannelChosen"},
    Kind<MetricReported>{kMetricTag, "MetricReported"},
    Kind<MetricNameSeen>{13, "MetricNameSeen"},
    Kind<CurveTruncated>{14, "CurveTruncated"},
    Kind<TrialLeftOut>{15, "TrialLeftOut"},
    Kind<StopRequested>{16, "StopRequested"},
    Kind<RetryScheduled>{17, "RetryScheduled"},
    Kind<TrialFinished>{18, "TrialFinished"},
    Kind<TrialRetried>{19, "TrialRetried"},
    Kind<LimitsChanged>{20, "LimitsChanged"},
    Kind<SweepPaused>{21, "SweepPaused"},
    Kind<SweepUnpaused>{22, "SweepUnpaused"},
    Kind<SweepStopping>{23, "SweepStopping"},
    Kind<SweepFinished>{24, "SweepFinished"},
    Kind<SweepReopened>{25, "SweepReopened"},
    Kind<RequestHandled>{26, "RequestHandled"},
    Kind<Warned>{27, "Warned"},
    Kind<CutWithheld>{28, "CutWithheld"},
    Kind<ObjectiveReported>{29, "ObjectiveReported"},
};
static_assert(std::tuple_size_v<decltype(kKinds)> == std::variant_size_v<EventBody>,
              "every event has a number and a name");

template <class T>
constexpr Kind<T> kind_of() {
  return std::get<Kind<T>>(kKinds);
}

}  // namespace sweepjob::journal_fields
