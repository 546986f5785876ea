#include "backends/simulated/sim_cluster.h"

#include <algorithm>

#include "backends/simulated/sim_link.h"
#include "model/check.h"

namespace sweepjob {
namespace {

AttemptKey trial_key(const AttemptKey& key) { return {key.sweep, {key.attempt.trial, 0}}; }

}  // namespace

SimPoint SimRun::point(std::size_t index) const {
  if (!points.empty()) return points[index];
  SimPoint point = curve.form;
  point.value = curve.values[index];
  if (point.step) *point.step += static_cast<double>(index);
  return point;
}

void SimCluster::heal() {
  SimOptions& o = options_;
  o.submit_fails = o.submit_answer_lost = o.cancel_fails = o.collect_fails = 0;
  o.observe_fails = o.status_lost = o.status_repeated = o.attempt_lost = o.rejected = 0;
}

double SimCluster::draw(const AttemptKey& key, const char* kind, std::uint32_t count) const {
  const std::string path =
      std::string(kind) + "/" + std::to_string(key.attempt.number) + "/" + std::to_string(count);
  return Rng(options_.seed).stream(key.attempt.trial, path).uniform();
}

bool SimCluster::happens(Attempt& attempt, const char* kind, double probability) {
  if (probability <= 0) return false;
  return draw(attempt.key, kind, attempt.asked[kind]++) < probability;
}

Duration SimCluster::delay(Attempt& attempt, const char* kind, Duration longest) {
  if (longest.count() <= 0) return Duration{0};
  const double part = draw(attempt.key, kind, attempt.asked[kind]++);
  return Duration{static_cast<std::int64_t>(part * static_cast<double>(longest.count()))};
}

SimCluster::Attempt& SimCluster::touch(const AttemptKey& key) {
  Attempt& attempt = attempts_[key];
  attempt.key = key;
  return attempt;
}

const SimCluster::Attempt* SimCluster::find(const AttemptKey& key) const {
  const auto at = attempts_.find(key);
  return at == attempts_.end() ? nullptr : &at->second;
}

void SimCluster::accept(LaunchRequest request) {
  Attempt& attempt = touch(request.key);
  if (attempt.phase != AttemptPhase::Absent) {
    announce(attempt);
    return;
  }
  attempt.phase = AttemptPhase::Submitted;
  attempt.request = std::move(request);
  queue_.push_back(&attempt);
  start_queued();
}

void SimCluster::start_queued() {
  while (!queue_.empty() && (options_.workers == 0 || busy_workers_ < options_.workers)) {
    Attempt* attempt = queue_.front();
    queue_.pop_front();
    if (attempt->phase != AttemptPhase::Submitted) continue;
    ++busy_workers_;
    const Duration drawn = delay(*attempt, "startup", options_.startup_delay_max);
    clock_.after(options_.startup_delay + drawn, [this, attempt] { begin(*attempt); });
  }
}

void SimCluster::begin(Attempt& attempt) {
  if (attempt.phase != AttemptPhase::Submitted) {  // cancelled on its way
    --busy_workers_;
    start_queued();
    return;
  }
  claim(attempt);
  TrialState& trial = trials_[trial_key(attempt.key)];
  attempt.start = AttemptStart{"sim", "sim " + std::to_string(index_of(attempt.key.attempt.trial)),
                               trial.saved > 0, clock_.now()};
  attempt.run = script_(SimStart{attempt.request, trial.saved});
  attempt.request = LaunchRequest{};
  if (happens(attempt, "lost", options_.attempt_lost)) {
    const double part = draw(attempt.key, "lost_at", 0);
    attempt.dies_at =
        static_cast<std::uint32_t>(part * static_cast<double>(attempt.run.size() + 1));
  }
  attempt.phase = AttemptPhase::Running;
  announce(attempt);
  next_point(attempt);
}

// The exclusive claim of an attempt's folder: the one thing that exactly-once rests on.
void SimCluster::claim(Attempt& attempt) {
  if (++attempt.starts > 1) violations_.push_back(attempt.key.token() + " was started twice");
  TrialState& trial = trials_[trial_key(attempt.key)];
  if (++trial.live > 1) violations_.push_back(attempt.key.token() + " is not alone in its trial");
  most_running_ = std::max(most_running_, ++running_);
}

void SimCluster::next_point(Attempt& attempt) {
  const SimRun& run = attempt.run;
  const bool at_end = attempt.written == run.size() && !attempt.dies_at;
  clock_.after(at_end ? run.last_step.value_or(run.step) : run.step,
               [this, at = &attempt] { write_point(*at); });
}

void SimCluster::write_point(Attempt& attempt) {
  if (attempt.phase != AttemptPhase::Running) return;
  if (attempt.dies_at && attempt.written == *attempt.dies_at) {
    finish(attempt, Outcome::Lost, 0, "the node is gone");
    return;
  }
  if (attempt.written == attempt.run.size()) {
    if (!attempt.run.runs_on) finish(attempt, attempt.run.outcome, attempt.run.code, "");
    return;
  }
  ++attempt.written;
  if (attempt.run.checkpoints) ++trials_[trial_key(attempt.key)].saved;
  if (link_ != nullptr && attempt.reading.followed) link_->mark(attempt);
  next_point(attempt);
}

void SimCluster::finish(Attempt& attempt, Outcome outcome, std::int32_t code, std::string message) {
  if (attempt.phase == AttemptPhase::Running) {
    --busy_workers_;
    --running_;
    --trials_[trial_key(attempt.key)].live;
  }
  attempt.phase = AttemptPhase::Ended;
  attempt.request = LaunchRequest{};
  attempt.end = AttemptEnd{outcome, code, std::move(message), sizes(attempt), clock_.now()};
  if (outcome == Outcome::Lost && options_.lease.count() > 0) {
    clock_.after(options_.lease, [this, at = &attempt] {
      at->end_is_known = true;
      announce(*at);
    });
  } else {
    attempt.end_is_known = true;
    announce(attempt);
  }
  start_queued();
}

void SimCluster::cancel(const AttemptKey& key) {
  Attempt& attempt = touch(key);
  if (attempt.phase == AttemptPhase::Ended) {
    if (attempt.end_is_known) announce(attempt);
    return;
  }
  if (attempt.cancel_wanted) return;
  attempt.cancel_wanted = true;
  if (attempt.phase != AttemptPhase::Running) {
    finish(attempt, Outcome::Canceled, 0, "canceled before it started");
    return;
  }
  clock_.after(delay(attempt, "cancel", options_.cancel_delay_max), [this, at = &attempt] {
    if (at->phase == AttemptPhase::Running) finish(*at, Outcome::Canceled, 15, "canceled");
  });
}

void SimCluster::collect(const AttemptKey& key) {
  Attempt& attempt = touch(key);
  if (attempt.phase == AttemptPhase::Submitted || attempt.phase == AttemptPhase::Running) {
    violations_.push_back(key.token() + " was collected before its end");
  }
  attempt.collected = true;
  if (!options_.keep_points) attempt.run = SimRun{};
}

AttemptStatus SimCluster::status(const AttemptKey& key) const {
  AttemptStatus status;
  status.key = key;
  const Attempt* attempt = find(key);
  if (attempt == nullptr) return status;
  status.phase = attempt->phase;
  status.start = attempt->start;
  status.end = attempt->end;
  if (attempt->phase == AttemptPhase::Ended && !attempt->end_is_known) {
    status.phase = AttemptPhase::Running;
    status.end.reset();
  }
  return status;
}

FinalSizes SimCluster::sizes(const Attempt& attempt) {
  FinalSizes sizes;
  const SimRun& run = attempt.run;
  for (std::uint32_t i = 0; i < attempt.written; ++i) {
    const Channel channel = run.points.empty() ? run.curve.form.channel : run.points[i].channel;
    (channel == Channel::File ? sizes.metrics_bytes : sizes.stdout_bytes) += kSimLineBytes;
  }
  return sizes;
}

void SimCluster::announce(Attempt& attempt) {
  if (link_ != nullptr) link_->changed(attempt);
}

}  // namespace sweepjob
