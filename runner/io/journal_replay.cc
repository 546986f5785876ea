#include "runner/io/journal_replay.h"

#include <algorithm>

#include "runner/io/posix_file.h"
#include "runner/io/segment_reader.h"

namespace sweepjob {
namespace {

Result<void> walk_segment(const JournalSegment& segment, const EventSink* sink,
                          ReplayReport& report) {
  auto reader = SegmentReader::open(segment.path, segment.epoch);
  if (!reader) return reader.error();
  if (report.segments > 0 && reader->header().uid != report.uid) {
    return Error(ErrorCode::JournalCorrupt, "is a journal of another sweep", segment.path);
  }
  report.uid = reader->header().uid;
  if (segment.sealed_at) {
    const auto limited = reader->end_at(*segment.sealed_at);
    if (!limited) return limited.error();
  }
  for (;;) {
    const auto record = reader->next();
    if (!record) return record.error();
    if (!*record) break;
    const RecordHead& head = (*record)->head;
    if (sink == nullptr || head.kind != RecordKind::Events) continue;
    const auto decoded = decode_events((*record)->payload, head.events, head.first_sequence, *sink);
    if (!decoded) return reader->corrupt(**record, "cannot be read: " + decoded.error().message());
  }
  report.segments += 1;
  report.epoch = segment.epoch;
  report.records += reader->records();
  report.bytes += reader->position().bytes;
  report.torn_tail_bytes = reader->torn_tail_bytes();
  report.end = reader->position();
  report.last_sequence = report.events = report.end.sequence;
  return {};
}

Result<ReplayReport> walk(const std::string& folder, const EventSink* sink) {
  const auto epochs = list_epochs(folder);
  if (!epochs) return epochs.error();
  const auto segments = find_segments(folder);
  if (!segments) return segments.error();
  ReplayReport report;
  for (const JournalSegment& segment : *segments) {
    const auto walked = walk_segment(segment, sink, report);
    if (!walked) return walked.error();
  }
  for (const std::uint64_t epoch : *epochs) {
    const bool counts = std::any_of(segments->begin(), segments->end(),
                                    [&](const auto& segment) { return segment.epoch == epoch; });
    if (!counts && epoch < report.epoch) report.void_segments.push_back(epoch);
  }
  return report;
}

}  // namespace

Result<std::vector<std::uint64_t>> list_epochs(const std::string& folder) {
  const auto names = list_folder(folder);
  if (!names) return names.error();
  std::vector<std::uint64_t> epochs;
  for (const std::string& name : *names) {
    if (const auto epoch = segment_epoch(name)) epochs.push_back(*epoch);
  }
  std::sort(epochs.begin(), epochs.end());
  return epochs;
}

Result<std::vector<JournalSegment>> find_segments(const std::string& folder) {
  const auto epochs = list_epochs(folder);
  if (!epochs) return epochs.error();
  if (epochs->empty()) return Error(ErrorCode::NotFound, "holds no journal", folder);
  std::vector<JournalSegment> segments;
  std::optional<Seal> seal;
  std::uint64_t epoch = epochs->back();
  for (;;) {
    JournalSegment segment{epoch, folder + "/" + segment_name(epoch), std::nullopt};
    if (seal) segment.sealed_at = seal->end;
    const auto reader = SegmentReader::open(segment.path, epoch);
    if (!reader && reader.error().code() == ErrorCode::NotFound && seal) {
      return Error(ErrorCode::JournalCorrupt,
                   "is missing, but " + segments.back().path + " continues it", segment.path);
    }
    if (!reader) return reader.error();
    segments.push_back(std::move(segment));
    seal = reader->seal();
    if (!seal) break;
    epoch = seal->epoch;
  }
  std::reverse(segments.begin(), segments.end());
  return segments;
}

Result<ReplayReport> replay_journal(const std::string& folder, const EventSink& sink) {
  return walk(folder, &sink);
}

Result<ReplayReport> check_journal(const std::string& folder) { return walk(folder, nullptr); }

}  // namespace sweepjob
