// The records of an attempt's folder, as text. Layer 0; std only; plain values; any thread.
//
// Shared by the attempt program (runner/attempt), which must build static and small, and by the
// backends. A record is a head line "sweepjob-<kind> 1", one "key value" line a field (a list is a
// key that repeats) and a last line "end", so that a torn file is recognised. Control bytes, '%'
// and 0x7f stand as %XX; every other byte stands for itself. A reader ignores keys it does not
// know and refuses another version, more than kMaxRecordBytes, or a line it cannot read.
//
//   launch     written by the backend: what to run
//   claim      created exclusively, whole, by link(2): who runs it. Exactly-once rests on it alone
//   start      the command runs (written once it has run for a moment; exit holds the same fields);
//              without a pid, before the command, where there is a checkpoint to go on from
//   heartbeat  rewritten every quarter of the lease
//   exit       the first one stands: how it ended, and the final sizes of what metrics are read
//   from
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sweepjob {

inline constexpr std::size_t kMaxRecordBytes = std::size_t{8} << 20;

// Names in an attempt's folder.
namespace attempt_file {
inline constexpr const char* kLaunch = "launch";
inline constexpr const char* kClaim = "claim";
inline constexpr const char* kStart = "start";
inline constexpr const char* kHeartbeat = "heartbeat";
inline constexpr const char* kExit = "exit";
// Its mere existence asks for the end; an attempt that finds it never starts its command.
inline constexpr const char* kCancel = "cancel";
inline constexpr const char* kMetrics = "metrics.jsonl";
inline constexpr const char* kWork = "work";
inline constexpr const char* kStdout = "work/user_logs/std_log.txt";
}  // namespace attempt_file

// Exit codes of sweepjob-attempt. 0: there is an exit record, whatever it says.
namespace attempt_exit {
inline constexpr int kUsage = 120;        // wrong command line
inline constexpr int kSuperseded = 121;   // the sweep folder has a later epoch; nothing was started
inline constexpr int kClaimLost = 122;    // another program holds the claim; nothing was started
inline constexpr int kBadLaunch = 123;    // no launch record, or a damaged one
inline constexpr int kCannotClaim = 124;  // the disk does not let it read `launch` or write `claim`
inline constexpr int kNoExitRecord = 125;  // it ran, but the exit record could not be written
}  // namespace attempt_exit

// The exit record of a claim that came just as another controller took the sweep over.
inline constexpr const char* kSupersededMessage =
    "superseded by a later controller before its start";

struct LaunchRecord {
  std::string token;  // AttemptKey::token()
  std::uint64_t epoch = 0;
  std::string params_hash;
  std::string command;
  std::string sweep_folder;
  std::string code_folder;
  bool link_code = false;
  std::string checkpoint_folder;
  std::string resume_folder;
  std::vector<std::string> folders;  // made before the command starts
  std::vector<std::pair<std::string, std::string>> environment;
  std::string inherited_environment_file;
  std::string activate;
  std::int64_t trial_timeout_ms = 0;
  std::int64_t grace_ms = 10'000;
  std::int64_t lease_ms = 120'000;
  std::vector<std::string> gpu_ids;
  std::uint32_t process_count = 1;
  std::string distribution;
  bool own_cgroup = false;  // puts the command into a cgroup of its own, where it may make one
  bool operator==(const LaunchRecord&) const = default;
};

struct ClaimRecord {
  std::string token;
  std::string host;
  std::string boot_id;
  std::uint64_t pid_namespace = 0;  // inode of /proc/self/ns/pid: what `pid` means
  std::int64_t pid = 0;             // of the attempt program
  std::uint64_t start_ticks = 0;    // field 22 of /proc/<pid>/stat: tells a reused pid apart
  std::uint64_t epoch = 0;
  std::string params_hash;
  std::int64_t claimed_us = 0;
  std::string machine_id;  // /etc/machine-id; empty where it has none
  bool operator==(const ClaimRecord&) const = default;
};

struct StartRecord {
  std::string host;
  std::int64_t pid = 0;  // of the command; also its process group. 0: it is about to be started
  bool had_checkpoint = false;
  std::int64_t started_us = 0;
  std::string cgroup;  // the folder of the command's own cgroup; empty where it has none
  bool operator==(const StartRecord&) const = default;
};

struct HeartbeatRecord {
  std::int64_t pid = 0;  // of the attempt program
  std::uint64_t count = 0;
  std::int64_t at_us = 0;
  bool operator==(const HeartbeatRecord&) const = default;
};

struct ExitRecord {
  std::string outcome;  // a word of to_string(Outcome), model/launch.h
  std::int32_t code = 0;
  std::string message;
  std::optional<StartRecord> start;  // nothing: the command never ran
  std::int64_t ended_us = 0;
  std::uint64_t stdout_bytes = 0;
  std::uint64_t metrics_bytes = 0;
  std::vector<std::uint64_t> process_log_bytes;  // std_log_process_NN.txt, by rank
  bool operator==(const ExitRecord&) const = default;
};

class RecordWriter {
 public:
  explicit RecordWriter(std::string_view kind) {
    text_.reserve(512);
    text_.append("sweepjob-").append(kind).append(" 1\n");
  }
  void add(std::string_view key, std::string_view value) {
    text_.append(key).push_back(' ');
    for (const char c : value) append_escaped(c);
    text_.push_back('\n');
  }
  template <class Integer>
  void add_number(std::string_view key, Integer value) {
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
    text_.append(key).push_back(' ');
    text_.append(digits, end).push_back('\n');
  }
  [[nodiscard]] std::string finish() && {
    text_.append("end\n");
    return std::move(text_);
  }

 private:
  void append_escaped(char c) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7f && c != '%') {
      text_.push_back(c);
      return;
    }
    static constexpr char kHex[] = "0123456789abcdef";
    text_.push_back('%');
    text_.push_back(kHex[byte >> 4]);
    text_.push_back(kHex[byte & 15]);
  }

  std::string text_;
};

