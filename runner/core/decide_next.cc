// What a sweep does by itself: due retries, free slots, proposals, its end.
#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "runner/core/decide_internal.h"

namespace sweepjob {

using namespace internal;

namespace internal {
namespace {

bool retry_due(const Sweep& sweep, Timestamp now, std::vector<Event>& out) {
  for (const auto& [when, trial] : sweep.retries) {
    if (when > now) break;
    const auto number = static_cast<std::uint32_t>(trial_of(sweep, trial).attempts.size()) + 1;
    emit(out, now, AttemptRequested{{trial, number}, sweep.last_batch + 1, sweep.created.backend});
  }
  return !out.empty();
}

// A trial that was proposed ahead of need, before max_total_trials was lowered: it never starts.
bool is_beyond_limit(const Sweep& sweep, const AttemptId& attempt) {
  return index_of(attempt.trial) >= sweep.limits.max_total_trials && attempt.number == 1;
}

// Its parent was started again by hand and writes the checkpoint that it is to read.
bool is_parent_live(const Sweep& sweep, const AttemptId& attempt) {
  const Trial* parent = parent_of(sweep, trial_of(sweep, attempt.trial));
  return parent != nullptr && !is_terminal(parent->status);
}

bool release_slots(const Rules& rules, const Sweep& sweep, Timestamp now, std::vector<Event>& out) {
  const std::uint32_t slots = concurrency(rules, sweep);
  std::uint32_t used = sweep.counts.running;
  for (const AttemptId& attempt : sweep.waiting) {
    if (used >= slots) break;
    if (is_beyond_limit(sweep, attempt) || is_parent_live(sweep, attempt)) continue;
    emit(out, now, AttemptReleased{attempt});
    ++used;
  }
  return !out.empty();
}

// How many trials to ask for now. Samplers that need no results are topped up in one go when they
// are less than half of their lead ahead; the others are asked for the places of ended trials only.
std::uint32_t wanted_trials(const Rules& rules, const Sweep& sweep) {
  const auto proposed = static_cast<std::uint32_t>(sweep.trials.size());
  if (proposed >= sweep.limits.max_total_trials) return 0;
  const std::uint32_t left = sweep.limits.max_total_trials - proposed;
  const std::uint32_t slots = concurrency(rules, sweep);
  const auto waiting = static_cast<std::uint32_t>(sweep.waiting.size());
  if (!sweep.sampler->needs_results()) {
    constexpr std::uint32_t kMaxLead = 1024;
    const std::uint32_t lead = rules.ahead > 0 ? rules.ahead : std::min(4 * slots, kMaxLead);
    const std::uint32_t target =
        sweep.counts.running < slots ? slots - sweep.counts.running + lead : lead;
    if (waiting * 2 >= target) return 0;
    return std::min(left, target - waiting);
  }
  // A trial keeps its place until its last values are in: the next proposal may depend on them. One
  // that waits out the backoff of a lost attempt does not.
  const std::uint32_t busy = sweep.counts.live - static_cast<std::uint32_t>(sweep.retries.size());
  return busy >= slots ? 0 : std::min(left, slots - busy);
}

void emit_proposals(const Sweep& sweep, std::vector<Proposal> proposals, std::uint64_t request,
                    Timestamp time, std::vector<Event>& out) {
  auto next = static_cast<std::uint32_t>(sweep.trials.size());
  for (Proposal& proposal : proposals) {
    if (next >= sweep.limits.max_total_trials) break;
    const TrialId trial{next++};
    emit(out, time, TrialProposed{trial, std::move(proposal), request});
    emit(out, time, AttemptRequested{{trial, 1}, sweep.last_batch + 1, sweep.created.backend});
  }
}

// Another answer than the Wait before can only come of something new: a sampler is a fold of what
// it is told.
bool has_heard_since_it_waits(const Sweep& sweep) {
  return !sweep.waits_since || sweep.heard > *sweep.waits_since;
}

// An empty vector, which no sampler may answer, is taken for a Wait.
bool says_wait(const Proposals& answer) {
  const auto* proposals = std::get_if<std::vector<Proposal>>(&answer);
  return std::holds_alternative<Wait>(answer) || (proposals != nullptr && proposals->empty());
}

// Every live trial ends some day, and the sampler hears of that. Without one it would wait for
// ever.
bool wait_for_results(const Sweep& sweep, Timestamp now, std::vector<Event>& out) {
  if (sweep.counts.live > 0) return false;
  emit(out, now,
       SweepStopping{StopCause::SweepFailed,
                     "the sampler waits for results, but no trial is left to give any"});
  return true;
}

bool ask_sampler(const Rules& rules, const Sweep& sweep, Timestamp now, std::vector<Event>& out) {
  if (sweep.exhausted || sweep.open_request || !sweep.sampler) return false;
  const std::uint32_t wanted = wanted_trials(rules, sweep);
  if (wanted == 0) return false;
  const TrialId first{static_cast<std::uint32_t>(sweep.trials.size())};
  if (sweep.sampler->slow()) {
    if (!has_heard_since_it_waits(sweep)) return wait_for_results(sweep, now, out);
    emit(out, now, ProposalRequested{sweep.last_request + 1, sweep.sequence, first, wanted});
    return true;
  }
  Proposals answer = propose(sweep, first, wanted);
  if (says_wait(answer)) return wait_for_results(sweep, now, out);
  if (auto* proposals = std::get_if<std::vector<Proposal>>(&answer)) {
    emit_proposals(sweep, std::move(*proposals), 0, now, out);
  } else {
    emit(out, now, ProposalsEnded{0, true});
  }
  return true;
}

// They wait as long as the limit may be raised again, and end with the sweep.
bool end_beyond_limit(const Sweep& sweep, Timestamp now, std::vector<Event>& out) {
  if (sweep.trials.size() <= sweep.limits.max_total_trials) return false;
  std::vector<AttemptId> beyond;
  for (const AttemptId& attempt : sweep.waiting) {
    if (is_beyond_limit(sweep, attempt)) beyond.push_back(attempt);
  }
  if (beyond.empty() || beyond.size() < sweep.counts.live) return false;
  for (const AttemptId& attempt : beyond) {
    emit(out, now,
         TrialFinished{attempt.trial,
                       Status::Canceled,
                       "max_total_trials",
                       fmt::format("beyond the limit of {} trials", sweep.limits.max_total_trials),
                       {}});
  }
  return true;
}

SweepFinished outcome_of(const Rules& rules, const Sweep& sweep) {
  if (sweep.stopping) {
    const bool failed = sweep.stopping->cause == StopCause::SweepFailed;
    return {failed ? Status::Failed : Status::Canceled,
            failed ? sweep.stopping->reason : to_string(sweep.stopping->cause)};
  }
  const SweepCounts& counts = sweep.counts;
  if (counts.failed > 0 && counts.completed == 0 && counts.canceled == 0) {
    return {Status::Failed, fmt::format("every trial failed ({})", counts.failed)};
  }
  if (rules.spec.extensions.require_metric && counts.with_metric == 0) {
    return {Status::Failed, "no trial logged the primary metric (require_metric)"};
  }
  return {Status::Completed, ""};
}

}  // namespace

void decide_proposals(const Sweep& sweep, const ProposalReady& ready, Timestamp time,
                      std::vector<Event>& out) {
  if (!sweep.open_request || sweep.open_request->request != ready.request) return;
  if (const auto* proposals = std::get_if<std::vector<Proposal>>(&ready.proposals)) {
    if (!sweep.stopping && !sweep.finished && !proposals->empty() &&
        sweep.trials.size() < sweep.limits.max_total_trials) {
      emit_proposals(sweep, *proposals, ready.request, time, out);
      return;
    }
  }
  emit(out, time,
       ProposalsEnded{ready.request, std::holds_alternative<Exhausted>(ready.proposals)});
}

}  // namespace internal

Proposals propose(const Sweep& sweep, TrialId first, std::uint32_t count) {
  std::vector<TrialId> ids;
  ids.reserve(count);
  for (std::uint32_t i = 0; i < count; ++i) ids.push_back(TrialId{index_of(first) + i});
  return sweep.sampler->propose(ids, Rng(sweep.created.seed));
}

void decide_next(const Rules& rules, const Sweep& sweep, Timestamp now, std::vector<Event>& out) {
  if (sweep.finished || sweep.controller.epoch == 0) return;
  const auto timeout = sweep.limits.timeout;
  if (!sweep.stopping && timeout.count() > 0 && now >= sweep.created_at + timeout) {
    emit(out, now,
         SweepStopping{StopCause::SweepTimeout,
                       fmt::format("the sweep's timeout of {} s", timeout.count())});
    return;
  }
  if (!sweep.stopping && !sweep.paused) {
    if (retry_due(sweep, now, out)) return;
    if (release_slots(rules, sweep, now, out)) return;
    if (ask_sampler(rules, sweep, now, out)) return;
    if (end_beyond_limit(sweep, now, out)) return;
  }
  const bool no_more =
      sweep.stopping || sweep.exhausted || sweep.trials.size() >= sweep.limits.max_total_trials;
  const bool idle = sweep.counts.live == 0 && sweep.counts.uncollected == 0;
  if (no_more && idle && (sweep.stopping || !sweep.open_request)) {
    emit(out, now, outcome_of(rules, sweep));
  }
}

std::optional<Timestamp> next_deadline(const Rules& rules, const Sweep& sweep) {
  (void)rules;
  if (sweep.finished) return std::nullopt;
  std::optional<Timestamp> next;
  if (!sweep.stopping && sweep.limits.timeout.count() > 0) {
    next = sweep.created_at + sweep.limits.timeout;
  }
  if (!sweep.stopping && !sweep.paused && !sweep.retries.empty()) {
    const Timestamp retry = sweep.retries.begin()->first;
    if (!next || retry < *next) next = retry;
  }
  return next;
}

}  // namespace sweepjob
