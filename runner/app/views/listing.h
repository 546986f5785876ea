// All sweeps of a state folder, and how one stands: `list` and `status`. Layer 6.
#pragma once

#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "model/result.h"
#include "model/value.h"
#include "runner/app/load_sweep.h"
#include "runner/app/views/words.h"
#include "runner/io/state_folder.h"

namespace sweepjob {

// A sweep as its folder shows it now. One that cannot be read does not hide the others.
struct ListedSweep {
  SweepEntry entry;
  std::optional<LoadedSweep> loaded;  // or
  std::optional<Error> problem;
  ControllerState controller;
};

[[nodiscard]] ListedSweep look_at_sweep(const SweepEntry& entry);
[[nodiscard]] Result<std::vector<ListedSweep>> look_at_all(const StateFolder& state);

// status_document() with "controller" and "folder"; of an unreadable one name, uid, folder and
// "error". Without schema_version: that is the whole document's.
[[nodiscard]] Value::Map listed_members(const ListedSweep& listed);
// {"schema_version", "state", "sweeps": [...]}
[[nodiscard]] Value listing_document(const std::string& state,
                                     const std::vector<ListedSweep>& sweeps);

// A line a sweep: name, status, trials, best, since when.
void print_listing(std::ostream& out, const std::vector<ListedSweep>& sweeps);
// A few lines: state, counts, best, controller and what to do next, warnings.
void print_status(std::ostream& out, const ListedSweep& listed);

}  // namespace sweepjob
