#include <algorithm>
#include <cmath>
#include <limits>

#include "runner/core/decide.h"

namespace sweepjob {
namespace {

// One overload per event. Every one is total: a journal that names an unknown trial (a bug, or a
// damaged file that passed its checksum) changes nothing rather than taking the reader down.
class Applier {
 public:
  Applier(Sweep& sweep, Timestamp time) : sweep_(sweep), time_(time) {}

  void operator()(const SweepCreated& event) {
    sweep_.created = event;
    sweep_.created_at = time_;
  }
  void operator()(const ControllerStarted& event) { sweep_.controller = event; }

  void operator()(const TrialProposed& event) {
    if (index_of(event.trial) != sweep_.trials.size()) return;
    Trial& trial = sweep_.trials.emplace_back();
    trial.proposal = event.proposal;
    ++sweep_.counts.live;
    if (event.request != 0) close_request(event.request);
    notify(trial, TrialAdded{event.trial, event.proposal});
  }
  void operator()(const ProposalRequested& event) {
    sweep_.open_request = event;
    sweep_.last_request = event.request;
  }
  void operator()(const ProposalsEnded& event) {
    const auto& asked = sweep_.open_request;
    if (asked && asked->request == event.request && !event.exhausted) {
      sweep_.waits_since = asked->seen;
    }
    close_request(event.request);
    if (event.exhausted) sweep_.exhausted = true;
  }

  void operator()(const AttemptRequested& event) {
    Trial* trial = find(event.attempt.trial);
    if (trial == nullptr || event.attempt.number != trial->attempts.size() + 1) return;
    if (trial->retry_at) {
      sweep_.retries.erase({*trial->retry_at, event.attempt.trial});
      trial->retry_at.reset();
    }
    Attempt& attempt = trial->attempts.emplace_back();
    attempt.number = event.attempt.number;
    attempt.batch = event.batch;
    attempt.backend = event.backend;
    attempt.requested_sequence = sweep_.sequence;
    sweep_.last_batch = std::max(sweep_.last_batch, event.batch);
    sweep_.waiting.push_back(event.attempt);
    if (trial->status != Status::CancelRequested) trial->status = Status::Queued;
  }
  void operator()(const AttemptReleased& event) {
    Attempt* attempt = find(event.attempt);
    if (attempt == nullptr || attempt->state != AttemptState::Requested) return;
    attempt->state = AttemptState::Released;
    ++sweep_.counts.running;
    auto& waiting = sweep_.waiting;
    if (!waiting.empty() && waiting.front() == event.attempt) {
      waiting.pop_front();
    } else if (const auto at = std::find(waiting.begin(), waiting.end(), event.attempt);
               at != waiting.end()) {
      waiting.erase(at);
    }
  }
  void operator()(const AttemptSubmitted& event) {
    if (Attempt* attempt = find(event.attempt)) attempt->handle = event.handle;
  }
  void operator()(const AttemptStarted& event) {
    Attempt* attempt = find(event.attempt);
    if (attempt == nullptr || attempt->started || attempt->state == AttemptState::Ended) return;
    attempt->started = true;
    attempt->start = event.start;
    attempt->state = AttemptState::Running;
    Trial& trial = *find(event.attempt.trial);
    if (!trial.started) trial.started = event.start.started;
    if (!is_terminal(trial.status) && !trial.stop) trial.status = Status::Running;
  }
  void operator()(const AttemptEnded& event) {
    Attempt* attempt = find(event.attempt);
    if (attempt == nullptr || attempt->state == AttemptState::Ended) return;
    if (attempt->state != AttemptState::Requested) --sweep_.counts.running;
    attempt->state = AttemptState::Ended;
    attempt->end = event.end;
    ++sweep_.counts.uncollected;
    Trial& trial = *find(event.attempt.trial);
    if (!is_terminal(trial.status) && !trial.stop) trial.status = Status::Finalizing;
  }
  void operator()(const AttemptCollected& event) {
    Attempt* attempt = find(event.attempt);
    if (attempt == nullptr || attempt->collected || attempt->state != AttemptState::Ended) return;
    attempt->collected = true;
    --sweep_.counts.uncollected;
  }

