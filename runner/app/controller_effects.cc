// The controller's effects: launch, cancel, follow, drain, collect. Each starts when the journal is
// durable up to what grants it.
#include <algorithm>
#include <utility>

#include <spdlog/spdlog.h>

#include "runner/app/controller.h"

namespace sweepjob {

namespace asio = boost::asio;

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
  for (const AttemptId& attempt : again) {
    launching_.erase(attempt);
    relaunching_.insert(attempt);
  }
  start_cancels();
  if (again.empty()) co_return;
  const Timestamp when = parts_.clock.now() + options_.launch_retry;
  co_await parts_.clock.sleep_until(when);
  if (alive.expired()) co_return;
  bool stopped = false;
  for (const AttemptId& attempt : again) {
    relaunching_.erase(attempt);
    if (find_attempt(sweep_, attempt)->state != AttemptState::Released) continue;
    if (trial_of(sweep_, attempt.trial).stop) {
      stopped = true;
    } else {
      effects_.push_back(Effect{Launch{attempt}, 0});
    }
  }
  // Whether the launch that was not answered had gone out, the backend alone knows.
  if (stopped) {
    auto compared = co_await compare_with_backend(false);
    if (alive.expired()) co_return;
    if (compared.has_error()) spdlog::warn("backend: {}", compared.error().text());
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

}  // namespace sweepjob
