#include "runner/app/controller.h"

#include <algorithm>
#include <exception>
#include <utility>

#include <spdlog/spdlog.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "runner/app/proposal_worker.h"

namespace sweepjob {

namespace asio = boost::asio;

namespace {

// Values of one line share their cursor: half a line in the journal would lose the other half.
bool is_same_line(const Input& before, const Input& next) {
  const auto* a = std::get_if<MetricArrived>(&before.body);
  const auto* b = std::get_if<MetricArrived>(&next.body);
  return a != nullptr && b != nullptr && a->attempt == b->attempt &&
         a->point.channel == b->point.channel && a->point.position == b->point.position;
}

}  // namespace

Controller::Controller(asio::io_context& context, ControllerParts parts, const Rules& rules,
                       Sweep sweep, ControllerOptions options)
    : context_(context),
      parts_(std::move(parts)),
      rules_(rules),
      sweep_(std::move(sweep)),
      options_(options),
      durable_(sweep_.sequence),
      wake_(context),
      gather_(context),
      backlog_(rules, parts_.file_size) {
  wake_.expires_at(asio::steady_timer::time_point::max());
}

Controller::~Controller() = default;

void Controller::push(InputBody body) {
  inputs_.push_back(Input{parts_.clock.now(), std::move(body)});
  wake();
}

void Controller::detach() {
  detached_ = true;
  hurry();
  wake();
}

void Controller::wake() { wake_.cancel(); }

void Controller::fail(Error error) {
  if (!failure_) failure_ = std::move(error);
  wake();
}

AttemptKey Controller::key_of(const AttemptId& attempt) const {
  return {sweep_.created.uid, attempt};
}

// Every task has an owner: one that throws stops the controller, since no effect may be lost.
void Controller::spawn(asio::awaitable<void> task) {
  asio::co_spawn(context_, std::move(task),
                 [this, alive = std::weak_ptr<int>(alive_)](std::exception_ptr problem) {
                   if (alive.expired() || !problem) return;
                   try {
                     std::rethrow_exception(problem);
                   } catch (const std::exception& error) {
                     fail(Error(ErrorCode::Internal,
                                std::string("a task of the controller: ") + error.what()));
                   }
                 });
}

asio::awaitable<Result<void>> Controller::run(ControllerStarted started) {
  alive_ = std::make_shared<int>(0);
  auto adopted = co_await adopt();
  if (adopted.has_error()) co_return adopted.error();
  inputs_.push_back(Input{parts_.clock.now(), Started{std::move(started)}});
  spawn(watch_backend());
  spawn(watch_metrics());
  spawn(tick_loop());
  while (!failure_) {
    handle_inputs();
    release_effects();
    begin_append();
    const bool settled = pending_.empty() && !appending_ && inputs_.empty();
    if (settled && (detached_ || (sweep_.finished && effects_.empty()))) break;
    if (!inputs_.empty()) {
      // Let the append and the pumps have their turn between two full batches.
      co_await asio::post(context_, asio::use_awaitable);
      continue;
    }
    boost::system::error_code woken;
    co_await wake_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
    wake_.expires_at(asio::steady_timer::time_point::max());
  }
  alive_.reset();
  if (failure_) co_return *failure_;
  co_return Result<void>();
}

// Replay has been done; then the backend's truth, then what is outstanding, in that order.
asio::awaitable<Result<void>> Controller::adopt() {
  auto compared = co_await compare_with_backend(true);
  if (compared.has_error()) co_return compared.error();
  std::vector<Effect> effects;
  for (Input& input : take_inputs()) absorb(rules_, sweep_, input, pending_, effects);
  for (const Effect& owed : outstanding(sweep_)) {
    if (const auto* follow = std::get_if<Follow>(&owed.what)) {
      backlog_.expect(parts_.planner.follow(sweep_, follow->attempt));
      if (find_attempt(sweep_, follow->attempt)->state == AttemptState::Running) {
        parts_.planner.adopt(key_of(follow->attempt));
        last_activity_[follow->attempt] = parts_.clock.now();
      }
    }
    effects_.push_back(Effect{owed.what, sweep_.sequence});
  }
  backlog_.wait_until(parts_.clock.now() + options_.catch_up);
  co_return Result<void>();
}

std::deque<Input> Controller::take_inputs() { return std::exchange(inputs_, {}); }

void Controller::handle_inputs() {
  std::vector<Effect> effects;
  std::size_t handled = 0;
  Input input;
  while (!inputs_.empty() &&
         (handled < options_.max_batch_inputs || is_same_line(input, inputs_.front()))) {
    input = std::move(inputs_.front());
    inputs_.pop_front();
    ++handled;
    const std::size_t before = pending_.size();
    advance(rules_, sweep_, input, pending_, effects);
    for (std::size_t i = before; i < pending_.size(); ++i) note(pending_[i]);
  }
  for (Effect& effect : effects) {
    // To collect an attempt that has ended is all that may wait.
    const bool waits = effect.after_sequence > durable_;
    if (waits && !std::holds_alternative<Collect>(effect.what)) hurry();
    effects_.push_back(std::move(effect));
  }
  if (sweep_.finished || pending_.size() >= options_.max_batch_inputs) hurry();
}

// What the edge keeps beside the core: slots and the time of the last sign of life.
void Controller::note(const Event& event) {
  if (const auto* ended = std::get_if<AttemptEnded>(&event.body)) {
    parts_.planner.release(key_of(ended->attempt));
    last_activity_.erase(ended->attempt);
  } else if (const auto* started = std::get_if<AttemptStarted>(&event.body)) {
    last_activity_[started->attempt] = event.time;
  } else if (std::holds_alternative<RequestHandled>(event.body)) {
    hurry();
  } else if (const auto* collected = std::get_if<AttemptCollected>(&event.body)) {
    collecting_.erase(collected->attempt);
  }
}

void Controller::begin_append() {
  if (appending_ || pending_.empty()) return;
  appending_ = true;
  spawn(append_loop());
}

void Controller::hurry() {
  hurried_ = true;
  gather_.cancel();
}

// A sync costs the same for one event as for a thousand, and a disk that syncs all the time makes
// everybody's folders slow.
asio::awaitable<void> Controller::gather() {
  if (hurried_ || options_.gather.count() == 0) co_return;
  gather_.expires_after(options_.gather);
  boost::system::error_code hurried;
  co_await gather_.async_wait(asio::redirect_error(asio::use_awaitable, hurried));
}

asio::awaitable<void> Controller::append_loop() {
  const std::weak_ptr<int> alive = alive_;
  while (!pending_.empty()) {
    co_await gather();
    if (alive.expired()) co_return;
    hurried_ = false;
    std::vector<Event> batch = std::exchange(pending_, {});
    const std::uint64_t last = sweep_.sequence;
    std::vector<Event> copy = batch;
    auto written = co_await append_durably(parts_.journal, std::move(batch));
    if (alive.expired()) co_return;
    if (written.has_error()) {
      fail(written.error());
      break;
    }
    durable_ = last;
    for (const Event& event : copy) report(event);
    release_effects();
  }
  appending_ = false;
  wake();
}

void Controller::report(const Event& event) {
  for (Reporter* reporter : parts_.reporters) reporter->on_event(event, sweep_);
  if (parts_.proposals != nullptr) parts_.proposals->observe(event);
  if (parts_.requests == nullptr) return;
  if (const auto* handled = std::get_if<RequestHandled>(&event.body)) {
    parts_.requests->answer(*handled);
  }
}

// No effect before its event is in the journal; none at all once an append has failed.
void Controller::release_effects() {
  if (failure_) return;
  std::deque<Effect> later;
  while (!effects_.empty()) {
    Effect effect = std::move(effects_.front());
    effects_.pop_front();
    if (effect.after_sequence <= durable_) {
      perform(effect);
    } else {
      later.push_back(std::move(effect));
    }
  }
  effects_ = std::move(later);
  if (!launches_.empty()) spawn(launch(std::exchange(launches_, {})));
  start_cancels();
}

void Controller::perform(const Effect& effect) {
  const auto* follow = std::get_if<Follow>(&effect.what);
  const auto* drain = std::get_if<Drain>(&effect.what);
  if (follow != nullptr || drain != nullptr) {
    // A drain waits for no record, while an adopted attempt's Follow may still wait for one: what
    // comes first begins to read, or the attempt would be drained unread.
    const AttemptId& attempt = follow != nullptr ? follow->attempt : drain->attempt;
    if (!wrote_nothing(attempt) && following_.insert(attempt).second) {
      FollowRequest request = parts_.planner.follow(sweep_, attempt);
      parts_.metrics.follow(std::move(request));
    }
    if (drain != nullptr) parts_.metrics.finish(key_of(attempt), drain->sizes);
  } else if (const auto* wanted = std::get_if<Launch>(&effect.what)) {
    if (trial_of(sweep_, wanted->attempt.trial).stop) {
      // Stopped while it waited for the journal: it was never submitted, and now never will be.
      AttemptStatus absent;
      absent.key = key_of(wanted->attempt);
      if (!launching_.contains(wanted->attempt)) take_status(absent);
      return;
    }
    if (launching_.insert(wanted->attempt).second) launches_.push_back(wanted->attempt);
  } else if (const auto* stop = std::get_if<Cancel>(&effect.what)) {
    cancels_.push_back(stop->attempt);
  } else if (const auto* done = std::get_if<Collect>(&effect.what)) {
    // Asked for twice when its trial is stopped between two attempts.
    if (find_attempt(sweep_, done->attempt)->collected) return;
    if (!collecting_.insert(done->attempt).second) return;
    parts_.metrics.forget(key_of(done->attempt));
    following_.erase(done->attempt);
    spawn(collect(done->attempt));
  } else if (std::holds_alternative<AskSampler>(effect.what) && parts_.proposals == nullptr) {
    // The worker answers to the event itself, as it comes by in its stream.
    fail(Error(ErrorCode::Internal, "a slow sampler needs a ProposalWorker"));
  }
}

// It has ended already and left empty files: the drain alone says so, without a look at them.
bool Controller::wrote_nothing(const AttemptId& id) const {
  const Attempt* attempt = find_attempt(sweep_, id);
  return attempt->end && attempt->end->sizes == FinalSizes{} &&
         attempt->end->outcome == Outcome::Exited;
}

// A cancel never overtakes the launch of the same attempt.
void Controller::start_cancels() {
  std::vector<AttemptId> ready;
  std::vector<AttemptId> blocked;
  for (const AttemptId& attempt : cancels_) {
    (launching_.contains(attempt) ? blocked : ready).push_back(attempt);
  }
  cancels_ = std::move(blocked);
  if (!ready.empty()) spawn(cancel(std::move(ready)));
}

asio::awaitable<void> Controller::launch(std::vector<AttemptId> attempts) {
  const std::weak_ptr<int> alive = alive_;
  std::vector<LaunchRequest> requests;
  std::vector<AttemptId> planned;
  std::vector<AttemptId> again;
  BatchToken token;
  for (const AttemptId& attempt : attempts) {
    auto request = parts_.planner.plan(sweep_, attempt);
    if (request.has_error()) {
      if (request.error().code() == ErrorCode::BackendUnavailable) {
        again.push_back(attempt);
        continue;
      }
      SubmitResult refused;
      refused.key = key_of(attempt);
      refused.message = request.error().text();
      launching_.erase(attempt);
      push(SubmitAnswered{attempt, std::move(refused)});
      continue;
    }
    token.number = std::max(token.number, find_attempt(sweep_, attempt)->batch);
    requests.push_back(*std::move(request));
    planned.push_back(attempt);
  }
  if (!requests.empty()) {
    auto answers = co_await parts_.backend.submit(token, std::move(requests));
    if (alive.expired()) co_return;
    for (std::size_t i = 0; i < planned.size(); ++i) {
      const bool answered = answers.has_value() && i < answers->size();
      if (answered && !(*answers)[i].retry) {
        launching_.erase(planned[i]);
        push(SubmitAnswered{planned[i], std::move((*answers)[i])});
        continue;
      }
      spdlog::warn("launch of trial {} attempt {} is tried again: {}", index_of(planned[i].trial),
                   planned[i].number,
                   answered              ? (*answers)[i].message
                   : answers.has_error() ? answers.error().text()
                                         : "the backend gave no answer");
      again.push_back(planned[i]);
    }
  }
  for (const AttemptId& attempt : again) launching_.erase(attempt);
  start_cancels();
  if (again.empty()) co_return;
  const Timestamp when = parts_.clock.now() + options_.launch_retry;
  co_await parts_.clock.sleep_until(when);
  if (alive.expired()) co_return;
  for (const AttemptId& attempt : again) {
    const Attempt* state = find_attempt(sweep_, attempt);
    if (state->state == AttemptState::Released) effects_.push_back(Effect{Launch{attempt}, 0});
  }
  wake();
}

asio::awaitable<void> Controller::cancel(std::vector<AttemptId> attempts) {
  const std::weak_ptr<int> alive = alive_;
  std::vector<AttemptKey> keys;
  for (const AttemptId& attempt : attempts) keys.push_back(key_of(attempt));
  auto answer = co_await parts_.backend.cancel(std::move(keys));
  if (alive.expired() || answer.has_value()) co_return;
  spdlog::warn("a cancel is tried again: {}", answer.error().text());
  const Timestamp when = parts_.clock.now() + options_.launch_retry;
  co_await parts_.clock.sleep_until(when);
  if (alive.expired()) co_return;
  for (const AttemptId& attempt : attempts) {
    if (find_attempt(sweep_, attempt)->state != AttemptState::Ended) {
      effects_.push_back(Effect{Cancel{attempt}, 0});
    }
  }
  wake();
}

asio::awaitable<void> Controller::collect(AttemptId attempt) {
  const std::weak_ptr<int> alive = alive_;
  const AttemptKey key = key_of(attempt);
  for (;;) {
    auto answer = co_await parts_.backend.collect(key);
    if (alive.expired()) co_return;
    if (answer.has_value()) break;
    spdlog::warn("collecting {} is tried again: {}", key.token(), answer.error().text());
    const Timestamp when = parts_.clock.now() + options_.launch_retry;
    co_await parts_.clock.sleep_until(when);
    if (alive.expired()) co_return;
  }
  push(Collected{attempt});
}

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
  for (const std::string& warning : batch.warnings) {
    spdlog::warn("trial {} attempt {}: {}", index_of(id.trial), id.number, warning);
  }
  const Attempt* attempt = find_attempt(sweep_, id);
  if (attempt == nullptr) return;
  // Where the counting channel is still open, the channel of higher precedence comes first.
  if (!attempt->channel) {
    std::stable_sort(
        batch.points.begin(), batch.points.end(),
        [](const MetricPoint& a, const MetricPoint& b) { return a.channel < b.channel; });
  }
  const std::string& primary = rules_.spec.objectives.front().primary_metric;
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
  const Timestamp now = parts_.clock.now();
  for (MetricPoint& point : batch.points) {
    if (point.name != primary && sweep_.metric_names.contains(point.name)) continue;
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
  if (last_stall_check_ == Timestamp{}) last_stall_check_ = now;
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
    } else if (was_released && !launching_.contains(id) &&
               find_attempt(sweep_, id)->state == AttemptState::Released) {
      effects_.push_back(Effect{Launch{id}, 0});  // a submission that was lost on the way
    }
  }
  wake();
  co_return Result<void>();
}

}  // namespace sweepjob
