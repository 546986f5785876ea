#include "runner/core/event.h"

#include <array>
#include <string_view>
#include <utility>

namespace sweepjob {
namespace {

constexpr std::array<std::pair<StopCause, const char*>, 6> kWords{{
    {StopCause::EarlyTermination, "early_termination"},
    {StopCause::UserCanceled, "user_cancel"},
    {StopCause::SweepCanceled, "sweep_cancel"},
    {StopCause::SweepTimeout, "timeout"},
    {StopCause::SweepFailed, "max_failed_trials"},
    {StopCause::Stalled, "stall_timeout"},
}};

}  // namespace

const char* to_string(StopCause cause) {
  for (const auto& [value, word] : kWords) {
    if (value == cause) return word;
  }
  return "user_cancel";
}

std::optional<StopCause> stop_cause_from(std::string_view text) {
  for (const auto& [value, word] : kWords) {
    if (text == word) return value;
  }
  return std::nullopt;
}

}  // namespace sweepjob
