// JournalWriter: appends to a sweep's journal on disk. Layer 4; called from the controller's
// thread; files are written on one thread of its own.
//
// take_over() makes a new segment journal.<epoch>, which seals the previous one: whatever a former
// controller still writes there is ignored. It asks for the lease (lease.h) to be held. An append
// is one write and one fdatasync. Before it is acknowledged the writer looks whether it has been
// replaced: a successor reads the old segment only after it has fenced the lease, so what was
// acknowledged before that is in the seal.
//
// A failed append (disk full, an I/O error, a lost lease) is final: JournalWrite or LeaseHeld with
// the file, the system's words and the last durable event; nothing is written after it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "runner/io/journal.h"
#include "runner/io/journal_format.h"
#include "runner/io/posix_file.h"

namespace sweepjob {

struct JournalOptions {
  // An append is refused, before it writes anything, when less than this is free. 0: no check.
  std::uint64_t min_free_bytes = 4u << 20;
  // Lease::still_held; asked on the writer's thread before each acknowledgement. Empty: not asked.
  std::function<bool()> still_held;
};

struct JournalHealth {
  std::optional<Error> failure;
  std::chrono::steady_clock::duration in_flight{};  // how long the append under way has taken
  std::uint64_t durable_sequence = 0;
  std::uint64_t segment_bytes = 0;
  // An append that takes longer than this is shown to the user as degraded.
  static constexpr std::chrono::seconds kSlowAppend{10};
  [[nodiscard]] bool degraded() const { return in_flight > kSlowAppend; }
};

class JournalWriter final : public Journal {
 public:
  // Creates the first segment of a sweep, or the next one of its journal. The whole journal is
  // checked first. Errors: JournalCorrupt; Conflict (the journal is another sweep's); LeaseHeld
  // (someone else took over in the same moment); StateFolder (read-only, full).
  [[nodiscard]] static Result<std::unique_ptr<JournalWriter>> take_over(const std::string& folder,
                                                                        const SweepUid& uid,
                                                                        JournalOptions options);
  // Waits for the append under way.
  ~JournalWriter() override;

  [[nodiscard]] std::uint64_t epoch() const { return epoch_; }
  void append(std::vector<Event> batch, Completion done) override;
  [[nodiscard]] std::uint64_t durable_sequence() const override;
  [[nodiscard]] JournalHealth health() const;

 private:
  struct Job {
    std::vector<Event> batch;
    Completion done;
  };

  JournalWriter(std::string folder, std::uint64_t epoch, FileDescriptor file, SegmentEnd end,
                JournalOptions options);
  void run();
  [[nodiscard]] Result<void> write_batch(const std::vector<Event>& batch);
  [[nodiscard]] Result<void> check_not_replaced() const;
  [[nodiscard]] Error write_error(const std::string& what) const;

  const std::string folder_;
  const std::uint64_t epoch_;
  const std::string path_;
  const JournalOptions options_;
  FileDescriptor file_;  // the writer's thread only, as are the next two
  SegmentEnd end_;
  std::string buffer_;

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::optional<Job> job_;
  std::optional<std::chrono::steady_clock::time_point> in_flight_since_;
  std::optional<Error> failure_;
  SegmentEnd durable_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace sweepjob
