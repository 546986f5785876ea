#include "model/trial.h"

#include <array>
#include <utility>

namespace sweepjob {
namespace {

constexpr std::array<std::pair<Status, const char*>, 11> kWords{{
    {Status::NotStarted, "NotStarted"},
    {Status::Queued, "Queued"},
    {Status::Preparing, "Preparing"},
    {Status::Running, "Running"},
    {Status::Finalizing, "Finalizing"},
    {Status::CancelRequested, "CancelRequested"},
    {Status::Completed, "Completed"},
    {Status::Failed, "Failed"},
    {Status::Canceled, "Canceled"},
    {Status::NotResponding, "NotResponding"},
    {Status::Paused, "Paused"},
}};

}  // namespace

const char* to_string(Status status) {
  for (const auto& [value, word] : kWords) {
    if (value == status) return word;
  }
  return "NotStarted";
}

std::optional<Status> status_from(std::string_view text) {
  for (const auto& [value, word] : kWords) {
    if (text == word) return value;
  }
  return std::nullopt;
}

}  // namespace sweepjob
