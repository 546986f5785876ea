// What must hold in every simulated run, checked at every durable event and at every effect.
// Used by sweep_simulation.cc alone.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backends/simulated/sim_cluster.h"
#include "runner/core/decide.h"
#include "tests/support/without_control_arm.h"

namespace sweepjob::testing {

class SimulationChecks {
 public:
  // `fold` is of no events yet; the checks keep it at what is durable.
  SimulationChecks(const Rules& rules, Sweep fold, const SimCluster& cluster);

  // The events of one append have become durable, all at once.
  void on_durable(const std::vector<Event>& batch);
  // An effect is about to be carried out in the present life.
  void on_submit(const LaunchRequest& request);
  void on_cancel(const AttemptKey& key);
  void on_collect(const AttemptKey& key);
  void on_follow(const AttemptKey& key);
  void on_finish(const AttemptKey& key, const FinalSizes& sizes);
  void on_answer(const RequestHandled& handled);
  void on_report(std::uint64_t sequence);
  // The backend has done what was asked: not to be asked again in this life.
  void on_done(const char* effect, const AttemptKey& key);
  void on_new_life() { done_.clear(); }
  // The sweep has ended; `live` is the controller's own state, `replayed` the journal's.
  void on_end(const Sweep& live, const Sweep& replayed);

  void require(bool holds, const std::string& what);
  [[nodiscard]] const Sweep& durable() const { return fold_; }
  [[nodiscard]] const std::vector<std::string>& violations() const { return violations_; }
  [[nodiscard]] std::uint32_t stops() const { return stops_; }
  [[nodiscard]] std::uint32_t withheld() const { return without_control_.withheld(); }
  [[nodiscard]] std::uint32_t retries() const { return retries_; }
  [[nodiscard]] std::uint32_t waits() const { return waits_; }

 private:
  void check(const Event& event);
  void check_value(const MetricReported& reported);
  void check_finished(const TrialFinished& finished);
  void check_question(const Event& event);
  void check_attempt(const AttemptRequested& requested);
  [[nodiscard]] bool has_child_that_runs(TrialId parent) const;
  [[nodiscard]] AttemptKey key_of(const AttemptId& attempt) const;

  const Rules& rules_;
  Sweep fold_;
  const SimCluster& cluster_;
  std::vector<std::string> violations_;
  std::uint32_t most_concurrent_;  // over all limits so far
  std::uint32_t most_total_;
  WithoutControlArm without_control_;
  std::optional<EventBody> expected_verdict_;  // on the report just before: a stop, or withheld
  std::map<AttemptKey, std::uint32_t> counted_;
  std::map<std::string, int> done_;
  std::uint32_t stops_ = 0;
  std::uint32_t retries_ = 0;
  std::uint32_t waits_ = 0;
  bool is_news_to_sampler_ = true;  // since it was asked by an event
};

}  // namespace sweepjob::testing
