#include "backends/attempt_folder.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <string_view>

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/process_identity.h"
#include "model/record_file.h"

namespace sweepjob {
namespace {

constexpr std::size_t kMaxMessageBytes = 1000;
constexpr ErrorCode kDamaged = ErrorCode::Internal;  // file_error() has no use for it

std::string path_in(const std::string& folder, const char* name) { return folder + '/' + name; }

Error file_error(const std::string& path, int error) {
  // Without room or permission the state folder is at fault; all else may pass.
  const bool state = error == ENOSPC || error == EDQUOT || error == EROFS || error == EACCES;
  return {state ? ErrorCode::StateFolder : ErrorCode::BackendUnavailable, std::strerror(error),
          path};
}

template <class Record>
Result<std::optional<Record>> read_record(const std::string& folder, const char* name,
                                          std::optional<Record> (*parse)(std::string_view)) {
  const std::string path = path_in(folder, name);
  std::string text;
  int error = read_file(path.c_str(), text, kMaxRecordBytes);
  if (error == ENOENT || error == ENOTDIR) return std::optional<Record>();
  std::optional<Record> record;
  if (error == 0) record = parse(text);
  if (error == 0 && !record) {
    // Some file systems give less than was asked for before the end.
    error = read_file(path.c_str(), text, kMaxRecordBytes, true);
    if (error == 0) record = parse(text);
  }
  const bool damaged = error == 0 ? !record : error == EFBIG || error == EISDIR;
  if (damaged) return Error(kDamaged, "damaged record", path);
  if (error != 0) return file_error(path, error);
  return record;
}

int make_folders(const std::string& path) {
  if (::mkdir(path.c_str(), 0777) == 0 || errno == EEXIST) return 0;
  const std::size_t slash = path.rfind('/');
  if (errno != ENOENT || slash == std::string::npos || slash == 0) return errno;
  if (const int error = make_folders(path.substr(0, slash))) return error;
  return ::mkdir(path.c_str(), 0777) == 0 || errno == EEXIST ? 0 : errno;
}

bool has_nul(const std::string& text) { return text.find('\0') != std::string::npos; }

std::uint64_t size_of(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

std::int64_t now_us() {
  return to_micros(std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()));
}

std::string temporary_name(const char* name) {
  return fmt::format("{}.controller.{}", name, ::getpid());
}

}  // namespace

std::optional<LaunchRecord> to_launch_record(const LaunchRequest& request) {
  LaunchRecord record;
  record.token = request.key.token();
  record.epoch = request.epoch;
  record.params_hash = request.params_hash;
  record.command = request.command;
  record.sweep_folder = request.sweep_folder;
  record.code_folder = request.code_folder;
  record.link_code = request.link_code;
  record.checkpoint_folder = request.checkpoint_folder;
  record.resume_folder = request.resume_folder;
  record.folders = request.folders;
  record.environment = request.environment;
  record.inherited_environment_file = request.inherited_environment_file;
  record.activate = request.activate;
  using std::chrono::milliseconds;
  record.trial_timeout_ms = milliseconds(request.trial_timeout).count();
  record.grace_ms = milliseconds(request.grace).count();
  record.lease_ms = milliseconds(request.heartbeat_lease).count();
  record.gpu_ids = request.resources.gpu_ids;
  record.process_count = std::max<std::uint32_t>(1, request.resources.process_count);
  record.distribution = request.resources.distribution;
  for (const auto& [name, value] : record.environment) {
    const bool bad_name = name.empty() || name.find('=') != std::string::npos || has_nul(name);
    if (bad_name || has_nul(value)) return std::nullopt;
  }
  if (has_nul(record.command)) return std::nullopt;
  return record;
}

Result<bool> make_attempt_folder(const std::string& folder) {
  // The trial's folder first: it is missing for every first attempt.
  const std::size_t slash = folder.rfind('/');
  if (const int error = make_folders(folder.substr(0, slash))) return file_error(folder, error);
  if (::mkdir(folder.c_str(), 0777) == 0) return true;
  if (errno == EEXIST) return false;
  return file_error(folder, errno);
}

Result<void> write_launch(const std::string& folder, const LaunchRecord& record) {
  const std::string path = path_in(folder, attempt_file::kLaunch);
  const std::string text = to_text(record);
  // Values of the environment are the user's own business: 0600. A torn record of a controller that
  // died here has no `end` line, so nothing was started from it; it is replaced.
  int error = write_file(path.c_str(), text, 0600, O_EXCL);
  if (error == EEXIST) {
    const std::string temporary = path_in(folder, temporary_name(attempt_file::kLaunch).c_str());
    error = replace_file(path.c_str(), temporary.c_str(), text, 0600);
  }
  if (error != 0) return file_error(path, error);
  return {};
}

Result<std::optional<LaunchRecord>> read_launch(const std::string& folder) {
  return read_record<LaunchRecord>(folder, attempt_file::kLaunch, &parse_launch);
}
Result<std::optional<ClaimRecord>> read_claim(const std::string& folder) {
  return read_record<ClaimRecord>(folder, attempt_file::kClaim, &parse_claim);
}
Result<std::optional<StartRecord>> read_start(const std::string& folder) {
  return read_record<StartRecord>(folder, attempt_file::kStart, &parse_start);
}
Result<std::optional<ExitRecord>> read_exit(const std::string& folder) {
  return read_record<ExitRecord>(folder, attempt_file::kExit, &parse_exit);
}

std::optional<StartRecord> find_start(const std::string& folder) {
  std::optional<StartRecord> start;
  if (auto record = read_start(folder); record.has_value()) start = std::move(*record);
  if (start && start->pid > 0) return start;
  const bool wrote = size_of(path_in(folder, attempt_file::kStdout)) > 0 ||
                     size_of(path_in(folder, attempt_file::kMetrics)) > 0;
  if (!wrote) return std::nullopt;
  if (start) return start;
  const auto claim = read_claim(folder);
  if (claim.has_error() || !*claim) return std::nullopt;
  start.emplace();
  start->host = (*claim)->host;
  start->started_us = (*claim)->claimed_us;
  return start;
}

bool is_damaged(const Error& error) { return error.code() == kDamaged; }

Result<void> write_cancel(const std::string& folder) {
  const std::string path = path_in(folder, attempt_file::kCancel);
  int error = write_file(path.c_str(), {}, 0644);
  if (error == ENOENT) {
    error = make_folders(folder);
    if (error == 0) error = write_file(path.c_str(), {}, 0644);
  }
  if (error != 0) return file_error(path, error);
  return {};
}

Result<bool> claim_unstarted(const std::string& folder, const AttemptKey& key) {
  if (const int error = make_folders(folder)) return file_error(folder, error);
  const MachineIdentity machine = read_machine_identity();
  const auto self = read_process_stat("self");
  ClaimRecord claim;
  claim.token = key.token();
  claim.host = machine.host;
  claim.boot_id = machine.boot_id;
  claim.pid_namespace = machine.pid_namespace;
  claim.pid = ::getpid();
  claim.start_ticks = self ? self->start_ticks : 0;
  claim.claimed_us = now_us();
  claim.machine_id = machine.machine_id;
  const std::string path = path_in(folder, attempt_file::kClaim);
  const std::string temporary = path_in(folder, temporary_name(attempt_file::kClaim).c_str());
  const int error = create_whole_file(path.c_str(), temporary.c_str(), to_text(claim), 0644);
  if (error != 0 && error != EEXIST) return file_error(path, error);
  return error == 0;
}

AttemptEnd conclude(const std::string& folder, Outcome outcome, std::string message) {
  ExitRecord record;
  record.outcome = to_string(outcome);
  record.message = std::move(message);
  record.start = find_start(folder);
  record.ended_us = now_us();
  record.stdout_bytes = size_of(path_in(folder, attempt_file::kStdout));
  record.metrics_bytes = size_of(path_in(folder, attempt_file::kMetrics));
  const std::string path = path_in(folder, attempt_file::kExit);
  const std::string temporary = path_in(folder, temporary_name(attempt_file::kExit).c_str());
  // When it cannot be written (disk full), what is concluded is still true: the caller journals it.
  if (create_whole_file(path.c_str(), temporary.c_str(), to_text(record), 0644) == EEXIST) {
    if (auto standing = read_exit(folder); standing.has_value() && *standing) {
      return to_attempt_end(**standing);
    }
  }
  return to_attempt_end(record);
}

AttemptStart to_attempt_start(const StartRecord& record) {
  AttemptStart start;
  start.host = record.host;
  if (record.pid > 0) start.handle = fmt::format("pid {}", record.pid);
  start.had_checkpoint = record.had_checkpoint;
  start.started = from_micros(record.started_us);
  return start;
}

AttemptEnd to_attempt_end(const ExitRecord& record) {
  AttemptEnd end;
  end.outcome = outcome_from(record.outcome).value_or(Outcome::Lost);
  end.code = record.code;
  end.message = record.message.substr(0, kMaxMessageBytes);
  end.sizes.stdout_bytes = record.stdout_bytes;
  end.sizes.metrics_bytes = record.metrics_bytes;
  end.ended = from_micros(record.ended_us);
  return end;
}

}  // namespace sweepjob
