// What reaches the controller from outside: the backend, metrics, requests, the clock.
#include <algorithm>
#include <utility>

#include <spdlog/spdlog.h>

#include "runner/app/controller.h"

namespace sweepjob {

namespace asio = boost::asio;

asio::awaitable<void> Controller::watch_backend() {
  const std::weak_ptr<int> alive = alive_;
  for (;;) {
    auto changes = co_await parts_.backend.next_change();
    if (alive.expired()) co_return;
    if (changes.has_error()) {
      spdlog::warn("backend: {}", changes.error().text());
      const Timestamp when = parts_.clock.now() + options_.launch_retry;
      co_await parts_.clock.sleep_until(when);
      if (alive.expired()) co_return;
      continue;
    }
    for (const AttemptStatus& status : *changes) take_status(status);
  }
}

void Controller::take_status(const AttemptStatus& status) {
  if (status.key.sweep != sweep_.created.uid) return;
  push(AttemptChanged{status.key.attempt, status});
}

asio::awaitable<void> Controller::watch_metrics() {
  const std::weak_ptr<int> alive = alive_;
  for (;;) {
    auto batches = co_await parts_.metrics.next_batch();
    if (alive.expired()) co_return;
    if (batches.has_error()) {
      fail(batches.error());
      co_return;
    }
    for (MetricBatch& batch : *batches) {
      if (batch.attempt.sweep != sweep_.created.uid) continue;
      const auto activity = last_activity_.find(batch.attempt.attempt);
      if (batch.bytes_read > 0 && activity != last_activity_.end()) {
        activity->second = parts_.clock.now();
      }
      if (backlog_.holds(parts_.clock.now())) {
        backlog_.add(std::move(batch));
      } else {
        // What is held is older: a drained attempt would be settled without its values.
        release_backlog();
        take_batch(std::move(batch));
      }
    }
    release_backlog();
  }
}

void Controller::release_backlog() {
  if (!backlog_.ready(parts_.clock.now())) return;
  for (MetricBatch& batch : backlog_.take(sweep_)) take_batch(std::move(batch));
}

void Controller::take_batch(MetricBatch batch) {
  const AttemptId id = batch.attempt.attempt;
  const Attempt* attempt = find_attempt(sweep_, id);
  if (attempt == nullptr) return;
  const Timestamp now = parts_.clock.now();
  for (MetricWarning& warning : batch.warnings) {
    spdlog::warn("trial {} attempt {}: {}", index_of(id.trial), id.number, warning.text);
    inputs_.push_back(Input{now, ReadingWarned{id, std::move(warning)}});
  }
  // Where the counting channel is still open, the channel of higher precedence comes first.
  if (!attempt->channel) {
    std::stable_sort(
        batch.points.begin(), batch.points.end(),
        [](const MetricPoint& a, const MetricPoint& b) { return a.channel < b.channel; });
  }
  const std::string& primary = primary_metric_of(rules_.spec);
  if (parts_.keeper != nullptr && !batch.points.empty()) {
    const Trial& trial = trial_of(sweep_, id.trial);
    std::optional<Channel> counting = attempt->channel;
    for (const MetricPoint& point : batch.points) {
      if (!counting && point.name == primary) counting = point.channel;
    }
    // What comes after a stop counts no more, and is recorded all the same.
    const bool late = trial.stop || trial.retry_at || id.number != trial.attempts.size();
    auto kept = parts_.keeper->keep(batch, late ? std::nullopt : counting);
    if (kept.has_error()) return fail(kept.error());
  }
  if (batch.elsewhere && !sweep_.metric_names.contains(batch.elsewhere->name)) {
    inputs_.push_back(Input{now, MetricArrived{id, *std::move(batch.elsewhere)}});
  }
  for (MetricPoint& point : batch.points) {
    if (!is_objective(rules_.spec, point.name) && sweep_.metric_names.contains(point.name)) {
      continue;
    }
    inputs_.push_back(Input{now, MetricArrived{id, std::move(point)}});
  }
  if (batch.drained) inputs_.push_back(Input{now, MetricsDrained{id}});
  wake();
}

asio::awaitable<void> Controller::tick_loop() {
  const std::weak_ptr<int> alive = alive_;
  Timestamp next_observe = parts_.clock.now() + options_.observe_every;
  for (;;) {
    const Timestamp next_tick = parts_.clock.now() + options_.tick;
    co_await parts_.clock.sleep_until(next_tick);
    if (alive.expired()) co_return;
    const Timestamp now = parts_.clock.now();
    if (parts_.still_held && !parts_.still_held()) {
      fail(Error(ErrorCode::LeaseHeld, "another controller has taken this sweep over"));
      co_return;
    }
    const auto deadline = next_deadline(rules_, sweep_);
    if (deadline && *deadline <= now) push(DeadlineReached{});
    poll_requests();
    check_stalls(now);
    release_backlog();
    for (Reporter* reporter : parts_.reporters) reporter->on_tick(sweep_, now);
    if (now < next_observe) continue;
    auto compared = co_await compare_with_backend(false);
    if (alive.expired()) co_return;
    if (compared.has_error()) spdlog::warn("backend: {}", compared.error().text());
    next_observe = parts_.clock.now() + options_.observe_every;
  }
}

void Controller::poll_requests() {
  if (parts_.requests == nullptr) return;
  for (UserRequest& request : parts_.requests->poll()) {
    if (const auto known = sweep_.handled.find(request.id); known != sweep_.handled.end()) {
      parts_.requests->answer(known->second);
    } else {
      push(std::move(request));
    }
  }
}

void Controller::check_stalls(Timestamp now) {
  const auto limit = rules_.spec.extensions.stall_timeout;
  if (limit.count() == 0) return;
  // A controller that was itself stopped (Ctrl-Z, a laptop's lid) has heard nobody meanwhile.
  const Duration gap = now - std::exchange(last_stall_check_, now);
  if (gap > 4 * options_.tick) {
    for (auto& [attempt, when] : last_activity_) when += gap;
    return;
  }
  for (auto& [attempt, when] : last_activity_) {
    if (now - when < limit) continue;
    push(AttemptStalled{attempt});
    when = now;
  }
}

asio::awaitable<Result<void>> Controller::compare_with_backend(bool first) {
  std::vector<AttemptKey> keys;
  std::vector<std::string> folders;
  std::vector<AttemptId> released;
  for (std::uint32_t i = 0; i < sweep_.trials.size(); ++i) {
    const Attempt* attempt = latest_attempt(sweep_.trials[i]);
    if (attempt == nullptr || attempt->state == AttemptState::Ended) continue;
    if (is_terminal(sweep_.trials[i].status)) continue;
    if (!first && attempt->state == AttemptState::Requested) continue;
    const AttemptId id{TrialId{i}, attempt->number};
    if (launching_.contains(id)) continue;
    if (attempt->state == AttemptState::Released) released.push_back(id);
    keys.push_back(key_of(id));
    folders.push_back(parts_.planner.attempt_folder(id));
  }
  if (keys.empty()) co_return Result<void>();
  auto truth = co_await parts_.backend.observe(std::move(keys), std::move(folders));
  if (truth.has_error()) co_return truth.error();
  for (const AttemptStatus& status : *truth) {
    if (status.phase != AttemptPhase::Absent) {
      take_status(status);
      continue;
    }
    const AttemptId id = status.key.attempt;
    const bool was_released = std::find(released.begin(), released.end(), id) != released.end();
    if (first || trial_of(sweep_, id.trial).stop) {
      take_status(status);
    } else if (was_released && !launching_.contains(id) && !relaunching_.contains(id) &&
               find_attempt(sweep_, id)->state == AttemptState::Released) {
      effects_.push_back(Effect{Launch{id}, 0});  // a submission that was lost on the way
    }
  }
  wake();
  co_return Result<void>();
}

}  // namespace sweepjob