// Reads one record field by field; `failed()` once anything was not as it must be. Refers to the
// text, which must outlive it.
class RecordReader {
 public:
  RecordReader(std::string_view text, std::string_view kind) {
    if (text.size() > kMaxRecordBytes) return;
    const std::string head = "sweepjob-" + std::string(kind) + " 1\n";
    if (text.substr(0, head.size()) != head) return;
    text.remove_prefix(head.size());
    while (!text.empty()) {
      const std::size_t line_end = text.find('\n');
      if (line_end == std::string_view::npos) return;
      const std::string_view line = text.substr(0, line_end);
      text.remove_prefix(line_end + 1);
      if (line == "end") {
        failed_ = !text.empty();
        return;
      }
      const std::size_t space = line.find(' ');
      if (space == std::string_view::npos) return;
      fields_.emplace_back(line.substr(0, space), line.substr(space + 1));
    }
  }

  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] bool has(std::string_view key) const { return find(key) != nullptr; }

  void read(std::string_view key, std::string& value) {
    if (const auto* raw = find(key)) value = unescaped(*raw);
  }
  void read(std::string_view key, bool& value) {
    std::uint32_t number = value ? 1 : 0;
    read(key, number);
    value = number != 0;
  }
  template <class Integer>
  void read(std::string_view key, Integer& value) {
    if (const auto* raw = find(key)) read_number(*raw, value);
  }
  void read(std::string_view key, std::vector<std::string>& values) {
    for (const auto& [name, raw] : fields_) {
      if (name == key) values.push_back(unescaped(raw));
    }
  }
  void read(std::string_view key, std::vector<std::uint64_t>& values) {
    for (const auto& [name, raw] : fields_) {
      if (name == key) read_number(raw, values.emplace_back());
    }
  }

 private:
  [[nodiscard]] const std::string_view* find(std::string_view key) const {
    for (const auto& [name, raw] : fields_) {
      if (name == key) return &raw;
    }
    return nullptr;
  }
  template <class Integer>
  void read_number(std::string_view raw, Integer& value) {
    const char* end = raw.data() + raw.size();
    const auto [stop, error] = std::from_chars(raw.data(), end, value);
    if (error != std::errc{} || stop != end) failed_ = true;
  }
  std::string unescaped(std::string_view raw) {
    std::string value;
    value.reserve(raw.size());
    for (std::size_t i = 0; i < raw.size(); ++i) {
      if (raw[i] != '%') {
        value.push_back(raw[i]);
        continue;
      }
      unsigned byte = 0;
      const char* digits = raw.data() + i + 1;
      if (raw.size() - i < 3 || std::from_chars(digits, digits + 2, byte, 16).ptr != digits + 2) {
        failed_ = true;
        return {};
      }
      value.push_back(static_cast<char>(byte));
      i += 2;
    }
    return value;
  }

  std::vector<std::pair<std::string_view, std::string_view>> fields_;
  bool failed_ = true;
};

