#include "runner/attempt/command.h"

#include <cerrno>
#include <csignal>
#include <cstring>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace sweepjob {
namespace {

constexpr std::uint32_t kMaxProcesses = 1024;

struct Spawn {
  const char* program;
  char* const* arguments;
  char* const* environment;
  int log = -1;
  pid_t group = 0;  // 0: a new one
  pid_t parent = 0;
  const char* const* read_only = nullptr;  // folders, up to a null; may be none
};

// For this process and its children alone, in a mount namespace of their own, where we may make
// one. Not by mode bits: they would come along into a copy, and bind root to nothing.
void protect(const char* const* folders) {
  if (*folders == nullptr || ::unshare(CLONE_NEWNS) != 0) return;
  // Nothing that is mounted here may appear outside.
  if (::mount("none", "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0) return;
  for (; *folders != nullptr; ++folders) {
    struct statvfs status {};
    if (::statvfs(*folders, &status) != 0) continue;
    if (::mount(*folders, *folders, nullptr, MS_BIND, nullptr) != 0) continue;
    const unsigned long kept = status.f_flag & (ST_NOSUID | ST_NODEV | ST_NOEXEC);
    ::mount("none", *folders, nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY | kept, nullptr);
  }
}

// What several trials see: the parent's checkpoint, and the snapshot that their code links into.
std::vector<const char*> shared_folders(const LaunchRecord& launch) {
  std::vector<const char*> folders;
  if (!launch.resume_folder.empty()) folders.push_back(launch.resume_folder.c_str());
  if (launch.link_code && !launch.code_folder.empty()) {
    folders.push_back(launch.code_folder.c_str());
  }
  folders.push_back(nullptr);
  return folders;
}

// In the child of vfork(): only system calls, and nothing of the parent's may change but errno.
[[noreturn]] void become_trial(const Spawn& spawn) {
  ::setpgid(0, spawn.group);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != spawn.parent) ::raise(SIGKILL);
  protect(spawn.read_only);
  ::dup2(spawn.log, STDOUT_FILENO);
  ::dup2(spawn.log, STDERR_FILENO);
  if (::chdir(attempt_file::kWork) == 0) {
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    errno = 0;
    ::execve(spawn.program, spawn.arguments, spawn.environment);
  }
  ::_exit(127);
}

// vfork() and not fork(): the child shares our memory until it runs the shell, which saves copying
// page tables, and its errno is ours to read. errno is 0 when the shell has been started.
pid_t spawn_process(const Spawn& spawn) {
  errno = 0;
  const pid_t pid = ::vfork();
  if (pid == 0) become_trial(spawn);
  return pid;
}

int open_log(const std::string& path) {
  return ::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0666);
}

std::string two_digits(std::uint32_t number) {
  return (number < 10 ? "0" : "") + std::to_string(number);
}

// Ports free at this moment, all different: bound together, then released.
std::vector<int> free_ports(std::uint32_t count) {
  std::vector<int> sockets;
  std::vector<int> ports;
  for (std::uint32_t i = 0; i < count; ++i) {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (socket < 0) break;
    sockets.push_back(socket);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    if (::bind(socket, reinterpret_cast<sockaddr*>(&address), length) != 0 ||
        ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
      break;
    }
    ports.push_back(ntohs(address.sin_port));
  }
  for (const int socket : sockets) ::close(socket);
  return ports;
}

std::string tensorflow_workers(const std::vector<int>& ports) {
  std::string workers;
  for (const int port : ports) {
    workers += (workers.empty() ? "\"127.0.0.1:" : ",\"127.0.0.1:") + std::to_string(port) + '"';
  }
  return workers;
}

void set_rank(const LaunchRecord& launch, std::uint32_t rank, const std::vector<int>& ports,
              Environment& environment) {
  const std::string index = std::to_string(rank);
  const std::string count = std::to_string(launch.process_count);
  if (launch.distribution == "pytorch") {
    environment.set("RANK", index);
    environment.set("LOCAL_RANK", index);
    environment.set("WORLD_SIZE", count);
    environment.set("LOCAL_WORLD_SIZE", count);
    environment.set("NODE_RANK", "0");
    environment.set("MASTER_ADDR", "127.0.0.1");
    environment.set("MASTER_PORT", std::to_string(ports.front()));
  } else if (launch.distribution == "mpi") {
    environment.set("OMPI_COMM_WORLD_RANK", index);
    environment.set("OMPI_COMM_WORLD_LOCAL_RANK", index);
    environment.set("OMPI_COMM_WORLD_SIZE", count);
    environment.set("OMPI_COMM_WORLD_LOCAL_SIZE", count);
  } else if (launch.distribution == "tensorflow") {
    environment.set("TF_CONFIG", "{\"cluster\":{\"worker\":[" + tensorflow_workers(ports) +
                                     "]},\"task\":{\"type\":\"worker\",\"index\":" + index + "}}");
  }
}

std::string find_in_path(const char* name, const Environment& environment) {
  const char* path = environment.get("PATH");
  for (const char* at = path ? path : ""; *at != '\0';) {
    const std::size_t length = std::strcspn(at, ":");
    const std::string candidate = std::string(at, length) + '/' + name;
    if (*at == '/' && ::access(candidate.c_str(), X_OK) == 0) return candidate;
    at += length + (at[length] == ':' ? 1 : 0);
  }
  return {};
}

// What every process of this command runs.
struct CommandLine {
  const char* program = nullptr;
  std::vector<const char*> arguments;
  std::uint32_t copies = 1;
  std::string found;  // keeps what `program` points to
  std::string count;
};

void plan_command(const LaunchRecord& launch, const Host& host, const Environment& environment,
                  CommandLine& line) {
  const bool several = !launch.distribution.empty() && launch.process_count > 1;
  line.copies = several ? launch.process_count : 1;
  if (several && launch.distribution == "mpi") {
    line.found = find_in_path("mpirun", environment);
    if (!line.found.empty()) {
      line.count = std::to_string(launch.process_count);
      line.copies = 1;
      line.program = line.found.c_str();
      line.arguments = {"mpirun", "-n", line.count.c_str(), "bash", "-c", launch.command.c_str(),
                        nullptr};
      return;
    }
  }
  line.found = host.bash.empty() ? find_in_path("bash", environment) : host.bash;
  line.program = line.found.empty() ? "/bin/sh" : line.found.c_str();
  line.arguments = {line.found.empty() ? "sh" : "bash", "-c", launch.command.c_str(), nullptr};
}

}  // namespace

