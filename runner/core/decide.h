// The state machine: an input becomes events, events change the sweep. Layer 3 (core); pure.
//
//   std::vector<Event> events;
//   std::vector<Effect> effects;
//   advance(rules, sweep, input, events, effects);   // decided and applied
//   journal.append(events);                          // effects start when durable up to theirs
//
// advance() is decide(), apply() of each event, react() to each applied event, and decide_next()
// until nothing follows. decide*, react and decide_next never change the sweep; apply never fails.
#pragma once

#include <optional>
#include <vector>

#include "runner/core/effect.h"
#include "runner/core/event.h"
#include "runner/core/input.h"
#include "runner/core/rules.h"
#include "runner/core/sweep.h"

namespace sweepjob {

// The direct consequences of an input. An input about something unknown or past gives none.
void decide(const Rules& rules, const Sweep& sweep, const Input& input, std::vector<Event>& out);

// What follows from an event that has just been applied: a verdict on a report, stops after
// SweepStopping, ...
void react(const Rules& rules, const Sweep& sweep, const Event& event, std::vector<Event>& out);

// What the sweep does next by itself: due retries, free slots, proposals, the end.
void decide_next(const Rules& rules, const Sweep& sweep, Timestamp now, std::vector<Event>& out);

// What the sweep's sampler proposes for the `count` trials from `first` on, as the sweep stands.
[[nodiscard]] Proposals propose(const Sweep& sweep, TrialId first, std::uint32_t count);

// Total: no failure, no I/O. Events of a journal that contradict the state are ignored.
void apply(Sweep& sweep, const Event& event);

// decide(), apply() and react() without decide_next(): for what is learnt about the past before the
// sweep goes on (adoption after a restart).
void absorb(const Rules& rules, Sweep& sweep, const Input& input, std::vector<Event>& events,
            std::vector<Effect>& effects);

// Decides and applies; appends what happened to `events` and what is to be done to `effects`.
void advance(const Rules& rules, Sweep& sweep, const Input& input, std::vector<Event>& events,
             std::vector<Effect>& effects);

// When to send DeadlineReached next.
[[nodiscard]] std::optional<Timestamp> next_deadline(const Rules& rules, const Sweep& sweep);

}  // namespace sweepjob
