// Records: the frames of a journal segment. Layer 4; pure; any thread.
//
// One record is one append, complete or absent. Its checksum is seeded with the checksum of the
// record before it in the segment, so that a record that is dropped, moved or repeated is noticed
// as surely as one that is changed. The layout is told in runner/io/JOURNAL.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/ids.h"

namespace sweepjob {

// Raised by every new event, field or enumerator. A reader refuses what is newer than itself.
inline constexpr std::uint32_t kJournalVersion = 3;

enum class RecordKind : std::uint8_t {
  Header = 1,    // the first of a segment
  Events = 2,    // one batch
  Seal = 3,      // the second of every segment but the first: where the one before ends
  Snapshot = 4,  // reserved for the fold at a sequence number; readers skip it
};

struct RecordHead {
  RecordKind kind = RecordKind::Events;
  std::uint32_t payload_bytes = 0;
  std::uint32_t events = 0;
  std::uint64_t first_sequence = 0;  // of its first event; of the next event when it has none
};

inline constexpr std::size_t kRecordHeadBytes = 28;
inline constexpr std::size_t kChecksumBytes = 8;
// A batch is a few kilobytes; what claims more than this is no record of ours.
inline constexpr std::uint32_t kMaxPayloadBytes = 256u << 20;

[[nodiscard]] constexpr std::uint64_t record_bytes(const RecordHead& head) {
  return kRecordHeadBytes + std::uint64_t{head.payload_bytes} + kChecksumBytes;
}

// The seed of a segment's first record.
inline constexpr std::uint64_t kFirstSeed = 0;

// Writing in place: begin, append the payload to `out`, finish. finish() fills in the head's
// payload_bytes and returns the record's checksum, the seed of the next record.
[[nodiscard]] std::size_t begin_record(std::string& out);
std::uint64_t finish_record(std::string& out, std::size_t start, RecordHead head,
                            std::uint64_t seed);

// Nothing when these bytes (at least kRecordHeadBytes of them) are no undamaged head.
[[nodiscard]] std::optional<RecordHead> parse_head(std::string_view bytes);
inline constexpr std::string_view kRecordMagic{"SJr\x01", 4};

// The checksum that a whole record (head, payload, checksum) carries, and the one it should.
[[nodiscard]] std::uint64_t stored_checksum(std::string_view record);
[[nodiscard]] std::uint64_t computed_checksum(std::string_view record, std::uint64_t seed);

// Where the valid part of a segment ends. `checksum` is that of its last record: as they are
// chained, it stands for everything before it.
struct SegmentEnd {
  std::uint64_t bytes = 0;
  std::uint64_t sequence = 0;  // of the last event, 0: none yet
  std::uint64_t checksum = 0;
  bool operator==(const SegmentEnd&) const = default;
};

struct SegmentHeader {
  std::uint32_t version = kJournalVersion;
  SweepUid uid;
  std::uint64_t epoch = 0;
};

struct Seal {
  std::uint64_t epoch = 0;  // of the sealed segment; segments between it and this one are void
  SegmentEnd end;
};

// A new segment's first bytes: its header and, when it follows another, the seal of that one.
struct SegmentPrologue {
  std::string bytes;
  SegmentEnd end;
};
[[nodiscard]] SegmentPrologue make_prologue(const SegmentHeader& header,
                                            const std::optional<Seal>& seal);
[[nodiscard]] std::optional<SegmentHeader> parse_header(std::string_view payload);
[[nodiscard]] std::optional<Seal> parse_seal(std::string_view payload);

// "journal.7" <-> 7; nothing for any other name ("journal.07", "journal.7.damaged").
[[nodiscard]] std::string segment_name(std::uint64_t epoch);
[[nodiscard]] std::optional<std::uint64_t> segment_epoch(std::string_view file_name);

}  // namespace sweepjob
