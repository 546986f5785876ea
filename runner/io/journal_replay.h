// Reading a journal: all its segments in order. Layer 4; blocking, read-only; any thread.
//
// Works while a controller appends, on a copy, on a read-only folder. A torn tail of the last
// segment is left out: what was not completely written was never acted on. A damaged middle is
// JournalCorrupt, naming segment, byte and record; the events before it may have been delivered,
// and are of no use.
//
//   auto report = replay_journal(folder, [&](std::uint64_t, Event&& e) { apply(sweep, e); });
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/result.h"
#include "runner/io/event_codec.h"
#include "runner/io/journal_format.h"

namespace sweepjob {

struct ReplayReport {
  SweepUid uid;
  std::uint64_t epoch = 0;  // of the last segment
  std::uint64_t segments = 0;
  std::uint64_t records = 0;  // all kinds
  std::uint64_t events = 0;
  std::uint64_t bytes = 0;            // valid ones, over all segments
  std::uint64_t torn_tail_bytes = 0;  // left out
  std::uint64_t last_sequence = 0;
  std::vector<std::uint64_t> void_segments;  // set aside by a repair
  SegmentEnd end;                            // of the last segment
};

// NotFound when the folder holds no journal.
[[nodiscard]] Result<ReplayReport> replay_journal(const std::string& folder, const EventSink& sink);
// The same checks without decoding the events.
[[nodiscard]] Result<ReplayReport> check_journal(const std::string& folder);

// The segments that count, in order, each with the place where the next one seals it. They are
// found from the last one back, by the seals.
struct JournalSegment {
  std::uint64_t epoch = 0;
  std::string path;
  std::optional<SegmentEnd> sealed_at;
};
[[nodiscard]] Result<std::vector<JournalSegment>> find_segments(const std::string& folder);
// Every epoch that has a file, in order.
[[nodiscard]] Result<std::vector<std::uint64_t>> list_epochs(const std::string& folder);

}  // namespace sweepjob
