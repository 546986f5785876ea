// Journal: where a sweep's events become durable before anything acts on them. Layer 4.
//
// One controller appends; JournalWriter (journal_writer.h) is the one on disk, MemoryJournal
// (tests/support) the one of the simulation. Reading is replay_journal (journal_replay.h).
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "model/result.h"
#include "runner/core/event.h"

namespace sweepjob {

class Journal {
 public:
  // The sequence number of the last durable event, or why the journal is of no more use.
  using Completion = std::function<void(Result<std::uint64_t>)>;

  virtual ~Journal() = default;
  // Makes a batch durable, all of it or nothing. One append at a time: the caller gathers the next
  // batch meanwhile. `done` is called once, perhaps on another thread and perhaps before append()
  // returns; it should only post. After a failure every append fails: the sweep stops.
  virtual void append(std::vector<Event> batch, Completion done) = 0;
  [[nodiscard]] virtual std::uint64_t durable_sequence() const = 0;
};

// append() for a coroutine: completes on the coroutine's executor. `journal` outlives it.
[[nodiscard]] boost::asio::awaitable<Result<std::uint64_t>> append_durably(
    Journal& journal, std::vector<Event> batch);

// append() for a program that has nothing else to do meanwhile (creating a sweep, a command with no
// controller about). Blocks; not for the controller's thread.
[[nodiscard]] Result<std::uint64_t> append_and_wait(Journal& journal, std::vector<Event> batch);

}  // namespace sweepjob
