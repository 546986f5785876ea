// Lease: one controller per sweep. Layer 4.
//
// Two things hold it together:
// - `lease`: an open-file-description lock (fcntl F_OFD_SETLK) on this file, held by a descriptor
//   that no child inherits. The kernel drops it with the process, so that on the same host and boot
//   a dead controller is replaced at once. OFD and not flock: NFS and Lustre treat it as the byte
//   range lock that they know, and F_OFD_GETLK lets a reader look without taking it.
// - `lease.<term>`: who holds it. Created by link(2), so that of several takers one wins; rewritten
//   in place every few seconds by its owner alone, and never by a successor: that one creates
//   lease.<term+1> and removes the old file. A former holder sees either, and stops.
// Another host cannot trust the lock (not every mount has one): it waits until the file was
// unchanged for 30 s of its own monotonic clock. Clocks of two machines are never compared.
//
// After a LeaseSeeker has given a Lease the journal is taken over (journal_writer.h), in this
// order; the JournalWriter ends before the Lease does.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "model/result.h"
#include "model/time.h"
#include "runner/io/posix_file.h"

namespace sweepjob {

inline constexpr std::chrono::seconds kLeaseRenewal{5};
inline constexpr std::chrono::seconds kLeasePatience{30};
// A process that was killed a moment ago keeps its lock until the kernel has closed its files,
// which takes the longer the more memory it had: nobody is refused because of it.
inline constexpr std::chrono::milliseconds kDyingPatience{1500};
inline constexpr std::chrono::milliseconds kDyingPoll{50};

struct LeaseIdentity {
  std::string host;
  std::string boot_id;
  std::int64_t pid = 0;

  [[nodiscard]] static LeaseIdentity of_this_process();
  bool operator==(const LeaseIdentity&) const = default;
};

// What a lease file says.
struct LeaseRecord {
  LeaseIdentity holder;
  std::string token;        // random: tells two holders apart whose pids are equal
  Timestamp taken{};        // by the holder's clock, for people only
  std::uint64_t epoch = 0;  // of its journal segment; 0: not yet known
  std::uint64_t renewals = 0;
  bool released = false;  // given back in good order
  bool operator==(const LeaseRecord&) const = default;
};
[[nodiscard]] std::string to_lease_text(const LeaseRecord& record);
// Nothing for a text that is not complete (it may be read while it is written).
[[nodiscard]] std::optional<LeaseRecord> parse_lease_text(std::string_view text);

class Lease {
 public:
  Lease(const Lease&) = delete;
  // Gives it back, if it is still held.
  ~Lease();

  // False for good once another controller has taken it, and while that cannot be told. Looks at
  // the files; any thread.
  [[nodiscard]] bool still_held() const;
  // Writes the next renewal; one caller at a time. start_renewing() does it on a thread of its own,
  // so that no slow journal delays it.
  [[nodiscard]] Result<void> renew();
  void start_renewing(std::chrono::milliseconds interval = kLeaseRenewal);
  // The last renewal's failure, for `status`.
  [[nodiscard]] std::optional<Error> last_error() const;
  // Shown to people who find the lease held. Stored with the next renewal.
  void set_epoch(std::uint64_t epoch);

 private:
  friend class LeaseSeeker;
  Lease(std::string folder, std::uint64_t term, FileDescriptor lock, FileDescriptor file,
        LeaseRecord record);

  const std::string folder_;
  const std::uint64_t term_;
  const std::string path_;
  FileDescriptor lock_;
  FileDescriptor file_;
  std::uint64_t inode_ = 0;
  mutable std::atomic<bool> lost_ = false;

  mutable std::mutex mutex_;
  LeaseRecord record_;
  std::optional<Error> last_error_;
  bool stopping_ = false;
  std::condition_variable wake_;
  std::thread renewer_;
};

// Tries to get a lease. One step at a time, so that a test needs no waiting:
//   for (;;) { auto got = seeker.poll(); if (!got || *got) return got; sleep(1 s); }
class LeaseSeeker {
 public:
  using MonotonicNow = std::function<std::chrono::steady_clock::time_point()>;

  LeaseSeeker(std::string folder, LeaseIdentity self, MonotonicNow monotonic_now,
              std::function<Timestamp()> now);

  // The lease; or null: a holder on another host (or before a reboot) may be alive, ask again in a
  // second; or LeaseHeld, naming host, pid and age; or StateFolder.
  [[nodiscard]] Result<std::unique_ptr<Lease>> poll();
  // What poll() waits for, for the user; empty before the first poll.
  [[nodiscard]] const std::string& waiting_for() const { return waiting_for_; }

 private:
  enum class LockResult { Held, Taken, Unsupported };
  [[nodiscard]] Result<LockResult> try_lock();
  [[nodiscard]] Result<std::unique_ptr<Lease>> claim(std::uint64_t term);
  [[nodiscard]] Error held(const std::optional<LeaseRecord>& record) const;

  const std::string folder_;
  const LeaseIdentity self_;
  const MonotonicNow monotonic_now_;
  const std::function<Timestamp()> now_;
  FileDescriptor lock_;
  bool lock_works_ = true;
  std::string watched_;  // term and text of the lease file that is being watched
  std::chrono::steady_clock::time_point watched_since_{};
  std::string waiting_for_;
};

// For the command line: polls until there is an answer, at most a little over kLeasePatience.
// `on_wait` is told once what is being waited for.
[[nodiscard]] Result<std::unique_ptr<Lease>> acquire_lease(
    const std::string& folder, const std::function<void(const std::string&)>& on_wait);

// For readers: who controls the sweep. Takes nothing and changes nothing.
struct LeaseView {
  std::optional<LeaseRecord> record;  // nothing: nobody ever did
  // The kernel lock is held by a process that this kernel (or the file server) knows of.
  bool locked = false;
  // On another host: only watching the file tells. Nobody on this host has it.
  bool elsewhere = false;
};
[[nodiscard]] Result<LeaseView> look_at_lease(const std::string& folder, const LeaseIdentity& self);

}  // namespace sweepjob