  void operator()(const ChannelChosen& event) {
    if (Attempt* attempt = find(event.attempt)) attempt->channel = event.channel;
  }
  void operator()(const MetricReported& event) {
    Attempt* attempt = find(event.attempt);
    if (attempt == nullptr) return;
    Trial& trial = *find(event.attempt.trial);
    attempt->reported = true;
    attempt->position = event.position;
    trial.values.push_back(event.value);
    if (event.step || !trial.steps.empty()) {
      trial.steps.resize(trial.values.size() - 1, std::numeric_limits<double>::quiet_NaN());
      trial.steps.push_back(event.step.value_or(std::numeric_limits<double>::quiet_NaN()));
    }
    trial.best = best_of(sweep_.goal, trial.best, event.value);
    if (!trial.left_out) {
      notify(trial,
             TrialReported{{event.attempt.trial, static_cast<std::uint32_t>(trial.values.size()),
                            event.value, event.step}});
    }
  }
  void operator()(const ObjectiveReported& event) {
    Attempt* attempt = find(event.attempt);
    if (attempt == nullptr || event.objective == 0 || event.objective > kMaxObjectives) return;
    Trial& trial = *find(event.attempt.trial);
    attempt->position = event.position;
    if (trial.others.size() < event.objective) trial.others.resize(event.objective, kWorst);
    trial.others[event.objective - 1] = event.value;
  }
  void operator()(const MetricNameSeen& event) { sweep_.metric_names.insert(event.name); }
  void operator()(const CurveTruncated& event) {
    Trial* trial = find(event.trial);
    if (trial == nullptr || event.kept >= trial->values.size()) return;
    truncate(*trial, event.kept);
    if (!trial->left_out) notify(*trial, ReportsRemoved{event.trial, event.kept});
  }
  void operator()(const TrialLeftOut& event) {
    Trial* trial = find(event.trial);
    if (trial == nullptr || trial->left_out) return;
    trial->left_out = true;
    notify(*trial, TrialExcluded{event.trial});
  }

  void operator()(const StopRequested& event) {
    Trial* trial = find(event.trial);
    if (trial == nullptr || trial->stop || is_terminal(trial->status)) return;
    trial->stop = event;
    trial->status = Status::CancelRequested;
  }
  // All other verdicts are to be those of a sweep that carries the cut out: the policy hears now
  // what the end of a cut trial tells it, and nothing of this trial after that. The sampler goes on
  // with the trial as it is.
  void operator()(const CutWithheld& event) {
    Trial* trial = find(event.trial);
    if (trial == nullptr || trial->withheld || trial->stop || is_terminal(trial->status)) return;
    trial->withheld = event;
    if (sweep_.policy) sweep_.policy->observe(end_of(event.trial, Status::Canceled, *trial));
  }
  void operator()(const RetryScheduled& event) {
    Trial* trial = find(event.trial);
    if (trial == nullptr || is_terminal(trial->status)) return;
    const Attempt* attempt = latest_attempt(*trial);
    if (attempt == nullptr || !attempt->end || !was_superseded(*attempt->end)) ++trial->lost;
    trial->retry_at = event.when;
    trial->status = Status::Preparing;
    sweep_.retries.insert({event.when, event.trial});
  }
  void operator()(const TrialFinished& event) {
    Trial* trial = find(event.trial);
    if (trial == nullptr || is_terminal(trial->status)) return;
    if (trial->retry_at) {
      sweep_.retries.erase({*trial->retry_at, event.trial});
      trial->retry_at.reset();
    }
    drop_waiting(event.trial, *trial);
    trial->status = event.status;
    trial->reason = event.reason;
    trial->message = event.message;
    trial->exit_code = event.exit_code;
    trial->ended = time_;
    trial->ended_sequence = sweep_.sequence;
    count(*trial, 1);
    --sweep_.counts.live;
    notify(*trial, end_of(event.trial, event.status, *trial));
  }
  void operator()(const TrialRetried& event) {
    Trial* trial = find(event.trial);
    if (trial == nullptr || !is_terminal(trial->status)) return;
    count(*trial, -1);
    ++sweep_.counts.live;
    trial->status = Status::Queued;
    trial->reason.clear();
    trial->message.clear();
    trial->exit_code.reset();
    trial->ended.reset();
    trial->started.reset();
    trial->stop.reset();
    trial->lost = 0;
    trial->left_out = false;
    truncate(*trial, 0);
    trial->others.clear();
    trial->withheld.reset();
    notify(*trial, TrialReopened{event.trial});
  }