StartedCommand start_command(const LaunchRecord& launch, const Host& host,
                             Environment& environment) {
  StartedCommand started;
  if (launch.process_count < 1 || launch.process_count > kMaxProcesses) {
    return {{}, EINVAL, "process_count must be 1 to " + std::to_string(kMaxProcesses)};
  }
  CommandLine line;
  plan_command(launch, host, environment, line);
  std::vector<int> ports;
  if (launch.distribution == "pytorch") ports = free_ports(1);
  if (launch.distribution == "tensorflow") ports = free_ports(line.copies);
  if (ports.empty() && (launch.distribution == "pytorch" || launch.distribution == "tensorflow")) {
    return {{}, errno, "no free port on 127.0.0.1"};
  }
  const std::vector<const char*> read_only = shared_folders(launch);
  const pid_t parent = ::getpid();
  for (std::uint32_t rank = 0; rank < line.copies; ++rank) {
    std::string log = attempt_file::kStdout;
    if (line.copies > 1) log = "work/user_logs/std_log_process_" + two_digits(rank) + ".txt";
    if (line.copies > 1 && rank == 0 &&
        ::symlink("std_log_process_00.txt", attempt_file::kStdout) != 0 && errno != EEXIST) {
      return {std::move(started.processes), errno, "cannot make user_logs/std_log.txt"};
    }
    TrialProcess process;
    process.log = open_log(log);
    if (process.log < 0) return {std::move(started.processes), errno, "cannot open " + log};
    if (line.copies == launch.process_count) set_rank(launch, rank, ports, environment);
    Spawn spawn{line.program,
                const_cast<char* const*>(line.arguments.data()),
                environment.entries(),
                process.log,
                started.processes.empty() ? 0 : started.processes.front().pid,
                parent,
                read_only.data()};
    process.pid = spawn_process(spawn);
    const int error = errno;
    if (process.pid > 0) started.processes.push_back(process);
    if (error != 0) {
      started.error = error;
      started.problem = std::string("cannot start ") + line.arguments[0];
      return started;
    }
  }
  return started;
}

}  // namespace sweepjob
