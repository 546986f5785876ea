#include "runner/io/journal_repair.h"

#include <algorithm>
#include <vector>

#include <unistd.h>

#include "runner/io/event_codec.h"
#include "runner/io/journal_replay.h"
#include "runner/io/posix_file.h"
#include "runner/io/segment_reader.h"

namespace sweepjob {
namespace {

struct Salvage {
  SweepUid uid;
  SegmentEnd good;  // behind the last record that can be read
  std::uint64_t last_sequence = 0;
  bool whole = true;
};

// As far as a segment can be read.
std::optional<Salvage> salvage(const JournalSegment& segment) {
  auto reader = SegmentReader::open(segment.path, segment.epoch);
  if (!reader) return std::nullopt;
  Salvage result;
  result.uid = reader->header().uid;
  if (segment.sealed_at) result.whole = reader->end_at(*segment.sealed_at).has_value();
  for (;;) {
    result.good = reader->position();
    const auto record = reader->next();
    bool readable = record.has_value();
    if (readable && !*record) break;
    if (readable && (*record)->head.kind == RecordKind::Events) {
      const RecordHead& head = (*record)->head;
      readable = decode_events((*record)->payload, head.events, head.first_sequence,
                               [](std::uint64_t, Event&&) {})
                     .has_value();
    }
    if (readable) continue;
    result.whole = false;
    break;
  }
  result.last_sequence =
      result.whole ? result.good.sequence : reader->last_sequence_beyond_damage();
  return result;
}

// All segments that a continuation could start from, oldest first: those that count, or, when
// their chain cannot be followed from its end, every file, each sealed where its successor says.
std::vector<JournalSegment> candidates(const std::string& folder,
                                       const std::vector<std::uint64_t>& epochs) {
  if (auto segments = find_segments(folder)) return std::move(*segments);
  std::vector<JournalSegment> all;
  for (const std::uint64_t epoch : epochs) {
    JournalSegment segment{epoch, folder + "/" + segment_name(epoch), std::nullopt};
    const auto reader = SegmentReader::open(segment.path, epoch);
    if (reader && reader->seal()) {
      while (!all.empty() && all.back().epoch > reader->seal()->epoch) all.pop_back();
      if (all.empty() || all.back().epoch != reader->seal()->epoch) break;
      all.back().sealed_at = reader->seal()->end;
    }
    all.push_back(std::move(segment));
    if (!reader) break;  // what follows it cannot be reached
  }
  return all;
}

}  // namespace

Result<std::optional<JournalDamage>> find_damage(const std::string& folder) {
  const auto replayed = replay_journal(folder, [](std::uint64_t, Event&&) {});
  if (replayed) return std::optional<JournalDamage>();
  if (replayed.error().code() != ErrorCode::JournalCorrupt) return replayed.error();
  const auto epochs = list_epochs(folder);
  if (!epochs) return epochs.error();
  JournalDamage damage;
  damage.error = replayed.error();
  damage.new_epoch = epochs->back() + 1;
  for (const std::uint64_t epoch : *epochs) {
    const auto saved = salvage({epoch, folder + "/" + segment_name(epoch), std::nullopt});
    if (saved) damage.last_sequence = std::max(damage.last_sequence, saved->last_sequence);
  }
  for (const JournalSegment& segment : candidates(folder, *epochs)) {
    const auto saved = salvage(segment);
    if (!saved || (damage.keep && saved->uid != damage.uid)) break;
    damage.uid = saved->uid;
    damage.keep = Seal{segment.epoch, saved->good};
    if (!saved->whole) break;
  }
  return std::optional<JournalDamage>(std::move(damage));
}

Result<void> leave_out_damage(const std::string& folder, const JournalDamage& damage) {
  if (!damage.keep) return damage.error;
  SegmentHeader header;
  header.uid = damage.uid;
  header.epoch = damage.new_epoch;
  const SegmentPrologue prologue = make_prologue(header, damage.keep);
  const auto published =
      publish_exclusively(folder, segment_name(header.epoch), prologue.bytes, 0644);
  if (!published) return published.error();
  const auto replayed = check_journal(folder);
  if (!replayed) {
    // Only what can be read again is a repair.
    ::unlink((folder + "/" + segment_name(header.epoch)).c_str());
    return replayed.error();
  }
  return sync_folder(folder);
}

}  // namespace sweepjob
