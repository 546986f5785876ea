// Events as JSON lines, for people and tools: `sweepjob journal dump`. Layer 4; pure; any thread.
//
// One object a line: schema_version, sequence, time, event, then the event's own fields, named as
// in event_fields.h. NaN and infinities are the strings "NaN", "Infinity", "-Infinity".
#pragma once

#include <cstdint>
#include <string>

#include "runner/core/event.h"

namespace sweepjob {

inline constexpr int kEventSchemaVersion = 1;

// "TrialProposed"
[[nodiscard]] const char* event_name(const EventBody& body);

// Without the newline. Bytes that are not UTF-8 become U+FFFD.
[[nodiscard]] std::string event_to_json_line(std::uint64_t sequence, const Event& event);

}  // namespace sweepjob
