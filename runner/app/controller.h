// Controller: the loop around the pure core. Layer 6; one thread, one io_context.
//
//   inputs -> advance() -> events -> journal (one append in flight, the next batch gathers)
//                                 -> reporters, then effects, when durable
//
// Everything it touches is an interface, so that tests and `simulate` run it whole on a fake
// cluster and a fake clock. It owns nothing outside: parts outlive it.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "backends/backend.h"
#include "model/result.h"
#include "runner/app/backlog.h"
#include "runner/core/decide.h"
#include "runner/io/clock.h"
#include "runner/io/journal.h"
#include "runner/metrics/metric_source.h"

namespace sweepjob {

// Hears of every event once it is durable. Never blocks, cannot fail, changes nothing.
class Reporter {
 public:
  virtual ~Reporter() = default;
  virtual void on_event(const Event& event, const Sweep& sweep) noexcept = 0;
  // About every tick of the controller: redraw what is live.
  virtual void on_tick(const Sweep& sweep, Timestamp now) noexcept {
    (void)sweep;
    (void)now;
  }
};

// Builds launch requests and follow requests, and hands out slots: what the controller needs to
// know of folders, commands and GPUs. See runner/app/launch_plan.h.
class LaunchPlanner {
 public:
  virtual ~LaunchPlanner() = default;
  // Refused (an unrenderable command) is an Error: the attempt is rejected.
  [[nodiscard]] virtual Result<LaunchRequest> plan(const Sweep& sweep,
                                                   const AttemptId& attempt) = 0;
  // Where an attempt reports; `cursors` come from the sweep.
  [[nodiscard]] virtual FollowRequest follow(const Sweep& sweep, const AttemptId& attempt) = 0;
  [[nodiscard]] virtual std::string attempt_folder(const AttemptId& attempt) const = 0;
  virtual void release(const AttemptKey& attempt) = 0;  // its slot is free again
  // It holds the slot that its folder names, if it has begun.
  virtual void adopt(const AttemptKey& attempt) = 0;
};

// Metric values that are not objectives are kept beside the journal, once each.
class MetricKeeper {
 public:
  virtual ~MetricKeeper() = default;
  // All points; which of them are kept already it sorts out itself. The primary metric's values on
  // the counting channel (if one is known) are the journal's.
  // A failure stops the sweep: the journal's cursor must not go on without these values.
  [[nodiscard]] virtual Result<void> keep(const MetricBatch& batch,
                                          std::optional<Channel> counting) = 0;
  // The trial has ended: nothing need be kept in memory for it. It may come back.
  virtual void close(TrialId trial) { static_cast<void>(trial); }
};

class ProposalWorker;

// Where commands of people come from and answers go to; see runner/io/inbox.h.
class RequestSource {
 public:
  virtual ~RequestSource() = default;
  [[nodiscard]] virtual std::vector<UserRequest> poll() = 0;
  virtual void answer(const RequestHandled& handled) = 0;
};

struct ControllerParts {
  Clock& clock;
  Journal& journal;
  Backend& backend;
  MetricSource& metrics;
  LaunchPlanner& planner;
  MetricKeeper* keeper = nullptr;       // optional
  RequestSource* requests = nullptr;    // optional
  ProposalWorker* proposals = nullptr;  // needed by slow samplers alone
  std::vector<Reporter*> reporters = {};
  // False once another controller has taken the sweep over; asked about once a second.
  std::function<bool()> still_held = {};
  // True when the journal's disk is nearly full.
  std::function<bool()> low_on_space = {};
  // The size of a file that an adopted attempt reports in; without it the disk is asked.
  Backlog::FileSize file_size = {};
};

struct ControllerOptions {
  Duration tick = std::chrono::milliseconds(500);    // requests, reporters, stall checks
  Duration observe_every = std::chrono::minutes(5);  // wanted against observed
  Duration launch_retry = std::chrono::seconds(5);
  Duration catch_up = std::chrono::seconds(5);  // for the backlog, at adoption
  std::size_t max_batch_inputs = 4096;          // decided between two appends
  // How long events that nothing waits for (a start, an end, a report) gather before an append.
  Duration gather{0};
};

class Controller {
 public:
  // `sweep` is the fold of the whole journal so far; `rules` outlives the controller.
  Controller(boost::asio::io_context& context, ControllerParts parts, const Rules& rules,
             Sweep sweep, ControllerOptions options = {});
  ~Controller();

  // Takes the sweep on: journals `started`, compares with the backend, does what is outstanding and
  // runs until the sweep has finished, detach() was called or the journal failed. Completes with
  // the error that stopped it.
  boost::asio::awaitable<Result<void>> run(ControllerStarted started);

  // Leaves everything running and returns from run() once the journal is durable.
  void detach();
  // An input from inside the program (Ctrl-C twice: CancelSweep).
  void push(InputBody body);

  [[nodiscard]] const Sweep& sweep() const { return sweep_; }

 private:
  void wake();
  void fail(Error error);
  void spawn(boost::asio::awaitable<void> task);
  [[nodiscard]] AttemptKey key_of(const AttemptId& attempt) const;

  // Inputs to events, events to the journal.
  [[nodiscard]] std::deque<Input> take_inputs();
  void handle_inputs();
  void note(const Event& event);
  void show_life(const AttemptId& attempt, Timestamp when);
  void begin_append();
  void hurry();
  boost::asio::awaitable<void> gather();
  boost::asio::awaitable<void> append_loop();
  void report(const Event& event);

  // Effects.
  void release_effects();
  void perform(const Effect& effect);
  [[nodiscard]] bool wrote_nothing(const AttemptId& attempt) const;
  void start_cancels();
  boost::asio::awaitable<void> launch(std::vector<AttemptId> attempts);
  boost::asio::awaitable<void> cancel(std::vector<AttemptId> attempts);
  boost::asio::awaitable<void> collect(AttemptId attempt);

  // What comes in.
  boost::asio::awaitable<Result<void>> adopt();
  boost::asio::awaitable<Result<void>> compare_with_backend(bool first);
  boost::asio::awaitable<void> watch_backend();
  boost::asio::awaitable<void> watch_metrics();
  boost::asio::awaitable<void> tick_loop();
  void take_status(const AttemptStatus& status);
  void take_batch(MetricBatch batch);
  void release_backlog();
  void poll_requests();
  void check_stalls(Timestamp now);

  boost::asio::io_context& context_;
  ControllerParts parts_;
  const Rules& rules_;
  Sweep sweep_;
  ControllerOptions options_;

  std::deque<Input> inputs_;
  std::vector<Event> pending_;               // decided, not yet given to the journal
  std::deque<Effect> effects_;               // waiting for the journal, in order
  std::vector<AttemptId> launches_;          // released together: one submit
  std::unordered_set<AttemptId> launching_;  // submits that have not been answered
  std::vector<AttemptId> cancels_;
  std::unordered_set<AttemptId> following_;
  std::unordered_set<AttemptId> collecting_;
  std::unordered_set<AttemptId> relaunching_;               // wait to be launched once more
  std::unordered_map<AttemptId, Timestamp> last_activity_;  // empty without a stall timeout
  Timestamp last_stall_check_{};
  std::uint64_t durable_ = 0;  // sequence number
  bool appending_ = false;
  bool hurried_ = false;  // somebody waits for what is pending
  bool detached_ = false;
  std::optional<Error> failure_;
  boost::asio::steady_timer wake_;    // cancelled to wake run()
  boost::asio::steady_timer gather_;  // cancelled to end gather()
  Backlog backlog_;
  std::shared_ptr<int> alive_;  // tasks that outlive run() see it expire
};

}  // namespace sweepjob
