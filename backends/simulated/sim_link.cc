#include "backends/simulated/sim_link.h"

#include <algorithm>
#include <utility>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace sweepjob {

namespace asio = boost::asio;

namespace {

Error unavailable(const char* what) {
  return Error(ErrorCode::BackendUnavailable, std::string("simulated: ") + what + " timed out");
}

}  // namespace

SimLink::SimLink(SimCluster& cluster)
    : cluster_(cluster), clock_(cluster.clock()), self_(std::make_shared<SimLink*>(this)) {
  for (auto& [key, attempt] : cluster_.attempts_) attempt.reading = {};
  cluster_.link_ = this;
}

SimLink::~SimLink() {
  if (cluster_.link_ == this) cluster_.link_ = nullptr;
}

asio::awaitable<void> SimLink::wait(Sleeper& sleeper) {
  const auto executor = co_await asio::this_coro::executor;
  auto timer = std::make_shared<asio::steady_timer>(executor);
  timer->expires_at(asio::steady_timer::time_point::max());
  sleeper = timer;
  boost::system::error_code woken;
  co_await timer->async_wait(asio::redirect_error(asio::use_awaitable, woken));
}

void SimLink::wake(Sleeper& sleeper) {
  if (const auto timer = sleeper.lock()) timer->cancel();
}

SubmitResult SimLink::take(LaunchRequest request) {
  SimCluster::Attempt& attempt = cluster_.touch(request.key);
  const SimOptions& options = cluster_.options();
  SubmitResult result;
  result.key = request.key;
  const bool is_new = attempt.phase == AttemptPhase::Absent;
  if (is_new && attempt.asked.empty() && cluster_.happens(attempt, "rejected", options.rejected)) {
    attempt.asked["refused"] = 1;
  }
  if (is_new && attempt.asked.contains("refused")) {
    result.message = "simulated: refused for good";
    return result;
  }
  if (cluster_.happens(attempt, "submit_fails", options.submit_fails)) {
    result.retry = true;
    result.message = "simulated: the submission was lost";
    return result;
  }
  const bool answered = !cluster_.happens(attempt, "submit_answer", options.submit_answer_lost);
  cluster_.accept(std::move(request));
  if (!answered) {
    result.retry = true;
    result.message = "simulated: the answer was lost";
    return result;
  }
  result.accepted = true;
  result.handle = "sim " + std::to_string(index_of(result.key.attempt.trial));
  return result;
}

Task<std::vector<SubmitResult>> SimLink::submit(BatchToken token,
                                                std::vector<LaunchRequest> requests) {
  (void)token;
  const std::weak_ptr<SimLink*> alive = self_;
  Duration wait{0};
  std::vector<SubmitResult> results;
  for (LaunchRequest& request : requests) {
    const AttemptKey key = request.key;
    results.push_back(take(std::move(request)));
    wait = std::max(
        wait, cluster_.delay(cluster_.touch(key), "answer", cluster_.options().answer_delay_max));
  }
  const Timestamp when = clock_.now() + wait;
  co_await clock_.sleep_until(when);
  co_return results;
}

Task<void> SimLink::cancel(std::vector<AttemptKey> attempts) {
  bool failed = false;
  for (const AttemptKey& key : attempts) {
    const bool fails =
        cluster_.happens(cluster_.touch(key), "cancel_fails", cluster_.options().cancel_fails);
    if (!fails) cluster_.cancel(key);
    failed = failed || fails;
  }
  if (failed) co_return unavailable("the cancel");
  co_return Result<void>();
}

Task<std::vector<AttemptStatus>> SimLink::observe(std::vector<AttemptKey> live,
                                                  std::vector<std::string> folders) {
  (void)folders;
  const bool first = observations_++ == 0;
  const SimOptions& options = cluster_.options();
  if (!first && !live.empty() &&
      cluster_.happens(cluster_.touch(live.front()), "observe", options.observe_fails)) {
    co_return unavailable("the question");
  }
  std::vector<AttemptStatus> truth;
  truth.reserve(live.size());
  for (const AttemptKey& key : live) truth.push_back(cluster_.status(key));
  co_return truth;
}

Task<std::vector<AttemptStatus>> SimLink::next_change() {
  while (changes_.empty()) co_await wait(change_sleeper_);
  co_return std::exchange(changes_, {});
}

