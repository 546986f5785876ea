// What trials print, shown to a person or a program: `logs` and `stream`. Layer 6; main thread.
//
// Reads files alone: works while a controller runs, when it is gone, and on a copy of the folder.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <optional>
#include <string>

#include "model/ids.h"
#include "model/result.h"
#include "model/trial.h"

namespace sweepjob {

struct FollowOptions {
  bool json = false;  // a line is {"schema_version", "trial", "attempt", "line"}
  // Called between two looks; a test lets the world go on here.
  std::function<void()> pause = {};
  std::function<bool()> has_controller = {};
  std::function<std::chrono::steady_clock::time_point()> now = {};  // how often the journal is read
};

// One trial's output: that of its latest attempt unless `attempt` says which. With `follow` until
// the trial has ended, through its later attempts too; it ends as well when nobody controls the
// sweep and the attempt is over. NotFound when it has printed nothing and nothing is waited for.
[[nodiscard]] Result<void> show_log(std::ostream& out, const std::string& sweep_folder,
                                    TrialId trial, std::optional<std::uint32_t> attempt,
                                    bool follow, const FollowOptions& options);

// New lines of all running trials, each with its trial's number in front, until the sweep has
// finished (or nobody controls it and nothing runs). How it stood then.
[[nodiscard]] Result<Status> stream_logs(std::ostream& out, const std::string& sweep_folder,
                                         const FollowOptions& options);

}  // namespace sweepjob
