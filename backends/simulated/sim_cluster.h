// SimCluster: a cluster that exists in memory alone, on virtual time. Layer 3; one thread.
//
// It is the outside world of a simulated sweep: it runs attempts, keeps what they wrote and goes on
// when the controller dies. What one life of a controller holds of it is a SimLink (sim_link.h).
// Every fault is drawn from (seed, attempt, what), never from the order of calls, so that a crash
// changes nothing but what it must.
//
//   SimClock clock;
//   SimCluster cluster(clock, {.seed = 1}, [](const SimStart&) { return SimRun{...}; });
//   SimLink link(cluster);   // Backend and MetricSource
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "backends/simulated/sim_clock.h"
#include "model/launch.h"
#include "model/metric.h"
#include "model/rng.h"

namespace sweepjob {

// A line that an attempt writes: one value of one metric.
struct SimPoint {
  std::string name;
  double value = 0;
  std::optional<double> step;
  Channel channel = Channel::Stdout;
};
struct SimValue {
  std::string name;
  double value = 0;
};
// Every line has this length, so the k-th line of a channel ends at k times this position.
inline constexpr std::uint64_t kSimLineBytes = 16;

// Points that differ in their value alone, in 8 bytes each instead of 64: with a thousand attempts
// at once that is whether they stay in the cache.
struct SimCurve {
  std::vector<double> values;
  SimPoint form;  // name and channel of all; its step, if any, is the first one's, and counts up
};

// What an attempt does once it has started.
struct SimRun {
  std::vector<SimPoint> points;
  SimCurve curve;                           // where there are no `points`
  std::vector<SimValue> at_last;            // other metrics on the line of the last point
  Duration step = std::chrono::seconds(1);  // before each point
  std::optional<Duration> last_step;        // from the last point to the end; else `step`
  Outcome outcome = Outcome::Exited;
  std::int32_t code = 0;
  bool runs_on = false;      // after the last point, until it is ended from outside
  bool checkpoints = false;  // saves one after each point

  [[nodiscard]] std::size_t size() const {
    return points.empty() ? curve.values.size() : points.size();
  }
  [[nodiscard]] SimPoint point(std::size_t index) const;
};
struct SimStart {
  const LaunchRequest& request;
  // Points that the checkpoint of an earlier attempt of the trial covers; 0: there is none.
  std::uint32_t saved = 0;
};
// The trials: asked once per attempt, when it starts.
using SimScript = std::function<SimRun(const SimStart&)>;

// Probabilities are in [0, 1], delays uniform in [0, max].
struct SimOptions {
  std::uint64_t seed = 0;
  std::uint32_t workers = 0;  // attempts that run at once; the others queue; 0: no limit
  Duration answer_delay_max{0};
  Duration startup_delay{0};  // always, and a drawn one on top
  Duration startup_delay_max{0};
  Duration status_delay_max{0};
  Duration metric_period{0};  // values are read at multiples of this; 0: as they are written
  Duration cancel_delay_max{0};
  Duration lease = std::chrono::seconds(120);  // until the loss of an attempt is known

  double submit_fails = 0;        // it does not arrive, and the caller is told to try again
  double submit_answer_lost = 0;  // it arrives, but the caller is told to try again
  double cancel_fails = 0;
  double collect_fails = 0;
  double observe_fails = 0;    // never the first of a life
  double status_lost = 0;      // next_change() never tells; observe() does
  double status_repeated = 0;  // told again, later
  double attempt_lost = 0;     // taken away in the middle, with no exit record
  double rejected = 0;         // refused for good at submission

  bool keep_points = true;  // after the attempt has been collected, for tests
};

class SimLink;

// How far the present link has read an attempt.
struct SimReading {
  bool followed = false;
  bool due = false;  // will be read at the next reading
  bool drained = false;
  std::uint32_t looked_at = 0;          // of the attempt's points
  std::uint64_t positions[2] = {0, 0};  // behind the last one: stdout, file
  std::optional<FinalSizes> final;
  std::vector<Cursor> cursors;
};

class SimCluster {
 public:
  struct Attempt {
    AttemptKey key;
    // What each point needs comes first and together.
    AttemptPhase phase = AttemptPhase::Absent;
    bool cancel_wanted = false;
    bool collected = false;
    bool end_is_known = false;             // a lost attempt looks alive until its lease has run out
    std::uint32_t written = 0;             // of the run's points
    std::uint32_t starts = 0;              // how often its command was started
    std::optional<std::uint32_t> dies_at;  // taken away before this point
    SimReading reading;
    SimRun run;
    std::optional<AttemptStart> start;
    std::optional<AttemptEnd> end;
    std::map<std::string, std::uint32_t> asked;  // draws so far, by kind
    LaunchRequest request;                       // until it starts
  };

  SimCluster(SimClock& clock, SimOptions options, SimScript script)
      : clock_(clock), options_(options), script_(std::move(script)) {}
  SimCluster(const SimCluster&) = delete;
  SimCluster& operator=(const SimCluster&) = delete;

  [[nodiscard]] SimClock& clock() { return clock_; }
  [[nodiscard]] const SimOptions& options() const { return options_; }
  // From here on nothing fails by chance any more.
  void heal();

  // A submission has arrived. The same key again changes nothing.
  void accept(LaunchRequest request);
  // The end of an attempt is wanted; one that never came here will never start.
  void cancel(const AttemptKey& key);
  void collect(const AttemptKey& key);

  [[nodiscard]] AttemptStatus status(const AttemptKey& key) const;
  [[nodiscard]] const Attempt* find(const AttemptKey& key) const;
  [[nodiscard]] const std::unordered_map<AttemptKey, Attempt>& attempts() const {
    return attempts_;
  }
  [[nodiscard]] static FinalSizes sizes(const Attempt& attempt);
  [[nodiscard]] std::uint32_t running() const { return running_; }
  [[nodiscard]] std::uint32_t most_running() const { return most_running_; }
  // What no cluster may ever see: a command started twice, two live attempts of one trial.
  [[nodiscard]] const std::vector<std::string>& violations() const { return violations_; }

 private:
  friend class SimLink;

  [[nodiscard]] double draw(const AttemptKey& key, const char* kind, std::uint32_t count) const;
  [[nodiscard]] bool happens(Attempt& attempt, const char* kind, double probability);
  [[nodiscard]] Duration delay(Attempt& attempt, const char* kind, Duration longest);
  Attempt& touch(const AttemptKey& key);
  void start_queued();
  void begin(Attempt& attempt);
  void claim(Attempt& attempt);
  void next_point(Attempt& attempt);
  void write_point(Attempt& attempt);
  void finish(Attempt& attempt, Outcome outcome, std::int32_t code, std::string message);
  void announce(Attempt& attempt);

  SimClock& clock_;
  SimOptions options_;
  SimScript script_;
  std::unordered_map<AttemptKey, Attempt> attempts_;  // nodes stay where they are
  std::deque<Attempt*> queue_;
  std::uint32_t busy_workers_ = 0;
  std::uint32_t running_ = 0;
  std::uint32_t most_running_ = 0;
  struct TrialState {
    std::uint32_t live = 0;
    std::uint32_t saved = 0;
  };
  std::unordered_map<AttemptKey, TrialState> trials_;  // by the key of attempt 0
  std::vector<std::string> violations_;
  SimLink* link_ = nullptr;
};

}  // namespace sweepjob
