// The sweep that a journal would have been without its control arm: every withheld cut carried out,
// nothing of the trial after it. All verdicts in the journal must be those of that sweep.
//
//   WithoutControlArm plain(rules);
//   for (const Event& event : journal) plain.observe(event);
//   EXPECT_EQ(plain.violation(), "");
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>

#include "runner/core/decide.h"

namespace sweepjob::testing {

class WithoutControlArm {
 public:
  explicit WithoutControlArm(const Rules& rules);

  void observe(const Event& event);
  // The first verdict that differs; empty when none does.
  [[nodiscard]] const std::string& violation() const { return violation_; }
  [[nodiscard]] std::uint32_t withheld() const { return withheld_; }

 private:
  void compare(const Event& event);
  void carry_out(const CutWithheld& withheld, Timestamp time);
  [[nodiscard]] bool is_of_cut_trial(const Event& event) const;

  std::unique_ptr<Rules> rules_;  // the sweep refers to it
  Sweep plain_;
  std::set<TrialId> cut_;  // whose cut was withheld
  std::optional<StopRequested> expected_;
  std::uint32_t withheld_ = 0;
  std::string violation_;
};

}  // namespace sweepjob::testing
