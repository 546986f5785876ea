// What must hold of any bytes that are taken for a journal, whoever wrote them. Aborts when it does
// not. For the libFuzzer target and for the ordinary test over the kept corpus.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/mman.h>
#include <unistd.h>

#include "model/check.h"
#include "runner/io/event_codec.h"
#include "runner/io/event_json.h"
#include "runner/io/segment_reader.h"
#include "tests/support/random_event.h"

namespace sweepjob {

struct FuzzedSegment {
  bool refused = false;
  std::vector<Event> events;
  SegmentEnd end;
  std::uint64_t torn_tail_bytes = 0;
};

// `bytes` as the file journal.<epoch>.
inline FuzzedSegment read_fuzzed_segment(std::string_view bytes, std::uint64_t epoch) {
  FuzzedSegment result;
  FileDescriptor file(::memfd_create("fuzz", MFD_CLOEXEC));
  SWEEPJOB_CHECK(write_all(file.get(), bytes, "fuzz").has_value(), "memory can be written");
  auto reader = SegmentReader::adopt(std::move(file), "sweep/journal", epoch);
  if (!reader) {
    result.refused = true;
    return result;
  }
  for (;;) {
    const auto record = reader->next();
    result.end = reader->position();
    result.torn_tail_bytes = reader->torn_tail_bytes();
    if (!record) static_cast<void>(reader->last_sequence_beyond_damage());
    result.refused = !record;
    if (!record || !*record) return result;
    const RecordHead& head = (*record)->head;
    if (head.kind != RecordKind::Events) continue;
    const auto decoded = decode_events(
        (*record)->payload, head.events, head.first_sequence,
        [&](std::uint64_t, Event&& event) { result.events.push_back(std::move(event)); });
    result.refused = !decoded;
    if (!decoded) return result;
  }
}

inline void check_segment(std::string_view bytes) {
  for (const std::uint64_t epoch : {1, 2}) {
    const FuzzedSegment whole = read_fuzzed_segment(bytes, epoch);
    if (whole.refused) continue;
    SWEEPJOB_CHECK(whole.end.bytes + whole.torn_tail_bytes == bytes.size(),
                   "every byte is read or torn");
    // Without its torn tail it is the same journal.
    const FuzzedSegment clean = read_fuzzed_segment(bytes.substr(0, whole.end.bytes), epoch);
    SWEEPJOB_CHECK(!clean.refused && clean.torn_tail_bytes == 0 && clean.end == whole.end &&
                       clean.events.size() == whole.events.size(),
                   "a torn tail changes nothing before it");
  }
}

// A record's payload behind a checksum that fits: what decodes is encoded and decoded again.
inline void check_payload(std::string_view payload, std::uint32_t count) {
  std::vector<Event> events;
  const auto decoded = decode_events(payload, count, 1, [&](std::uint64_t sequence, Event&& event) {
    static_cast<void>(event_to_json_line(sequence, event));
    events.push_back(std::move(event));
  });
  if (!decoded) return;
  std::string again;
  encode_events(events, again);
  std::size_t next = 0;
  const auto repeated = decode_events(again, count, 1, [&](std::uint64_t, Event&& event) {
    SWEEPJOB_CHECK(same_event(event, events[next]), "what was decoded can be journaled");
    next += 1;
  });
  SWEEPJOB_CHECK(repeated.has_value() && next == events.size(), "what was decoded can be read");
}

inline void check_journal_bytes(std::string_view bytes) {
  check_segment(bytes);
  for (const std::uint32_t count : {1u, 3u}) check_payload(bytes, count);
}

}  // namespace sweepjob
