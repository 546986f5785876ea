// A submission: from a checked job to a sweep folder whose journal holds its first event. Layer 6.
//
// Nothing has been started when this returns; a session (session.h) does that. A sweep has its name
// last: a crash half way leaves a folder without one, which `doctor` removes, and an interrupt
// (SIGINT, SIGTERM, SIGHUP) leaves nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "manifests/spec/code_snapshot.h"
#include "manifests/spec/config.h"
#include "manifests/spec/sweep_spec.h"
#include "model/result.h"
#include "runner/app/cli/verb.h"
#include "runner/io/state_folder.h"

namespace sweepjob {

struct Submission {
  SweepSpec spec;
  Resolved resolved;
  std::string job_text;               // the user's file
  std::string name;                   // empty: generated
  std::optional<std::uint64_t> seed;  // --seed or the file's; else drawn
};

struct Submitted {
  SweepEntry entry;
  bool existed = false;  // the same job, to be continued
};

// Conflict when the name exists with another spec or other code: the message lists the differences.
[[nodiscard]] Result<Submitted> create_sweep(const std::string& state, Submission submission);
// Prints why it came to nothing and gives the exit code: 128 + signal when it was interrupted.
[[nodiscard]] int fail_submission(const GlobalOptions& globals, const Error& error);

}  // namespace sweepjob
