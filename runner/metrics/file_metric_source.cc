#include "runner/metrics/file_metric_source.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "runner/metrics/attempt_reader.h"

namespace sweepjob {
namespace {

namespace asio = boost::asio;
using MonotonicTime = std::chrono::steady_clock::time_point;

// The reading thread waits while so much has been read and not been taken.
constexpr std::size_t kMaxReadyPoints = 50'000;
constexpr std::size_t kMaxReadyBatches = 4096;
// One next_batch() gives at most so many points and one batch more.
constexpr std::size_t kMaxTakenPoints = 10'000;

// What is read, on its way to the controller. Shared with coroutines that outlive the source.
class Outbox {
 public:
  explicit Outbox(const asio::any_io_executor& executor) : wake_(executor) {
    wake_.expires_at(MonotonicTime::max());
  }

  // The rest is called with the source's mutex held, but for wait() and notify().
  void push(MetricBatch batch) {
    points_ += batch.points.size();
    batches_.push_back(std::move(batch));
  }
  std::vector<MetricBatch> take();
  void drop(const AttemptKey& attempt);
  [[nodiscard]] bool empty() const { return batches_.empty(); }
  [[nodiscard]] bool full() const {
    return points_ >= kMaxReadyPoints || batches_.size() >= kMaxReadyBatches;
  }

  std::mutex mutex;
  bool closed = false;

  // On the executor: until notify() or cancellation.
  asio::awaitable<void> wait() {
    boost::system::error_code cancelled;
    auto token = asio::redirect_error(asio::use_awaitable, cancelled);
    co_await wake_.async_wait(std::move(token));
  }
  // From any thread. The wake-up runs on the executor's own thread, so it cannot come between a
  // look at the outbox and the wait that follows it there.
  static void notify(const std::shared_ptr<Outbox>& outbox) {
    asio::post(outbox->wake_.get_executor(), [outbox] { outbox->wake_.cancel(); });
  }

 private:
  asio::steady_timer wake_;
  std::deque<MetricBatch> batches_;
  std::size_t points_ = 0;
};

std::vector<MetricBatch> Outbox::take() {
  std::vector<MetricBatch> taken;
  std::size_t points = 0;
  while (!batches_.empty() && points < kMaxTakenPoints) {
    points += batches_.front().points.size();
    taken.push_back(std::move(batches_.front()));
    batches_.pop_front();
  }
  points_ -= points;
  return taken;
}

void Outbox::drop(const AttemptKey& attempt) {
  for (const MetricBatch& batch : batches_) {
    if (batch.attempt == attempt) points_ -= batch.points.size();
  }
  std::erase_if(batches_, [&](const MetricBatch& batch) { return batch.attempt == attempt; });
}

asio::awaitable<Result<std::vector<MetricBatch>>> next_of(
    std::shared_ptr<Outbox> outbox, std::shared_ptr<std::condition_variable> room) {
  for (;;) {
    {
      const std::lock_guard lock(outbox->mutex);
      if (!outbox->empty()) {
        std::vector<MetricBatch> taken = outbox->take();
        room->notify_one();
        co_return taken;
      }
      if (outbox->closed) co_return Error(ErrorCode::Internal, "the metric source is closed");
    }
    co_await outbox->wait();
    const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) {
      co_return Error(ErrorCode::Internal, "waiting for metrics was cancelled");
    }
  }
}

// One followed attempt. `reader` is the reading thread's; the rest is guarded by the mutex.
struct Followed {
  Followed(const FollowRequest& request, std::shared_ptr<const ReadingRules> rules)
      : reader(request, std::move(rules)) {}
  AttemptReader reader;
  std::optional<FinalSizes> final_sizes;
  bool forgotten = false;
  MonotonicTime due = MonotonicTime::min();
  std::chrono::milliseconds pause{0};
};

class FileMetricSource final : public MetricSource {
 public:
  FileMetricSource(asio::any_io_executor executor, FileMetricOptions options,
                   std::shared_ptr<const ReadingRules> rules)
      : options_(std::move(options)),
        rules_(std::move(rules)),
        outbox_(std::make_shared<Outbox>(std::move(executor))),
        changed_(std::make_shared<std::condition_variable>()),
        thread_([this] { run(); }) {}
  ~FileMetricSource() override;
  FileMetricSource(const FileMetricSource&) = delete;
  FileMetricSource& operator=(const FileMetricSource&) = delete;

  void follow(FollowRequest request) override;
  void finish(const AttemptKey& attempt, FinalSizes sizes) override;
  void forget(const AttemptKey& attempt) override;
  asio::awaitable<Result<std::vector<MetricBatch>>> next_batch() override {
    return next_of(outbox_, changed_);
  }

 private:
  using Attempts = std::unordered_map<AttemptKey, std::shared_ptr<Followed>>;

  void run();
  std::vector<std::shared_ptr<Followed>> due_attempts(MonotonicTime now) const;
  [[nodiscard]] MonotonicTime next_due() const;
  void take_turn(const std::shared_ptr<Followed>& followed);
  void reschedule(Followed& followed, bool read_something, bool more) const;

