// Shared by the decide*.cc files only.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "runner/core/decide.h"

namespace sweepjob::internal {

inline void emit(std::vector<Event>& out, Timestamp time, EventBody body) {
  out.push_back(Event{time, std::move(body)});
}

// A warning is said once per (kind, trial).
void warn_once(const Sweep& sweep, Timestamp time, std::string kind, std::optional<TrialId> trial,
               std::string text, std::vector<Event>& out);

// The trial's newest attempt holds or may hold a slot: only the backend can end it.
[[nodiscard]] inline bool may_be_alive(const Trial& trial) {
  const Attempt* attempt = latest_attempt(trial);
  return attempt != nullptr &&
         (attempt->state == AttemptState::Released || attempt->state == AttemptState::Running);
}
// It has ended and its metrics are being drained.
[[nodiscard]] inline bool is_draining(const Trial& trial) {
  const Attempt* attempt = latest_attempt(trial);
  return attempt != nullptr && attempt->state == AttemptState::Ended && !trial.retry_at &&
         !is_terminal(trial.status);
}

// Ends a trial that is to be stopped: by its backend when it may be alive, else at once.
void stop_trial(const Sweep& sweep, TrialId trial, StopCause cause, const std::string& reason,
                Timestamp time, std::vector<Event>& out);

// What a fully drained (or never started) ended attempt means for its trial.
void settle(const Rules& rules, const Sweep& sweep, const AttemptId& attempt, Timestamp time,
            std::vector<Event>& out);

void decide_attempt_changed(const Rules& rules, const Sweep& sweep, const AttemptChanged& change,
                            Timestamp time, std::vector<Event>& out);
void decide_submit_answered(const Sweep& sweep, const SubmitAnswered& answer, Timestamp time,
                            std::vector<Event>& out);
void decide_metric(const Rules& rules, const Sweep& sweep, const MetricArrived& arrived,
                   Timestamp time, std::vector<Event>& out);
void decide_reading_warned(const Sweep& sweep, const ReadingWarned& reading, Timestamp time,
                           std::vector<Event>& out);
void judge_report(const Rules& rules, const Sweep& sweep, const MetricReported& reported,
                  Timestamp time, std::vector<Event>& out);
void decide_request(const Sweep& sweep, const UserRequest& request, Timestamp time,
                    std::vector<Event>& out);
void decide_proposals(const Sweep& sweep, const ProposalReady& ready, Timestamp time,
                      std::vector<Event>& out);

}  // namespace sweepjob::internal
