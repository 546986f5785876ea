// SegmentReader: reads one journal segment, record by record. Layer 4; blocking; any thread.
//
// Used by replay, takeover, doctor and the fuzzer. It only reads, and works on a file that is being
// appended to: what is there when it opens is what it looks at.
//
// What is wrong at the end of a segment that nothing seals is a torn tail: a record that was not
// completely written, so that nothing acted on it. Anything else is damage, and JournalCorrupt:
// a bad record with others behind it, or one in a sealed segment.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/result.h"
#include "runner/io/journal_format.h"
#include "runner/io/posix_file.h"

namespace sweepjob {

struct Record {
  RecordHead head;
  std::string_view payload;  // valid until the next call of next()
  std::uint64_t number = 0;  // in its segment, from 1
  std::uint64_t offset = 0;
};

class SegmentReader {
 public:
  // Reads the prologue. `epoch` is the one in the file's name.
  [[nodiscard]] static Result<SegmentReader> open(const std::string& path, std::uint64_t epoch);
  // For a file that is open already (tests, the fuzzer); `path` is for messages.
  [[nodiscard]] static Result<SegmentReader> adopt(FileDescriptor file, std::string path,
                                                   std::uint64_t epoch);

  [[nodiscard]] const SegmentHeader& header() const { return header_; }
  [[nodiscard]] const std::optional<Seal>& seal() const { return seal_; }

  // The segment was sealed there: it must reach so far, and what is behind is ignored.
  [[nodiscard]] Result<void> end_at(const SegmentEnd& end);

  // The next record of events or snapshot; nothing at the end.
  [[nodiscard]] Result<std::optional<Record>> next();

  // Behind the last good record.
  [[nodiscard]] const SegmentEnd& position() const { return position_; }
  [[nodiscard]] std::uint64_t records() const { return records_; }
  // After the end: the bytes of the record that was not completely written.
  [[nodiscard]] std::uint64_t torn_tail_bytes() const { return torn_tail_bytes_; }
  // After an error: the number of the last event that can be recognised behind the damage.
  [[nodiscard]] std::uint64_t last_sequence_beyond_damage();

  // About a record that next() has returned.
  [[nodiscard]] Error corrupt(const Record& record, const std::string& what) const;

 private:
  SegmentReader(FileDescriptor file, std::string path, std::uint64_t file_bytes)
      : file_(std::move(file)), path_(std::move(path)), limit_(file_bytes) {}

  // About the record at position_.
  [[nodiscard]] Error corrupt(const std::string& what) const;
  [[nodiscard]] Result<void> read_prologue(std::uint64_t epoch);
  [[nodiscard]] Result<Record> read_prologue_record(RecordKind kind);
  // The bytes at position_, at most `bytes` of them and fewer only where the file ends.
  [[nodiscard]] Result<std::string_view> peek(std::uint64_t bytes);
  [[nodiscard]] Result<std::optional<Record>> bad_record(const std::string& what,
                                                         const std::optional<RecordHead>& head);
  // The offset of the next undamaged head at or behind `from`.
  [[nodiscard]] Result<std::optional<std::uint64_t>> find_head(std::uint64_t from,
                                                               RecordHead& head);

  FileDescriptor file_;
  std::string path_;
  std::uint64_t limit_;
  std::optional<SegmentEnd> sealed_at_;
  SegmentHeader header_;
  std::optional<Seal> seal_;
  SegmentEnd position_;
  std::uint64_t records_ = 0;
  std::uint64_t torn_tail_bytes_ = 0;
  bool ended_ = false;

  std::string buffer_;  // the bytes of the file from buffer_at_ on
  std::uint64_t buffer_at_ = 0;
};

}  // namespace sweepjob