[[nodiscard]] inline std::string to_text(const LaunchRecord& record) {
  RecordWriter out("launch");
  out.add("token", record.token);
  out.add_number("epoch", record.epoch);
  out.add("params_hash", record.params_hash);
  out.add("command", record.command);
  out.add("sweep_folder", record.sweep_folder);
  if (!record.code_folder.empty()) out.add("code_folder", record.code_folder);
  out.add_number("link_code", record.link_code ? 1 : 0);
  if (!record.checkpoint_folder.empty()) out.add("checkpoint_folder", record.checkpoint_folder);
  if (!record.resume_folder.empty()) out.add("resume_folder", record.resume_folder);
  for (const std::string& folder : record.folders) out.add("folder", folder);
  for (const auto& [name, value] : record.environment) out.add("environment", name + "=" + value);
  if (!record.inherited_environment_file.empty()) {
    out.add("inherited_environment_file", record.inherited_environment_file);
  }
  if (!record.activate.empty()) out.add("activate", record.activate);
  out.add_number("trial_timeout_ms", record.trial_timeout_ms);
  out.add_number("grace_ms", record.grace_ms);
  out.add_number("lease_ms", record.lease_ms);
  for (const std::string& id : record.gpu_ids) out.add("gpu_id", id);
  out.add_number("process_count", record.process_count);
  if (!record.distribution.empty()) out.add("distribution", record.distribution);
  if (record.own_cgroup) out.add_number("own_cgroup", 1);
  return std::move(out).finish();
}

[[nodiscard]] inline std::optional<LaunchRecord> parse_launch(std::string_view text) {
  RecordReader in(text, "launch");
  LaunchRecord record;
  std::vector<std::string> environment;
  in.read("token", record.token);
  in.read("epoch", record.epoch);
  in.read("params_hash", record.params_hash);
  in.read("command", record.command);
  in.read("sweep_folder", record.sweep_folder);
  in.read("code_folder", record.code_folder);
  in.read("link_code", record.link_code);
  in.read("checkpoint_folder", record.checkpoint_folder);
  in.read("resume_folder", record.resume_folder);
  in.read("folder", record.folders);
  in.read("environment", environment);
  in.read("inherited_environment_file", record.inherited_environment_file);
  in.read("activate", record.activate);
  in.read("trial_timeout_ms", record.trial_timeout_ms);
  in.read("grace_ms", record.grace_ms);
  in.read("lease_ms", record.lease_ms);
  in.read("gpu_id", record.gpu_ids);
  in.read("process_count", record.process_count);
  in.read("distribution", record.distribution);
  in.read("own_cgroup", record.own_cgroup);
  if (in.failed() || record.token.empty() || !in.has("command")) return std::nullopt;
  for (const std::string& entry : environment) {
    const std::size_t equals = entry.find('=');
    if (equals == std::string::npos || equals == 0) return std::nullopt;
    record.environment.emplace_back(entry.substr(0, equals), entry.substr(equals + 1));
  }
  return record;
}

[[nodiscard]] inline std::string to_text(const ClaimRecord& record) {
  RecordWriter out("claim");
  out.add("token", record.token);
  out.add("host", record.host);
  out.add("boot_id", record.boot_id);
  out.add_number("pid_namespace", record.pid_namespace);
  out.add_number("pid", record.pid);
  out.add_number("start_ticks", record.start_ticks);
  out.add_number("epoch", record.epoch);
  out.add("params_hash", record.params_hash);
  out.add_number("claimed_us", record.claimed_us);
  if (!record.machine_id.empty()) out.add("machine_id", record.machine_id);
  return std::move(out).finish();
}

