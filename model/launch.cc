#include "model/launch.h"

#include <array>

#include "model/attempt_record.h"

namespace sweepjob {
namespace {

constexpr std::array<std::pair<Outcome, const char*>, 8> kWords{{
    {Outcome::Exited, "exited"},
    {Outcome::Signalled, "signalled"},
    {Outcome::OutOfMemory, "out_of_memory"},
    {Outcome::MissingProgram, "missing_program"},
    {Outcome::TimedOut, "timed_out"},
    {Outcome::Canceled, "canceled"},
    {Outcome::Lost, "lost"},
    {Outcome::Rejected, "rejected"},
}};

}  // namespace

const char* to_string(Outcome outcome) {
  for (const auto& [value, word] : kWords) {
    if (value == outcome) return word;
  }
  return "lost";
}

std::optional<Outcome> outcome_from(std::string_view text) {
  for (const auto& [value, word] : kWords) {
    if (text == word) return value;
  }
  return std::nullopt;
}

bool was_superseded(const AttemptEnd& end) {
  return end.outcome == Outcome::Lost && end.message == kSupersededMessage;
}

}  // namespace sweepjob
