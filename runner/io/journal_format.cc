#include "runner/io/journal_format.h"

#include <bit>
#include <charconv>
#include <cstring>

#include <xxhash.h>

#include "model/check.h"

namespace sweepjob {
namespace {

static_assert(std::endian::native == std::endian::little,
              "fixed-size numbers are copied as they lie in memory");

// Readable at the start of the file, for `less` and `file`.
constexpr std::string_view kTitle = "sweepjob journal\n";

// Offsets in a record's head.
constexpr std::size_t kKindAt = 4;
constexpr std::size_t kZerosAt = 5;
constexpr std::size_t kPayloadBytesAt = 8;
constexpr std::size_t kEventsAt = 12;
constexpr std::size_t kSequenceAt = 16;
constexpr std::size_t kHeadCheckAt = 24;

template <class T>
void store(char* at, T value) {
  std::memcpy(at, &value, sizeof value);
}

template <class T>
T load(const char* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

template <class T>
void append_fixed(std::string& out, T value) {
  char bytes[sizeof value];
  store(bytes, value);
  out.append(bytes, sizeof value);
}

std::uint32_t head_check(const char* head) {
  return static_cast<std::uint32_t>(XXH3_64bits(head, kHeadCheckAt));
}

}  // namespace

std::size_t begin_record(std::string& out) {
  const std::size_t start = out.size();
  out.append(kRecordHeadBytes, '\0');
  return start;
}

std::uint64_t finish_record(std::string& out, std::size_t start, RecordHead head,
                            std::uint64_t seed) {
  const std::size_t payload_bytes = out.size() - start - kRecordHeadBytes;
  SWEEPJOB_CHECK(payload_bytes <= kMaxPayloadBytes, "the writer bounds its batches");
  char* at = out.data() + start;
  std::memcpy(at, kRecordMagic.data(), kRecordMagic.size());
  store(at + kKindAt, head.kind);
  store(at + kPayloadBytesAt, static_cast<std::uint32_t>(payload_bytes));
  store(at + kEventsAt, head.events);
  store(at + kSequenceAt, head.first_sequence);
  store(at + kHeadCheckAt, head_check(at));
  const std::uint64_t checksum = XXH3_64bits_withSeed(at, kRecordHeadBytes + payload_bytes, seed);
  append_fixed(out, checksum);
  return checksum;
}

std::optional<RecordHead> parse_head(std::string_view bytes) {
  const char* at = bytes.data();
  if (bytes.size() < kRecordHeadBytes || !bytes.starts_with(kRecordMagic)) return std::nullopt;
  if (load<std::uint32_t>(at + kHeadCheckAt) != head_check(at)) return std::nullopt;
  if (at[kZerosAt] != 0 || at[kZerosAt + 1] != 0 || at[kZerosAt + 2] != 0) return std::nullopt;
  RecordHead head;
  head.kind = load<RecordKind>(at + kKindAt);
  head.payload_bytes = load<std::uint32_t>(at + kPayloadBytesAt);
  head.events = load<std::uint32_t>(at + kEventsAt);
  head.first_sequence = load<std::uint64_t>(at + kSequenceAt);
  if (head.payload_bytes > kMaxPayloadBytes) return std::nullopt;
  return head;
}

std::uint64_t stored_checksum(std::string_view record) {
  return load<std::uint64_t>(record.data() + record.size() - kChecksumBytes);
}

std::uint64_t computed_checksum(std::string_view record, std::uint64_t seed) {
  return XXH3_64bits_withSeed(record.data(), record.size() - kChecksumBytes, seed);
}

SegmentPrologue make_prologue(const SegmentHeader& header, const std::optional<Seal>& seal) {
  SegmentPrologue prologue;
  std::string& out = prologue.bytes;
  RecordHead head;
  head.first_sequence = seal ? seal->end.sequence + 1 : 1;

  head.kind = RecordKind::Header;
  std::size_t start = begin_record(out);
  out += kTitle;
  append_fixed(out, header.version);
  out.append(reinterpret_cast<const char*>(header.uid.bytes.data()), header.uid.bytes.size());
  append_fixed(out, header.epoch);
  prologue.end.checksum = finish_record(out, start, head, kFirstSeed);

  if (seal) {
    head.kind = RecordKind::Seal;
    start = begin_record(out);
    append_fixed(out, seal->epoch);
    append_fixed(out, seal->end.bytes);
    append_fixed(out, seal->end.sequence);
    append_fixed(out, seal->end.checksum);
    prologue.end.checksum = finish_record(out, start, head, prologue.end.checksum);
  }
  prologue.end.bytes = out.size();
  prologue.end.sequence = head.first_sequence - 1;
  return prologue;
}

std::optional<SegmentHeader> parse_header(std::string_view payload) {
  if (!payload.starts_with(kTitle)) return std::nullopt;
  payload.remove_prefix(kTitle.size());
  SegmentHeader header;
  if (payload.size() < sizeof header.version) return std::nullopt;
  header.version = load<std::uint32_t>(payload.data());
  // A newer version may have more to say here; its number is all that is needed to refuse it.
  if (header.version > kJournalVersion) return header;
  payload.remove_prefix(sizeof header.version);
  if (payload.size() != header.uid.bytes.size() + sizeof header.epoch) return std::nullopt;
  std::memcpy(header.uid.bytes.data(), payload.data(), header.uid.bytes.size());
  header.epoch = load<std::uint64_t>(payload.data() + header.uid.bytes.size());
  return header;
}

std::optional<Seal> parse_seal(std::string_view payload) {
  if (payload.size() != 4 * sizeof(std::uint64_t)) return std::nullopt;
  Seal seal;
  seal.epoch = load<std::uint64_t>(payload.data());
  seal.end.bytes = load<std::uint64_t>(payload.data() + 8);
  seal.end.sequence = load<std::uint64_t>(payload.data() + 16);
  seal.end.checksum = load<std::uint64_t>(payload.data() + 24);
  return seal;
}

std::string segment_name(std::uint64_t epoch) { return "journal." + std::to_string(epoch); }

std::optional<std::uint64_t> segment_epoch(std::string_view file_name) {
  constexpr std::string_view kPrefix = "journal.";
  if (!file_name.starts_with(kPrefix)) return std::nullopt;
  const std::string_view digits = file_name.substr(kPrefix.size());
  std::uint64_t epoch = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), epoch);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  if (epoch == 0 || digits[0] == '0') return std::nullopt;
  return epoch;
}

}  // namespace sweepjob
