#include "runner/app/background.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <utility>

#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backends/local/open_file_limit.h"

extern char** environ;

namespace sweepjob {
namespace {

// Where the process in the background finds the pipe, and the word that says that it does: the
// number alone may be anything.
constexpr int kReadyDescriptor = 3;
constexpr const char* kReadyVariable = "SWEEPJOB_BACKGROUND_READY";

int ready_descriptor = -1;

}  // namespace

void keep_ready_to_ourselves() {
  if (std::getenv(kReadyVariable) == nullptr) return;
  unsetenv(kReadyVariable);
  struct stat status {};
  if (fstat(kReadyDescriptor, &status) != 0 || !S_ISFIFO(status.st_mode)) return;
  ready_descriptor = kReadyDescriptor;
  fcntl(ready_descriptor, F_SETFD, FD_CLOEXEC);
}

void say_ready() {
  if (ready_descriptor < 0) return;
  // Whoever waited may be gone: SIGPIPE is ignored by every session.
  static_cast<void>(!write(ready_descriptor, "1", 1));
  close(ready_descriptor);
  ready_descriptor = -1;
}

std::string own_program() {
  std::error_code error;
  const auto path = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? std::string("sweepjob") : path.string();
}

Result<std::string> attempt_program() {
  if (const char* given = std::getenv("SWEEPJOB_ATTEMPT_PROGRAM");
      given != nullptr && *given != '\0') {
    if (access(given, X_OK) == 0) return std::string(given);
    return Error(ErrorCode::Usage, "SWEEPJOB_ATTEMPT_PROGRAM names no program that can be run",
                 given);
  }
  const auto beside = std::filesystem::path(own_program()).parent_path() / "sweepjob-attempt";
  if (access(beside.c_str(), X_OK) == 0) return beside.string();
  return Error(ErrorCode::Internal,
               "sweepjob-attempt is missing beside sweepjob: install both, or set "
               "SWEEPJOB_ATTEMPT_PROGRAM",
               beside.string());
}

Result<BackgroundProcess> start_in_background(const std::vector<std::string>& arguments,
                                              const std::string& log_file) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) {
    return Error(ErrorCode::Internal, std::string("cannot make a pipe: ") + std::strerror(errno));
  }
  FileDescriptor reading(ends[0]);
  const FileDescriptor writing(ends[1]);
  const std::string program = own_program();
  std::vector<std::string> words{program};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log_file.c_str(),
                                   O_WRONLY | O_CREAT | O_APPEND, 0644);
  posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  posix_spawn_file_actions_adddup2(&actions, writing.get(), kReadyDescriptor);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
  setenv(kReadyVariable, "1", 1);
  pid_t pid = 0;
  restore_open_file_limit(0);  // the new one raises it itself, and has to know what it was
  const int problem =
      posix_spawn(&pid, program.c_str(), &actions, &attributes, argv.data(), environ);
  raise_open_file_limit();
  unsetenv(kReadyVariable);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (problem != 0) {
    return Error(
        ErrorCode::Internal,
        std::string("cannot start a controller in the background: ") + std::strerror(problem),
        program);
  }
  return BackgroundProcess{pid, std::move(reading)};
}

}  // namespace sweepjob
