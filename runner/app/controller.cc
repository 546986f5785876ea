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
  last_stall_check_ = parts_.clock.now();
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
        show_life(follow->attempt, parts_.clock.now());
      }
    }
    // It may have begun a moment ago, and holds a GPU that no other launch must be given.
    if (const auto* wanted = std::get_if<Launch>(&owed.what)) {
      parts_.planner.adopt(key_of(wanted->attempt));
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
    // Its intent is durable, but on a disk that is nearly full the next append will fail: nothing
    // more is started before one has succeeded.
    if (std::holds_alternative<Launch>(effect.what) && parts_.low_on_space &&
        parts_.low_on_space()) {
      effect.after_sequence = sweep_.sequence;
    }
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
    show_life(started->attempt, event.time);
  } else if (const auto* finished = std::get_if<TrialFinished>(&event.body)) {
    if (parts_.keeper != nullptr) parts_.keeper->close(finished->trial);
  } else if (std::holds_alternative<RequestHandled>(event.body)) {
    hurry();
  } else if (const auto* collected = std::get_if<AttemptCollected>(&event.body)) {
    collecting_.erase(collected->attempt);
  }
}

void Controller::show_life(const AttemptId& attempt, Timestamp when) {
  if (rules_.spec.extensions.stall_timeout.count() > 0) last_activity_[attempt] = when;
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

}  // namespace sweepjob
