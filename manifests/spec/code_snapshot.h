// The snapshot of a trial's code: which files of `code:` belong to it, their digest, and the copy
// that every attempt works from. Layer 1; files only, no clock; blocking, so any thread but the
// controller's.
//
// `submit` calls plan_snapshot(), compares the digest when the name exists, and copies into the
// sweep's folder. Rules: azure-sweep section 3. `.amlignore` if the folder has one, else
// `.gitignore`, each also in the folders below; `.git` never belongs to it.
//
// A symbolic link that is relative and leads to a place inside stays a link. Any other is followed
// and its target copied, because the snapshot must not change when something outside does; one that
// leads nowhere is left out with a note. A link that leads back to a folder around it is refused.
// Sockets, pipes and devices are left out with a note.
//
// Errors are InvalidManifest (what cannot be read or is too large, with the path) and StateFolder
// (what cannot be written). A file that changes between plan and copy is an error of the copy.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "model/result.h"

namespace sweepjob {

struct SnapshotEntry {
  enum class Kind : std::uint8_t { File, Folder, Link };
  Kind kind = Kind::File;
  std::string name;    // relative, with '/'
  std::string source;  // where its content is read
  std::string target;  // of a link
  std::uint64_t bytes = 0;
  bool executable = false;
  std::string digest;  // of a file's content
};

struct SnapshotPlan {
  std::vector<SnapshotEntry> entries;  // by name; folders before what is in them
  std::uint64_t files = 0;             // links count as files
  std::uint64_t bytes = 0;
  std::string digest;              // names, kinds, executable bits, contents: nothing else counts
  std::vector<std::string> notes;  // what was left out, and why
};

// Far more than a training job's code: whoever exceeds it means to ignore a data folder.
struct SnapshotLimits {
  std::uint64_t files = 200'000;
  std::uint64_t bytes = 10ULL << 30;
};

// `path` is a folder, or one file. `leave_out`: absolute paths that never belong to it (a state
// folder that lies inside the code).
[[nodiscard]] Result<SnapshotPlan> plan_snapshot(const std::string& path,
                                                 const std::vector<std::string>& leave_out = {},
                                                 const SnapshotLimits& limits = {});

// Into `destination`, which must not hold anything yet; on disk when it returns. Write bits are
// removed from files and folders. Asks before each entry whether to go on; if not, a Usage error.
[[nodiscard]] Result<void> copy_snapshot(const SnapshotPlan& plan, const std::string& destination,
                                         const std::function<bool()>& go_on = nullptr);

// Gives the folders their write bits back and removes all; nothing there is success.
[[nodiscard]] Result<void> remove_snapshot(const std::string& destination);

// An attempt gets a copy of its own below 20 MB and 2,000 files, else links into the snapshot.
[[nodiscard]] bool small_enough_to_copy(const SnapshotPlan& plan);

}  // namespace sweepjob
