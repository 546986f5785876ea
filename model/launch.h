// What a backend is asked to start, and what it answers. Layer 0; plain values.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "model/ids.h"
#include "model/metric.h"
#include "model/time.h"
#include "model/value.h"

namespace sweepjob {

// What one attempt needs of a machine. The controller hands out slots before it asks a backend.
struct Resources {
  double cpus = 1;
  double gpus = 0;                   // fractions allowed
  std::vector<std::string> gpu_ids;  // as CUDA_VISIBLE_DEVICES names them; local backend
  std::uint32_t instance_count = 1;
  std::uint32_t process_count = 1;  // processes per instance under `distribution`
  std::string distribution;         // "", "pytorch", "mpi", "tensorflow"
  bool operator==(const Resources&) const = default;
};

// Everything the attempt program needs; written to its folder before it starts. All paths are
// absolute. Environment values are data of the user and never stand on a command line.
struct LaunchRequest {
  AttemptKey key;
  std::uint64_t epoch = 0;  // of the controller that asks; see runner/io/JOURNAL.md
  std::string params_hash;
  std::string command;            // run as `bash -c command` (sh where there is no bash)
  std::string sweep_folder;       // holds journal.<epoch>: a higher one refuses the start
  std::string attempt_folder;     // private; created by the backend
  std::string code_folder;        // snapshot, read-only; empty: no code
  bool link_code = false;         // link into the snapshot instead of copying it
  std::string checkpoint_folder;  // shared by the trial's attempts
  std::string resume_folder;      // the parent's checkpoint folder, or empty
  std::vector<std::pair<std::string, std::string>> environment;  // added to the inherited one
  std::vector<std::string> folders;        // made before the command starts: outputs go there
  std::string inherited_environment_file;  // 0600, NUL-separated NAME=value, the submitter's own
  std::string activate;                    // venv or conda prefix to activate, or empty
  std::string container_image;             // for backends that can; else refused at submit
  std::chrono::seconds trial_timeout{0};   // from the start of the process; 0: none
  std::chrono::seconds grace{10};          // between TERM and KILL
  std::chrono::seconds heartbeat_lease{120};
  Resources resources;
  Value backend_options;  // the compute table's entry: opaque to the core
};

// One per batch of submissions, journaled before the call (a scheduler's job array).
struct BatchToken {
  std::uint64_t number = 0;
};

struct SubmitResult {
  AttemptKey key;
  bool accepted = false;
  bool retry = false;   // not accepted, but may be tried again (backend unavailable)
  std::string message;  // the backend's own words when not accepted
  std::string handle;   // job id, pod name, pid: for people, never for identity
};

// How an attempt ended. Exit codes, signals, memory kills and a missing program are told apart.
enum class Outcome : std::uint8_t {
  Exited,          // code says how
  Signalled,       // code is the signal
  OutOfMemory,     // killed by the kernel or the scheduler for memory
  MissingProgram,  // the shell found no such command (127) or could not run it (126)
  TimedOut,        // trial_timeout
  Canceled,        // ended by our own cancel
  Lost,            // evidence that it ended without an exit record: node gone, killed from outside
  Rejected,        // never started: the backend or the attempt program refused, for good
};

[[nodiscard]] const char* to_string(Outcome outcome);
[[nodiscard]] std::optional<Outcome> outcome_from(std::string_view text);

struct AttemptEnd {
  Outcome outcome = Outcome::Exited;
  std::int32_t code = 0;
  std::string message;  // evidence in words: "killed by SIGKILL", "boot changed"
  FinalSizes sizes;
  Timestamp ended{};
  bool operator==(const AttemptEnd&) const = default;
};

// It claimed just as another controller took its sweep over, and never ran its command: nobody's
// fault, so it does not count towards the retries.
[[nodiscard]] bool was_superseded(const AttemptEnd& end);

struct AttemptStart {
  std::string host;
  std::string handle;           // "pid 4711" or a scheduler's id
  bool had_checkpoint = false;  // the checkpoint folder was not empty at the start
  Timestamp started{};
  bool operator==(const AttemptStart&) const = default;
};

// The backend's word on one attempt. Absent is said only on evidence that it never started and,
// unless it is submitted again, never will.
enum class AttemptPhase : std::uint8_t { Absent, Submitted, Running, Ended };

struct AttemptStatus {
  AttemptKey key;
  AttemptPhase phase = AttemptPhase::Absent;
  std::optional<AttemptStart> start;  // from Running on (an attempt that ended at once has both)
  std::optional<AttemptEnd> end;      // exactly when Ended
};

}  // namespace sweepjob