  void operator()(const LimitsChanged& event) {
    Limits& limits = sweep_.limits;
    sweep_.room_made = sweep_.sequence;
    sweep_.waits_since.reset();  // its answer may have been dropped for want of room
    if (event.max_total_trials) limits.max_total_trials = *event.max_total_trials;
    if (event.max_concurrent_trials) limits.max_concurrent_trials = event.max_concurrent_trials;
    if (event.timeout_seconds) limits.timeout = std::chrono::seconds(*event.timeout_seconds);
    if (event.trial_timeout_seconds) {
      limits.trial_timeout = std::chrono::seconds(*event.trial_timeout_seconds);
    }
  }
  void operator()(const SweepPaused&) { sweep_.paused = true; }
  void operator()(const SweepUnpaused&) {
    sweep_.paused = false;
    sweep_.room_made = sweep_.sequence;
  }
  void operator()(const SweepStopping& event) {
    if (!sweep_.stopping) sweep_.stopping = event;
  }
  void operator()(const SweepFinished& event) {
    sweep_.open_request.reset();  // its answer would come too late for anything
    sweep_.finished = event;
    sweep_.finished_at = time_;
  }
  void operator()(const SweepReopened&) {
    sweep_.finished.reset();
    sweep_.finished_at.reset();
    sweep_.stopping.reset();
    sweep_.waits_since.reset();  // its answer may have been dropped because the sweep was stopping
  }
  void operator()(const RequestHandled& event) { sweep_.handled.insert_or_assign(event.id, event); }
  void operator()(const Warned& event) {
    std::string key = event.kind;
    if (event.trial) key += "/" + std::to_string(index_of(*event.trial));
    if (sweep_.warned.insert(std::move(key)).second) sweep_.warnings.push_back(event);
  }

 private:
  Trial* find(TrialId trial) {
    return index_of(trial) < sweep_.trials.size() ? &sweep_.trials[index_of(trial)] : nullptr;
  }
  Attempt* find(const AttemptId& id) {
    Trial* trial = find(id.trial);
    if (trial == nullptr || id.number == 0 || id.number > trial->attempts.size()) return nullptr;
    return &trial->attempts[id.number - 1];
  }
  void close_request(std::uint64_t request) {
    if (sweep_.open_request && sweep_.open_request->request == request) {
      sweep_.open_request.reset();
    }
  }
  void notify(const Trial& trial, const TrialEvent& event) {
    sweep_.heard = sweep_.sequence;
    if (sweep_.sampler) sweep_.sampler->observe(event);
    if (sweep_.policy && !trial.withheld) sweep_.policy->observe(event);
  }
  static TrialEnded end_of(TrialId id, Status status, const Trial& trial) {
    std::optional<double> best, last;
    if (!is_worst(trial.best)) best = trial.best;
    if (!trial.values.empty()) last = trial.values.back();
    return {id, status, best, last, trial.others};
  }
  void truncate(Trial& trial, std::uint32_t kept) {
    trial.values.resize(std::min<std::size_t>(trial.values.size(), kept));
    trial.steps.resize(std::min<std::size_t>(trial.steps.size(), kept));
    trial.best = kWorst;
    for (const double value : trial.values) trial.best = best_of(sweep_.goal, trial.best, value);
  }
  // A trial that ends without having been given a slot leaves the queue at once.
  void drop_waiting(TrialId id, const Trial& trial) {
    const Attempt* attempt = latest_attempt(trial);
    if (attempt == nullptr || attempt->state != AttemptState::Requested) return;
    auto& waiting = sweep_.waiting;
    const AttemptId wanted{id, attempt->number};
    if (const auto at = std::find(waiting.begin(), waiting.end(), wanted); at != waiting.end()) {
      waiting.erase(at);
    }
  }
  void count(const Trial& trial, int sign) {
    const auto change = static_cast<std::uint32_t>(sign);
    if (trial.status == Status::Completed) sweep_.counts.completed += change;
    if (trial.status == Status::Failed) sweep_.counts.failed += change;
    if (trial.status == Status::Canceled) sweep_.counts.canceled += change;
    if (!trial.values.empty()) sweep_.counts.with_metric += change;
  }

  Sweep& sweep_;
  Timestamp time_;
};

}  // namespace

void apply(Sweep& sweep, const Event& event) {
  ++sweep.sequence;
  std::visit(Applier(sweep, event.time), event.body);
}

}  // namespace sweepjob
