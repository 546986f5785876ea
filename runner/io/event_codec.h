// Events as bytes: the payload of a journal record. Layer 4; pure; any thread.
//
// The format is told in runner/io/JOURNAL.md. A MetricReported takes about 20 bytes and 20 ns; all
// else is rare and plain. Decoding is total: any bytes give events or an error, never both of a
// broken event and success.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "model/result.h"
#include "runner/core/event.h"

namespace sweepjob {

// Appends a batch to `out`. Times are stored as differences within the batch, so that a batch is
// decoded whole.
void encode_events(std::span<const Event> batch, std::string& out);

// The event may be moved from; it is valid during the call only.
using EventSink = std::function<void(std::uint64_t sequence, Event&& event)>;

// Delivers exactly `count` events, numbered from `first_sequence`. On an error the message names
// the event ("event 3 of 7: unknown tag 99"); those before it have been delivered.
[[nodiscard]] Result<void> decode_events(std::string_view payload, std::uint32_t count,
                                         std::uint64_t first_sequence, const EventSink& sink);

}  // namespace sweepjob
