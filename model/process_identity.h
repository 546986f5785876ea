// Who a process is, beyond its number. Layer 0; std and Linux's /proc only; any thread.
//
// A pid alone names nothing for long. The same process is: same boot of the machine, same pid
// namespace (a container has its own), same pid, same start time (proc(5), field 22 of
// /proc/<pid>/stat, in clock ticks since boot).
#pragma once

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>

#include <sys/stat.h>
#include <sys/types.h>

#include "model/attempt_record.h"
#include "model/record_file.h"

namespace sweepjob {

struct ProcessStat {
  char state = '?';  // 'Z' and 'X' have ended
  pid_t parent = 0;
  pid_t group = 0;
  pid_t session = 0;
  std::uint64_t start_ticks = 0;
};

// `pid` may be "self". 0, or an errno value: ENOENT and ESRCH say that /proc shows no such process,
// any other that nothing is known (no descriptor left, no permission).
[[nodiscard]] inline int read_process_stat(const char* pid, ProcessStat& stat) {
  const std::string path = std::string("/proc/") + pid + "/stat";
  std::string text;
  if (const int error = read_file(path.c_str(), text, 4096)) return error;
  // The name in parentheses may itself hold anything: parse behind the last one.
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return EBADMSG;
  int parent = 0;
  int group = 0;
  int session = 0;
  unsigned long long start = 0;
  const int count = std::sscanf(text.c_str() + name_end + 1,
                                " %c %d %d %d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d "
                                "%*d %*d %llu",
                                &stat.state, &parent, &group, &session, &start);
  if (count != 5) return EBADMSG;
  stat.parent = parent;
  stat.group = group;
  stat.session = session;
  stat.start_ticks = start;
  return 0;
}

// Nothing when it cannot be read, for whatever reason.
[[nodiscard]] inline std::optional<ProcessStat> read_process_stat(const char* pid) {
  ProcessStat stat;
  if (read_process_stat(pid, stat) != 0) return std::nullopt;
  return stat;
}

[[nodiscard]] inline std::optional<ProcessStat> read_process_stat(pid_t pid) {
  return read_process_stat(std::to_string(pid).c_str());
}

struct MachineIdentity {
  std::string boot_id;
  std::uint64_t pid_namespace = 0;
  std::string host;
  std::string machine_id;  // machine-id(5); empty where it has none
};

[[nodiscard]] inline MachineIdentity read_machine_identity() {
  MachineIdentity machine;
  if (read_file("/proc/sys/kernel/random/boot_id", machine.boot_id, 256) == 0) {
    machine.boot_id.resize(std::strcspn(machine.boot_id.c_str(), "\n"));
  }
  struct stat status {};
  if (::stat("/proc/self/ns/pid", &status) == 0) machine.pid_namespace = status.st_ino;
  char host[256] = "";
  if (::gethostname(host, sizeof host - 1) == 0) machine.host = host;
  if (read_file("/etc/machine-id", machine.machine_id, 256) == 0) {
    machine.machine_id.resize(std::strcspn(machine.machine_id.c_str(), "\n"));
  }
  constexpr std::size_t kMachineIdDigits = 32;  // "uninitialized" in an image is nobody's
  if (machine.machine_id.size() != kMachineIdDigits) machine.machine_id.clear();
  return machine;
}

// Whether pids of the claim mean anything to this process.
[[nodiscard]] inline bool is_here(const ClaimRecord& claim, const MachineIdentity& machine) {
  return !machine.boot_id.empty() && claim.boot_id == machine.boot_id &&
         claim.pid_namespace == machine.pid_namespace;
}

// The claim is of this machine, before it was started again: nothing of it runs. Not proved by the
// host name alone, which two machines on one state folder may share; and not inside a container,
// whose machine id is that of its image.
[[nodiscard]] inline bool is_of_earlier_boot(const ClaimRecord& claim,
                                             const MachineIdentity& machine) {
  constexpr std::uint64_t kFirstPidNamespace = 0xEFFFFFFC;  // PROC_PID_INIT_INO, linux/proc_ns.h
  const bool same_machine = !machine.machine_id.empty() && claim.machine_id == machine.machine_id &&
                            claim.host == machine.host &&
                            claim.pid_namespace == kFirstPidNamespace &&
                            machine.pid_namespace == kFirstPidNamespace;
  return same_machine && !claim.boot_id.empty() && !machine.boot_id.empty() &&
         claim.boot_id != machine.boot_id;
}

enum class Life : std::uint8_t {
  Alive,
  Gone,     // seen: no process has that number, or another one has it
  Unknown,  // the kernel did not say; what is asked again later must not be taken for dead
};

// Only for a claim that is_here().
[[nodiscard]] inline Life life_of(const ClaimRecord& claim) {
  const auto pid = static_cast<pid_t>(claim.pid);
  ProcessStat stat;
  const int error = read_process_stat(std::to_string(pid).c_str(), stat);
  if (error == 0) {
    const bool ended = stat.state == 'Z' || stat.state == 'X';
    return stat.start_ticks == claim.start_ticks && !ended ? Life::Alive : Life::Gone;
  }
  // A /proc that is not mounted, or hides processes of other users, has no such file either.
  const bool hidden = error == ENOENT || error == ESRCH;
  return hidden && ::kill(pid, 0) != 0 && errno == ESRCH ? Life::Gone : Life::Unknown;
}

}  // namespace sweepjob