  const FileMetricOptions options_;
  const std::shared_ptr<const ReadingRules> rules_;
  const std::shared_ptr<Outbox> outbox_;                    // its mutex guards what follows
  const std::shared_ptr<std::condition_variable> changed_;  // wakes the reading thread
  Attempts attempts_;
  std::unordered_set<AttemptKey> ended_;  // drained, and not forgotten yet
  bool look_again_ = false;               // attempts_ or a due time changed
  bool stopping_ = false;
  std::thread thread_;  // last: it uses all the others
};

FileMetricSource::~FileMetricSource() {
  {
    const std::lock_guard lock(outbox_->mutex);
    stopping_ = true;
    outbox_->closed = true;
  }
  changed_->notify_one();
  thread_.join();
  Outbox::notify(outbox_);
}

void FileMetricSource::follow(FollowRequest request) {
  const std::lock_guard lock(outbox_->mutex);
  if (ended_.contains(request.attempt) || attempts_.contains(request.attempt)) return;
  const AttemptKey attempt = request.attempt;
  attempts_.emplace(attempt, std::make_shared<Followed>(request, rules_));
  look_again_ = true;
  changed_->notify_one();
}

void FileMetricSource::finish(const AttemptKey& attempt, FinalSizes sizes) {
  const std::lock_guard lock(outbox_->mutex);
  const auto found = attempts_.find(attempt);
  if (found != attempts_.end()) {
    if (!found->second->final_sizes) found->second->final_sizes = sizes;
    found->second->due = MonotonicTime::min();
    look_again_ = true;
    changed_->notify_one();
    return;
  }
  if (!ended_.insert(attempt).second) return;
  // Never followed: there is nothing to read, and the caller waits for the word.
  MetricBatch batch;
  batch.attempt = attempt;
  batch.drained = true;
  outbox_->push(std::move(batch));
  Outbox::notify(outbox_);
}

void FileMetricSource::forget(const AttemptKey& attempt) {
  const std::lock_guard lock(outbox_->mutex);
  ended_.erase(attempt);
  outbox_->drop(attempt);
  const auto found = attempts_.find(attempt);
  if (found == attempts_.end()) return;
  found->second->forgotten = true;
  attempts_.erase(found);
}

std::vector<std::shared_ptr<Followed>> FileMetricSource::due_attempts(MonotonicTime now) const {
  std::vector<std::shared_ptr<Followed>> due;
  for (const auto& [key, followed] : attempts_) {
    if (followed->due <= now) due.push_back(followed);
  }
  return due;
}

MonotonicTime FileMetricSource::next_due() const {
  MonotonicTime next = MonotonicTime::max();
  for (const auto& [key, followed] : attempts_) next = std::min(next, followed->due);
  return next;
}

void FileMetricSource::reschedule(Followed& followed, bool read_something, bool more) const {
  followed.pause = read_something
                       ? options_.poll_interval
                       : std::clamp(followed.pause * 3 / 2, options_.poll_interval,
                                    std::max(options_.poll_interval, options_.idle_interval));
  const MonotonicTime now = std::chrono::steady_clock::now();
  followed.due = more ? now : now + followed.pause;
}

void FileMetricSource::take_turn(const std::shared_ptr<Followed>& followed) {
  std::optional<FinalSizes> final_sizes;
  {
    std::unique_lock lock(outbox_->mutex);
    changed_->wait(lock, [&] { return !outbox_->full() || stopping_; });
    if (stopping_ || followed->forgotten) return;
    final_sizes = followed->final_sizes;
  }
  if (final_sizes) followed->reader.finish(*final_sizes);
  MetricBatch batch;
  const bool more = followed->reader.take_turn(batch);
  const std::lock_guard lock(outbox_->mutex);
  if (followed->forgotten) return;
  // finish() may have come while this turn read.
  const bool finish_came = followed->final_sizes.has_value() && !final_sizes.has_value();
  reschedule(*followed, batch.bytes_read > 0, more || finish_came);
  if (batch.drained) {
    ended_.insert(batch.attempt);
    attempts_.erase(batch.attempt);
  }
  if (batch.bytes_read == 0 && batch.warnings.empty() && !batch.drained) return;
  const bool was_empty = outbox_->empty();
  outbox_->push(std::move(batch));
  if (was_empty) Outbox::notify(outbox_);
}

void FileMetricSource::run() {
  for (;;) {
    std::vector<std::shared_ptr<Followed>> due;
    {
      std::unique_lock lock(outbox_->mutex);
      const auto woken = [&] { return look_again_ || stopping_; };
      const MonotonicTime next = next_due();
      if (next == MonotonicTime::max()) {
        changed_->wait(lock, woken);
      } else {
        changed_->wait_until(lock, next, woken);
      }
      if (stopping_) return;
      look_again_ = false;
      due = due_attempts(std::chrono::steady_clock::now());
    }
    for (const std::shared_ptr<Followed>& followed : due) take_turn(followed);
  }
}

}  // namespace

Result<std::unique_ptr<MetricSource>> make_file_metric_source(boost::asio::any_io_executor executor,
                                                              FileMetricOptions options) {
  Result<std::shared_ptr<const MetricPatterns>> patterns =
      MetricPatterns::compile(options.patterns);
  if (!patterns) return patterns.error();
  auto rules = std::make_shared<const ReadingRules>(
      ReadingRules{StdoutLines(options.primary_metrics, *patterns), options.primary_metrics,
                   options.only_channel});
  std::unique_ptr<MetricSource> source =
      std::make_unique<FileMetricSource>(std::move(executor), std::move(options), std::move(rules));
  return source;
}

}  // namespace sweepjob
