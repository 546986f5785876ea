// MemoryJournal: a journal for simulations, with crashes at every point that matters. One thread.
//
// It keeps what is durable as records of the real codec, so that a simulated restart decodes what a
// real one would. A crash is final for whoever appended: their completion is never called, and
// restart() stands for the next controller.
//
//   journal.crash_at(7, Crash::BeforeDurable);   // the 7th append from the start is lost
//   ... run until journal.crashed() ...
//   journal.restart();
//   journal.replay([&](std::uint64_t, Event&& event) { apply(sweep, event); });
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runner/io/event_codec.h"
#include "runner/io/journal.h"

namespace sweepjob {

enum class Crash : std::uint8_t {
  BeforeDurable,  // the batch is lost
  AfterDurable,   // the batch is there, but nobody was told
};

class MemoryJournal final : public Journal {
 public:
  // Completes before it returns, or in release() while held.
  void append(std::vector<Event> batch, Completion done) override;
  [[nodiscard]] std::uint64_t durable_sequence() const override { return sequence_; }

  // Appends count from 1, over restarts too.
  void crash_at(std::uint64_t append, Crash moment);
  // That append and all later ones answer JournalWrite; restart() mends it.
  void fail_at(std::uint64_t append) { fail_at_ = append; }
  [[nodiscard]] bool crashed() const { return crashed_; }
  [[nodiscard]] std::uint64_t appends() const { return appends_; }

  // While held an append is under way: not durable, not acknowledged.
  void hold() { held_ = true; }
  void release();
  [[nodiscard]] bool append_is_under_way() const { return pending_.has_value(); }

  // The controller is gone: what was under way is dropped.
  void restart();
  [[nodiscard]] Result<void> replay(const EventSink& sink) const;

 private:
  struct Pending {
    std::vector<Event> batch;
    Completion done;
  };
  struct StoredBatch {
    std::uint64_t first_sequence = 0;
    std::uint32_t events = 0;
    std::string payload;
  };

  void finish(Pending pending);

  std::vector<StoredBatch> durable_;
  std::uint64_t sequence_ = 0;
  std::uint64_t appends_ = 0;
  std::optional<std::uint64_t> crash_at_;
  Crash crash_moment_ = Crash::BeforeDurable;
  std::optional<std::uint64_t> fail_at_;
  std::optional<Pending> pending_;
  bool held_ = false;
  bool failed_ = false;
  bool crashed_ = false;
};

}  // namespace sweepjob
