// What the policy tests share: making a policy by name, feeding it as the core would, and random
// histories from a seed.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "model/rng.h"
#include "policies/catalog.h"

namespace sweepjob::testing {

struct PolicySetup {
  std::string type;
  Goal goal = Goal::Maximize;
  std::vector<std::pair<std::string, Value>> options = {};
  std::uint32_t evaluation_interval = 1;
  std::uint32_t delay_evaluation = 0;
  std::uint32_t min_trials = 0;
  bool strict = false;

  [[nodiscard]] bool is_eligible(std::uint32_t interval) const;
};

[[nodiscard]] Options options_of(const PolicySetup& setup);
// Null and findings, or a policy and perhaps warnings.
[[nodiscard]] std::unique_ptr<TerminationPolicy> make(const PolicySetup& setup, Findings& findings);
// For setups that are right: a failure is a failed check.
[[nodiscard]] std::unique_ptr<TerminationPolicy> make(const PolicySetup& setup);

// A policy with the core's counting: a value in, the verdict on it out.
class Judged {
 public:
  explicit Judged(const PolicySetup& setup) : setup_(setup), policy_(make(setup)) {}

  // Observes the trial's next value, and judges it where the interval is eligible.
  Verdict report(std::uint32_t trial, double value);
  void report_all(std::uint32_t trial, const std::vector<double>& values);
  [[nodiscard]] Verdict explain(std::uint32_t trial, std::uint32_t interval) const;
  void remove(std::uint32_t trial, std::uint32_t kept);
  void exclude(std::uint32_t trial);
  void end(std::uint32_t trial, Status status = Status::Completed);
  void reopen(std::uint32_t trial);

 private:
  std::uint32_t& count_of(std::uint32_t trial);

  PolicySetup setup_;
  std::unique_ptr<TerminationPolicy> policy_;
  std::vector<std::uint32_t> counts_;
};

struct HistoryStyle {
  std::uint32_t trials = 6;
  std::uint32_t events = 60;
  double worst_share = 0.05;    // NaN and infinities
  double removal_share = 0.05;  // of each kind of event that is no report
  bool ties = true;             // multiples of 1/8, so that sums are exact and values repeat
  bool rising = false;          // learning curves, each towards its trial's level, little noise
};

// A history that the core could have written: intervals count from 1 without gaps, an ended or
// excluded trial reports nothing until it is reopened.
[[nodiscard]] std::vector<TrialEvent> random_history(RandomStream& random,
                                                     const HistoryStyle& style);
[[nodiscard]] double random_value(RandomStream& random, const HistoryStyle& style);
// Another order of the same events in which each trial's own events keep theirs.
[[nodiscard]] std::vector<TrialEvent> interleave_again(RandomStream& random,
                                                       const std::vector<TrialEvent>& events);

}  // namespace sweepjob::testing
