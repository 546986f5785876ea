// What the tests with real attempt programs share: waiting for a condition of the outside world,
// and finding the processes of one test.
#pragma once

#include <cctype>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/temp_folder.h"

namespace sweepjob::testing {

inline std::string attempt_program() {
  return std::string(SWEEPJOB_BINARY_DIR) + "/sweepjob-attempt";
}

// Other processes take their time: true as soon as the condition holds.
inline bool eventually(const std::function<bool()>& condition,
                       std::chrono::milliseconds patience = std::chrono::seconds(120)) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

// Processes, not zombies, with this text in their environment or arguments. Independent of the
// product's search.
inline std::vector<pid_t> processes_with(const std::string& text) {
  std::vector<pid_t> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (std::isdigit(static_cast<unsigned char>(name[0])) == 0) continue;
    const std::string status = read_file(entry.path() / "status");
    if (status.find("State:\tZ") != std::string::npos) continue;
    const std::string words =
        read_file(entry.path() / "environ") + read_file(entry.path() / "cmdline");
    if (words.find(text) != std::string::npos) {
      found.push_back(std::atoi(name.c_str()));
    }
  }
  return found;
}

// As the attempt server starts them: no signal is ignored, also where the tests run with some of
// them ignored (nohup, `&` in a script).
inline pid_t start_program(const std::string& folder) {
  std::string name = "sweepjob-attempt";
  std::string argument = folder;
  char* arguments[] = {name.data(), argument.data(), nullptr};
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  sigset_t all;
  ::sigfillset(&all);
  ::posix_spawnattr_setsigdefault(&attributes, &all);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  pid_t pid = 0;
  const std::string program = attempt_program();
  if (::posix_spawn(&pid, program.c_str(), nullptr, &attributes, arguments, environ) != 0) {
    std::abort();
  }
  ::posix_spawnattr_destroy(&attributes);
  return pid;
}

// The exit code, or 1000 + signal.
inline int wait_for_program(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

}  // namespace sweepjob::testing
