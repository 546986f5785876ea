// What the journal's tests share: appending without an event loop, and events told by their number.
#pragma once

#include <future>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "model/rng.h"
#include "runner/io/journal_replay.h"
#include "runner/io/journal_writer.h"
#include "tests/support/random_event.h"
#include "tests/support/temp_folder.h"

namespace sweepjob {

inline SweepUid test_uid() { return *SweepUid::from_hex("0123456789abcdef0123456789abcdef"); }

// The event of that number: the same in every process.
inline Event numbered_event(std::uint64_t sequence) {
  RandomStream random(sequence);
  return random_event(sequence % std::variant_size_v<EventBody>, random);
}

inline std::vector<Event> numbered_batch(std::uint64_t first, std::size_t size) {
  std::vector<Event> batch;
  for (std::size_t i = 0; i < size; ++i) batch.push_back(numbered_event(first + i));
  return batch;
}

inline Result<std::uint64_t> append_and_wait(Journal& journal, std::vector<Event> batch) {
  std::promise<Result<std::uint64_t>> promise;
  auto future = promise.get_future();
  journal.append(std::move(batch), [&](Result<std::uint64_t> r) { promise.set_value(r); });
  return future.get();
}

inline std::unique_ptr<JournalWriter> take_over(const std::string& folder,
                                                JournalOptions options = {}) {
  auto writer = JournalWriter::take_over(folder, test_uid(), std::move(options));
  EXPECT_TRUE(writer) << (writer ? "" : writer.error().text());
  return writer ? std::move(*writer) : nullptr;
}

// Replays, checking that it gives numbered events 1, 2, 3, ... and nothing else.
inline Result<ReplayReport> replay_numbered(const std::string& folder) {
  std::uint64_t due = 1;
  return replay_journal(folder, [&](std::uint64_t sequence, Event&& event) {
    EXPECT_EQ(sequence, due);
    EXPECT_TRUE(same_event(event, numbered_event(sequence))) << "event " << sequence;
    due = sequence + 1;
  });
}

}  // namespace sweepjob
