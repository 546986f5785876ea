#include "runner/core/decide.h"

#include <algorithm>

#include "runner/core/decide_internal.h"

namespace sweepjob {

using namespace internal;

namespace internal {

void warn_once(const Sweep& sweep, Timestamp time, std::string kind, std::optional<TrialId> trial,
               std::string text, std::vector<Event>& out) {
  std::string key = kind;
  if (trial) key += "/" + std::to_string(index_of(*trial));
  if (sweep.warned.contains(key)) return;
  emit(out, time, Warned{std::move(kind), trial, std::move(text)});
}

}  // namespace internal

void decide(const Rules& rules, const Sweep& sweep, const Input& input, std::vector<Event>& out) {
  const Timestamp time = input.time;
  if (const auto* started = std::get_if<Started>(&input.body)) {
    emit(out, time, started->controller);
  } else if (const auto* answer = std::get_if<SubmitAnswered>(&input.body)) {
    decide_submit_answered(sweep, *answer, time, out);
  } else if (const auto* change = std::get_if<AttemptChanged>(&input.body)) {
    decide_attempt_changed(rules, sweep, *change, time, out);
  } else if (const auto* metric = std::get_if<MetricArrived>(&input.body)) {
    decide_metric(rules, sweep, *metric, time, out);
  } else if (const auto* drained = std::get_if<MetricsDrained>(&input.body)) {
    settle(rules, sweep, drained->attempt, time, out);
  } else if (const auto* reading = std::get_if<ReadingWarned>(&input.body)) {
    decide_reading_warned(sweep, *reading, time, out);
  } else if (const auto* stalled = std::get_if<AttemptStalled>(&input.body)) {
    const Attempt* attempt = find_attempt(sweep, stalled->attempt);
    if (attempt == nullptr || attempt->state != AttemptState::Running) return;
    const auto limit = rules.spec.extensions.stall_timeout.count();
    stop_trial(sweep, stalled->attempt.trial, StopCause::Stalled,
               "no output for " + std::to_string(limit) + " s (stall_timeout)", time, out);
  } else if (const auto* collected = std::get_if<Collected>(&input.body)) {
    const Attempt* attempt = find_attempt(sweep, collected->attempt);
    if (attempt == nullptr || attempt->collected) return;
    if (attempt->state == AttemptState::Ended) {
      emit(out, time, AttemptCollected{collected->attempt});
    }
  } else if (const auto* ready = std::get_if<ProposalReady>(&input.body)) {
    decide_proposals(sweep, *ready, time, out);
  } else if (const auto* request = std::get_if<UserRequest>(&input.body)) {
    decide_request(sweep, *request, time, out);
  }
}

void react(const Rules& rules, const Sweep& sweep, const Event& event, std::vector<Event>& out) {
  if (const auto* reported = std::get_if<MetricReported>(&event.body)) {
    judge_report(rules, sweep, *reported, event.time, out);
  } else if (const auto* ended = std::get_if<AttemptEnded>(&event.body)) {
    const Attempt* attempt = find_attempt(sweep, ended->attempt);
    // It never ran: there is nothing to drain.
    if (attempt != nullptr && !attempt->started)
      settle(rules, sweep, ended->attempt, event.time, out);
  } else if (const auto* stopping = std::get_if<SweepStopping>(&event.body)) {
    for (std::uint32_t i = 0; i < sweep.trials.size(); ++i) {
      stop_trial(sweep, TrialId{i}, stopping->cause, stopping->reason, event.time, out);
    }
  }
}

namespace {

// Applies `pending` in order, each followed by what it causes at once.
void settle_pending(const Rules& rules, Sweep& sweep, std::vector<Event>& pending,
                    std::vector<Event>& events, std::vector<Effect>& effects) {
  std::vector<Event> reactions;
  for (std::size_t i = 0; i < pending.size(); ++i) {
    apply(sweep, pending[i]);
    if (auto effect = effect_of(sweep, pending[i])) effects.push_back(*std::move(effect));
    reactions.clear();
    react(rules, sweep, pending[i], reactions);
    events.push_back(std::move(pending[i]));
    if (reactions.empty()) continue;
    pending.insert(pending.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                   std::make_move_iterator(reactions.begin()),
                   std::make_move_iterator(reactions.end()));
  }
  pending.clear();
}

}  // namespace

void absorb(const Rules& rules, Sweep& sweep, const Input& input, std::vector<Event>& events,
            std::vector<Effect>& effects) {
  std::vector<Event> pending;
  decide(rules, sweep, input, pending);
  settle_pending(rules, sweep, pending, events, effects);
}

void advance(const Rules& rules, Sweep& sweep, const Input& input, std::vector<Event>& events,
             std::vector<Effect>& effects) {
  absorb(rules, sweep, input, events, effects);
  std::vector<Event> pending;
  for (;;) {
    decide_next(rules, sweep, input.time, pending);
    if (pending.empty()) return;
    settle_pending(rules, sweep, pending, events, effects);
  }
}

std::optional<Effect> effect_of(const Sweep& sweep, const Event& event) {
  if (const auto* released = std::get_if<AttemptReleased>(&event.body)) {
    const Attempt* attempt = find_attempt(sweep, released->attempt);
    if (attempt == nullptr) return std::nullopt;
    const Trial* parent = parent_of(sweep, trial_of(sweep, released->attempt.trial));
    return Effect{Launch{released->attempt},
                  std::max({attempt->requested_sequence, sweep.room_made,
                            parent == nullptr ? 0 : parent->ended_sequence})};
  }
  if (const auto* started = std::get_if<AttemptStarted>(&event.body)) {
    return Effect{Follow{started->attempt}, 0};
  }
  if (const auto* ended = std::get_if<AttemptEnded>(&event.body)) {
    const Attempt* attempt = find_attempt(sweep, ended->attempt);
    if (attempt == nullptr || !attempt->started) return std::nullopt;
    return Effect{Drain{ended->attempt, ended->end.sizes}, 0};
  }
  if (const auto* stop = std::get_if<StopRequested>(&event.body)) {
    const Trial& trial = trial_of(sweep, stop->trial);
    if (!may_be_alive(trial)) return std::nullopt;
    return Effect{Cancel{{stop->trial, latest_attempt(trial)->number}}, sweep.sequence};
  }
  if (const auto* request = std::get_if<ProposalRequested>(&event.body)) {
    return Effect{AskSampler{*request}, sweep.sequence};
  }
  const TrialId* settled = nullptr;
  if (const auto* finished = std::get_if<TrialFinished>(&event.body)) settled = &finished->trial;
  if (const auto* retry = std::get_if<RetryScheduled>(&event.body)) settled = &retry->trial;
  if (settled != nullptr) {
    const Attempt* attempt = latest_attempt(trial_of(sweep, *settled));
    if (attempt == nullptr || attempt->state != AttemptState::Ended) return std::nullopt;
    if (attempt->collected) return std::nullopt;  // the trial was stopped between two attempts
    return Effect{Collect{{*settled, attempt->number}}, sweep.sequence};
  }
  return std::nullopt;
}

std::vector<Effect> outstanding(const Sweep& sweep) {
  std::vector<Effect> owed;
  for (std::uint32_t i = 0; i < sweep.trials.size(); ++i) {
    const Trial& trial = sweep.trials[i];
    const bool settled = is_terminal(trial.status) || trial.retry_at.has_value();
    for (const Attempt& attempt : trial.attempts) {
      const AttemptId id{TrialId{i}, attempt.number};
      const bool newest = attempt.number == trial.attempts.size();
      switch (attempt.state) {
        case AttemptState::Requested: break;
        case AttemptState::Released:
          // A launch that is to be stopped is not repeated: the cancel alone prevents it.
          if (!trial.stop) owed.push_back({Launch{id}, 0});
          break;
        case AttemptState::Running: owed.push_back({Follow{id}, 0}); break;
        case AttemptState::Ended:
          if (newest && !settled) {
            owed.push_back({Follow{id}, 0});
            owed.push_back({Drain{id, attempt.end->sizes}, 0});
          } else if (!attempt.collected) {
            owed.push_back({Collect{id}, 0});
          }
          break;
      }
      if (newest && trial.stop && may_be_alive(trial)) owed.push_back({Cancel{id}, 0});
    }
  }
  if (sweep.open_request) owed.push_back({AskSampler{*sweep.open_request}, 0});
  return owed;
}

}  // namespace sweepjob
