// StateFolder: where all sweeps live, and the registry of their names. Layer 4; blocking.
//
//   <state>/names/<name> -> ../sweeps/<uid>    a symbolic link, created exclusively
//   <state>/sweeps/<uid>/                      the sweep folder
//
// Used by every verb of the command line, from any number of processes at once. A name is one path
// component (is_valid_sweep_name) and its link is read, never followed: only "../sweeps/<32 hex>"
// counts, so that nothing outside the state folder can be reached through it.
//
// A sweep's folder is made before its name and outlives it: a crash in between leaves a folder
// without a name, which doctor finds, and never a name without a folder.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/ids.h"
#include "model/result.h"

namespace sweepjob {

struct SweepEntry {
  std::string name;  // empty: it has none (doctor's business)
  SweepUid uid;
  std::string folder;  // absolute
};

// --state, SWEEPJOB_STATE, $XDG_STATE_HOME/sweepjob, ~/.local/state/sweepjob: the first that is
// given, made absolute. `variable` looks up the environment.
[[nodiscard]] Result<std::string> resolve_state_folder(
    const std::optional<std::string>& option,
    const std::function<std::optional<std::string>(const char*)>& variable);

class StateFolder {
 public:
  // Creates nothing; the folder need not exist (then it holds no sweeps).
  explicit StateFolder(std::string path) : path_(std::move(path)) {}

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string folder_of(const SweepUid& uid) const;

  // Makes a sweep's folder; nobody finds it by its name before publish(). Usage when it is not a
  // name, StateFolder when the disk says no.
  [[nodiscard]] Result<SweepEntry> prepare(const SweepUid& uid, const std::string& name) const;
  // Gives a prepared sweep its name. Conflict when the name is taken (by whom: find()).
  [[nodiscard]] Result<void> publish(const SweepEntry& entry) const;
  // Removes a prepared sweep that was not published.
  [[nodiscard]] Result<void> discard(const SweepEntry& entry) const;
  // All of it at once, for an empty folder.
  [[nodiscard]] Result<SweepEntry> create(const SweepUid& uid, const std::string& name) const;
  // By name; else by uid, or by the first digits of a uid (four at least) if only one has them.
  [[nodiscard]] Result<SweepEntry> find(const std::string& name_or_uid) const;
  // All that have a name, by name.
  [[nodiscard]] Result<std::vector<SweepEntry>> list() const;
  // Folders without a name: garbage of a crash in create() or remove().
  [[nodiscard]] Result<std::vector<SweepEntry>> list_nameless() const;
  // Names whose folder is gone (deleted by hand).
  [[nodiscard]] Result<std::vector<std::string>> list_dangling() const;
  // The name, then everything in the folder. Links in it are removed, not followed; write bits that
  // are missing are no obstacle. That no controller runs it is the caller's to know.
  [[nodiscard]] Result<void> remove(const SweepEntry& entry) const;
  // Only a name whose folder is gone.
  [[nodiscard]] Result<void> remove_dangling(const std::string& name) const;

 private:
  [[nodiscard]] std::optional<SweepUid> uid_of_name(const std::string& name) const;
  [[nodiscard]] Result<std::vector<SweepUid>> list_uids() const;

  std::string path_;
};

// "brave_kettle_4k7t2m9qxw", like the names that Azure gives.
[[nodiscard]] std::string generate_name();

// Removes a folder and what is in it as StateFolder::remove does. NotFound when it is not there.
[[nodiscard]] Result<void> remove_tree(const std::string& path);

}  // namespace sweepjob
