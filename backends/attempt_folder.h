// An attempt's folder as a backend sees it: writes `launch` and `cancel`, reads what the attempt
// program wrote. For every backend whose attempts share a file system with the controller.
//
// Called on the controller's thread; a few small files a call. The format: model/attempt_record.h.
#pragma once

#include <optional>
#include <string>

#include "model/attempt_record.h"
#include "model/launch.h"
#include "model/result.h"

namespace sweepjob {

// Nothing when the attempt program could not take it as it is (a NUL byte in a text).
[[nodiscard]] std::optional<LaunchRecord> to_launch_record(const LaunchRequest& request);

// Makes the folder, and its parents where they are missing. False: it was there already.
[[nodiscard]] Result<bool> make_attempt_folder(const std::string& folder);

// Writes `launch` whole.
[[nodiscard]] Result<void> write_launch(const std::string& folder, const LaunchRecord& record);

// Nothing: no such record. A record that is there and cannot be read is an Error.
[[nodiscard]] Result<std::optional<LaunchRecord>> read_launch(const std::string& folder);
[[nodiscard]] Result<std::optional<ClaimRecord>> read_claim(const std::string& folder);
[[nodiscard]] Result<std::optional<StartRecord>> read_start(const std::string& folder);
[[nodiscard]] Result<std::optional<ExitRecord>> read_exit(const std::string& folder);

// How an attempt started whose end only its files tell of. The attempt program may have died before
// it wrote `start`; a log or a metrics file with something in it says that the command ran, and
// then the claim says where and when. Without `start` it found no checkpoint: one that finds one
// writes the record first. Nothing: the command never ran, or wrote nothing that could be read.
[[nodiscard]] std::optional<StartRecord> find_start(const std::string& folder);

// Of an Error of the four above: the file was read, and is no such record. Any other Error says
// nothing about the attempt; what is there may be read later.
[[nodiscard]] bool is_damaged(const Error& error);

// Makes `cancel`, and the folder where it is missing: from then on the command does not start.
[[nodiscard]] Result<void> write_cancel(const std::string& folder);

// Claims for the controller itself an attempt that is never to start. False: somebody holds it.
[[nodiscard]] Result<bool> claim_unstarted(const std::string& folder, const AttemptKey& key);

// Writes the exit record of an attempt whose program cannot any more, with the sizes of its files
// as they are. The first exit record stands; what stands is returned.
[[nodiscard]] AttemptEnd conclude(const std::string& folder, Outcome outcome, std::string message);

[[nodiscard]] AttemptStart to_attempt_start(const StartRecord& record);
[[nodiscard]] AttemptEnd to_attempt_end(const ExitRecord& record);

}  // namespace sweepjob
