// Schedule: which intervals are ever judged (spec azure-sweep section 9): k >= max(1, delay) and
// k % evaluation_interval == 0. The core decides when to judge; a policy uses this only to keep
// nothing for the other intervals. Slots number the judged intervals from 0.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "policies/policy.h"

namespace sweepjob {

class Schedule {
 public:
  explicit Schedule(const PolicyContext& context)
      : every_(context.evaluation_interval == 0 ? 1 : context.evaluation_interval) {
    const std::uint64_t delay = context.delay_evaluation == 0 ? 1 : context.delay_evaluation;
    first_ = (delay + every_ - 1) / every_;
  }

  [[nodiscard]] std::optional<std::size_t> slot(std::uint32_t interval) const {
    if (interval % every_ != 0 || interval / every_ < first_) return std::nullopt;
    return static_cast<std::size_t>(interval / every_ - first_);
  }
  // The slot of the first judged interval that is not before this one.
  [[nodiscard]] std::size_t slot_from(std::uint32_t interval) const {
    const std::uint64_t multiple = (interval + every_ - 1) / every_;
    return static_cast<std::size_t>(multiple <= first_ ? 0 : multiple - first_);
  }
  // The first judged interval that is not before this one.
  [[nodiscard]] std::uint64_t judged_from(std::uint32_t interval) const {
    return (first_ + slot_from(interval)) * every_;
  }
  // The first interval i with slot_from(i) == slot.
  [[nodiscard]] std::size_t first_interval_of(std::size_t slot) const {
    return slot == 0 ? 1 : static_cast<std::size_t>((first_ + slot - 1) * every_ + 1);
  }

 private:
  std::uint64_t every_;
  std::uint64_t first_;  // in multiples of every_
};

}  // namespace sweepjob
