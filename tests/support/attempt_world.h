// What the tests with real attempt programs share: a sweep folder that is removed at the end,
// waiting for a condition of the outside world, and finding the processes of one test.
#pragma once

#include <cctype>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace sweepjob::testing {

inline std::string attempt_program() {
  return std::string(SWEEPJOB_BINARY_DIR) + "/sweepjob-attempt";
}

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = ::testing::TempDir() + "/sweepjob.XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) std::abort();
    path_ = std::filesystem::canonical(pattern).string();
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

inline std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void write_text(const std::string& path, const std::string& text) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

// Other processes take their time: true as soon as the condition holds.
inline bool eventually(const std::function<bool()>& condition,
                       std::chrono::milliseconds patience = std::chrono::seconds(20)) {
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
    const std::string status = contents(entry.path() / "status");
    if (status.find("State:\tZ") != std::string::npos) continue;
    const std::string words =
        contents(entry.path() / "environ") + contents(entry.path() / "cmdline");
    if (words.find(text) != std::string::npos) {
      found.push_back(std::atoi(name.c_str()));
    }
  }
  return found;
}

inline pid_t start_program(const std::string& folder) {
  std::string name = "sweepjob-attempt";
  std::string argument = folder;
  char* arguments[] = {name.data(), argument.data(), nullptr};
  pid_t pid = 0;
  if (::posix_spawn(&pid, attempt_program().c_str(), nullptr, nullptr, arguments, environ) != 0) {
    std::abort();
  }
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