[[nodiscard]] inline std::optional<ClaimRecord> parse_claim(std::string_view text) {
  RecordReader in(text, "claim");
  ClaimRecord record;
  in.read("token", record.token);
  in.read("host", record.host);
  in.read("boot_id", record.boot_id);
  in.read("pid_namespace", record.pid_namespace);
  in.read("pid", record.pid);
  in.read("start_ticks", record.start_ticks);
  in.read("epoch", record.epoch);
  in.read("params_hash", record.params_hash);
  in.read("claimed_us", record.claimed_us);
  in.read("machine_id", record.machine_id);
  if (in.failed() || record.pid <= 0) return std::nullopt;
  return record;
}

namespace attempt_record_detail {
inline void add_start(RecordWriter& out, const StartRecord& record) {
  out.add("host", record.host);
  out.add_number("pid", record.pid);
  out.add_number("had_checkpoint", record.had_checkpoint ? 1 : 0);
  out.add_number("started_us", record.started_us);
  if (!record.cgroup.empty()) out.add("cgroup", record.cgroup);
}
inline void read_start(RecordReader& in, StartRecord& record) {
  in.read("host", record.host);
  in.read("pid", record.pid);
  in.read("had_checkpoint", record.had_checkpoint);
  in.read("started_us", record.started_us);
  in.read("cgroup", record.cgroup);
}
}  // namespace attempt_record_detail

[[nodiscard]] inline std::string to_text(const StartRecord& record) {
  RecordWriter out("start");
  attempt_record_detail::add_start(out, record);
  return std::move(out).finish();
}

[[nodiscard]] inline std::optional<StartRecord> parse_start(std::string_view text) {
  RecordReader in(text, "start");
  StartRecord record;
  attempt_record_detail::read_start(in, record);
  if (in.failed()) return std::nullopt;
  return record;
}

[[nodiscard]] inline std::string to_text(const HeartbeatRecord& record) {
  RecordWriter out("heartbeat");
  out.add_number("pid", record.pid);
  out.add_number("count", record.count);
  out.add_number("at_us", record.at_us);
  return std::move(out).finish();
}

[[nodiscard]] inline std::optional<HeartbeatRecord> parse_heartbeat(std::string_view text) {
  RecordReader in(text, "heartbeat");
  HeartbeatRecord record;
  in.read("pid", record.pid);
  in.read("count", record.count);
  in.read("at_us", record.at_us);
  if (in.failed()) return std::nullopt;
  return record;
}

[[nodiscard]] inline std::string to_text(const ExitRecord& record) {
  RecordWriter out("exit");
  out.add("outcome", record.outcome);
  out.add_number("code", record.code);
  if (!record.message.empty()) out.add("message", record.message);
  if (record.start) attempt_record_detail::add_start(out, *record.start);
  out.add_number("ended_us", record.ended_us);
  out.add_number("stdout_bytes", record.stdout_bytes);
  out.add_number("metrics_bytes", record.metrics_bytes);
  for (const std::uint64_t bytes : record.process_log_bytes) {
    out.add_number("process_log_bytes", bytes);
  }
  return std::move(out).finish();
}

[[nodiscard]] inline std::optional<ExitRecord> parse_exit(std::string_view text) {
  RecordReader in(text, "exit");
  ExitRecord record;
  in.read("outcome", record.outcome);
  in.read("code", record.code);
  in.read("message", record.message);
  if (in.has("started_us")) attempt_record_detail::read_start(in, record.start.emplace());
  in.read("ended_us", record.ended_us);
  in.read("stdout_bytes", record.stdout_bytes);
  in.read("metrics_bytes", record.metrics_bytes);
  in.read("process_log_bytes", record.process_log_bytes);
  if (in.failed() || record.outcome.empty()) return std::nullopt;
  return record;
}

}  // namespace sweepjob
