#include "model/trial.h"

#include <array>
#include <cmath>
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

std::string to_string(const Budget& budget) {
  const double amount = budget.amount;
  const bool whole = std::trunc(amount) == amount && std::abs(amount) < 0x1p63;
  return whole ? std::to_string(static_cast<std::int64_t>(amount)) : python_float(amount);
}

}  // namespace sweepjob