Task<void> SimLink::collect(AttemptKey attempt) {
  SimCluster::Attempt& state = cluster_.touch(attempt);
  if (cluster_.happens(state, "collect", cluster_.options().collect_fails)) {
    co_return unavailable("collecting");
  }
  cluster_.collect(attempt);
  co_return Result<void>();
}

void SimLink::changed(SimCluster::Attempt& attempt) {
  const SimOptions& options = cluster_.options();
  if (attempt.phase == AttemptPhase::Submitted) return;
  if (cluster_.happens(attempt, "status_lost", options.status_lost)) return;
  const AttemptStatus status = cluster_.status(attempt.key);
  tell(status, cluster_.delay(attempt, "status", options.status_delay_max));
  if (cluster_.happens(attempt, "status_repeated", options.status_repeated)) {
    tell(status, cluster_.delay(attempt, "status", 4 * options.status_delay_max));
  }
}

void SimLink::tell(const AttemptStatus& status, Duration later) {
  if (later.count() == 0) {
    changes_.push_back(status);
    wake(change_sleeper_);
    return;
  }
  clock_.after(later, [alive = std::weak_ptr<SimLink*>(self_), status] {
    const auto link = alive.lock();
    if (link) (*link)->tell(status, Duration{0});
  });
}

void SimLink::follow(FollowRequest request) {
  SimCluster::Attempt& attempt = cluster_.touch(request.attempt);
  attempt.reading.followed = true;
  attempt.reading.cursors = std::move(request.cursors);
  mark(attempt);
}

void SimLink::finish(const AttemptKey& key, FinalSizes sizes) {
  SimCluster::Attempt& attempt = cluster_.touch(key);
  attempt.reading.followed = true;
  attempt.reading.final = sizes;
  mark(attempt);
}

void SimLink::forget(const AttemptKey& key) {
  const auto at = cluster_.attempts_.find(key);
  if (at == cluster_.attempts_.end()) return;
  SimReading& reading = at->second.reading;
  reading.followed = false;
  if (!reading.due) reading = {};
}

asio::awaitable<Result<std::vector<MetricBatch>>> SimLink::next_batch() {
  while (batches_.empty()) co_await wait(batch_sleeper_);
  co_return std::exchange(batches_, {});
}

void SimLink::mark(SimCluster::Attempt& attempt) {
  SimReading& reading = attempt.reading;
  if (reading.due || reading.drained) return;
  reading.due = true;
  due_.push_back(&attempt);
  if (due_.size() > 1) return;
  const std::int64_t period = cluster_.options().metric_period.count();
  const std::int64_t now = to_micros(clock_.now());
  const Timestamp when =
      period > 0 ? from_micros((now + period - 1) / period * period) : clock_.now();
  clock_.at(when, [alive = std::weak_ptr<SimLink*>(self_)] {
    const auto link = alive.lock();
    if (link) (*link)->read_marked();
  });
}

void SimLink::read_marked() {
  for (SimCluster::Attempt* attempt : std::exchange(due_, {})) {
    attempt->reading.due = false;
    if (attempt->reading.followed) {
      read(*attempt);
    } else {
      attempt->reading = {};
    }
  }
  if (!batches_.empty()) wake(batch_sleeper_);
}

void SimLink::read(SimCluster::Attempt& attempt) {
  SimReading& reading = attempt.reading;
  MetricBatch batch;
  batch.attempt = attempt.key;
  while (reading.looked_at < attempt.written) {
    const bool is_last = reading.looked_at + 1 == attempt.run.size();
    SimPoint point = attempt.run.point(reading.looked_at++);
    std::uint64_t& position = reading.positions[point.channel == Channel::File ? 1 : 0];
    position += kSimLineBytes;
    const bool read_before =
        std::any_of(reading.cursors.begin(), reading.cursors.end(), [&](const Cursor& cursor) {
          return cursor.channel == point.channel && position <= cursor.position;
        });
    if (read_before) continue;
    batch.bytes_read += kSimLineBytes;
    batch.points.push_back(
        {point.channel, position, std::move(point.name), point.step, std::nullopt, point.value});
    if (!is_last) continue;
    for (const SimValue& one : attempt.run.at_last) {
      batch.points.push_back(
          {point.channel, position, one.name, point.step, std::nullopt, one.value});
    }
  }
  if (reading.final && reading.positions[0] >= reading.final->stdout_bytes &&
      reading.positions[1] >= reading.final->metrics_bytes) {
    batch.drained = reading.drained = true;
  }
  if (!batch.points.empty() || batch.drained) batches_.push_back(std::move(batch));
}

}  // namespace sweepjob
