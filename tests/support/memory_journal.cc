#include "tests/support/memory_journal.h"

#include <utility>

#include "model/check.h"

namespace sweepjob {

void MemoryJournal::append(std::vector<Event> batch, Completion done) {
  SWEEPJOB_CHECK(!batch.empty(), "an append makes something durable");
  SWEEPJOB_CHECK(!pending_, "one append at a time");
  SWEEPJOB_CHECK(!crashed_, "a controller that crashed appends nothing");
  appends_ += 1;
  Pending pending{std::move(batch), std::move(done)};
  if (held_) {
    pending_ = std::move(pending);
  } else {
    finish(std::move(pending));
  }
}

void MemoryJournal::crash_at(std::uint64_t append, Crash moment) {
  crash_at_ = append;
  crash_moment_ = moment;
}

void MemoryJournal::release() {
  held_ = false;
  if (pending_) finish(std::exchange(pending_, std::nullopt).value());
}

void MemoryJournal::finish(Pending pending) {
  const bool crash = crash_at_ == appends_;
  if (crash) {
    crashed_ = true;
    if (crash_moment_ == Crash::BeforeDurable) return;
  }
  if (fail_at_ == appends_) failed_ = true;
  if (failed_) {
    pending.done(Error(ErrorCode::JournalWrite, "the memory journal was told to fail"));
    return;
  }
  StoredBatch stored;
  stored.first_sequence = sequence_ + 1;
  stored.events = static_cast<std::uint32_t>(pending.batch.size());
  encode_events(pending.batch, stored.payload);
  durable_.push_back(std::move(stored));
  sequence_ += pending.batch.size();
  if (!crash) pending.done(sequence_);
}

void MemoryJournal::restart() {
  pending_.reset();
  crash_at_.reset();
  fail_at_.reset();
  held_ = failed_ = crashed_ = false;
}

Result<void> MemoryJournal::replay(const EventSink& sink) const {
  for (const StoredBatch& batch : durable_) {
    const auto decoded = decode_events(batch.payload, batch.events, batch.first_sequence, sink);
    if (!decoded) return decoded.error();
  }
  return {};
}

}  // namespace sweepjob
