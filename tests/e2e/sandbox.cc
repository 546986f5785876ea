#include "tests/e2e/sandbox.h"

#include <cctype>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>
#include <thread>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runner/io/event_json.h"
#include "runner/io/journal_replay.h"
#include "runner/io/journal_writer.h"
#include "runner/io/lease.h"
#include "tests/e2e/shell.h"
#include "tests/support/temp_folder.h"

namespace sweepjob {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> result;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) result.push_back(line);
  return result;
}

std::string indented(const std::string& text, const std::string& by) {
  std::string result;
  for (const std::string& line : split(text)) result += by + line + "\n";
  return result;
}

int exit_code(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

}  // namespace

std::vector<std::string> Output::lines() const { return split(text); }

std::string job(const Job& job) {
  return "type: sweep\ntrial:\n  environment: azureml:here@latest\n  command: |\n" +
         indented(job.command, "    ") + job.trial + "sampling_algorithm: " + job.sampling +
         "\nsearch_space:\n" + indented(job.search_space, "  ") + "objective: {goal: " + job.goal +
         ", primary_metric: \"" + job.metric + "\"}\nlimits: {" + job.limits + "}\n" +
         (job.early_termination.empty() ? ""
                                        : "early_termination: {" + job.early_termination + "}\n") +
         (job.extensions.empty()
              ? ""
              : "properties:\n  sweepjob: |\n" + indented(job.extensions, "    "));
}

// Independent of the product's own search.
std::vector<pid_t> processes_with(const std::string& text) {
  std::vector<pid_t> found;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (std::isdigit(static_cast<unsigned char>(name[0])) == 0) continue;
    if (read_file(entry.path() / "status").find("State:\tZ") != std::string::npos) continue;
    const std::string words =
        read_file(entry.path() / "environ") + read_file(entry.path() / "cmdline");
    if (words.find(text) != std::string::npos) found.push_back(std::atoi(name.c_str()));
  }
  return found;
}

void Sandbox::SetUp() {
  std::string pattern = testing::TempDir() + "/sweepjob-e2e.XXXXXX";
  ASSERT_NE(mkdtemp(pattern.data()), nullptr);
  folder_ = fs::canonical(pattern).string();
  state_ = path("state");
  write("xdg/sweepjob/config.yaml", "environments:\n  here: {}\n");
  write("LOG", "");
}

void Sandbox::TearDown() {
  for (const auto& [pid, file] : started_) {
    if (::waitpid(pid, nullptr, WNOHANG) == 0) kill_and_wait(pid);
  }
  for (int round = 0; round < 100; ++round) {
    const std::vector<pid_t> left = processes();
    if (left.empty()) break;
    for (const pid_t pid : left) ::kill(pid, SIGKILL);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  if (HasFailure()) {
    for (const auto& [pid, file] : started_) {
      std::cerr << "--- output of " << pid << "\n" << read_file(file);
    }
  }
  std::error_code ignored;
  // What belongs to the code is read-only.
  (void)bash("chmod -R u+w . 2>/dev/null");
  fs::remove_all(folder_, ignored);
}

void Sandbox::write(const std::string& name, const std::string& text) const {
  const fs::path file = path(name);
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << text;
}

std::string Sandbox::read(const std::string& name) const {
  return read_file(name.starts_with('/') ? name : path(name));
}

std::vector<std::string> Sandbox::lines_of(const std::string& name) const {
  return split(read(name));
}

// The machine's GPUs and language are no part of any test: its GPUs bound how many trials run.
std::string Sandbox::prelude() const {
  return "cd " + shell_quoted(folder_) + "; export SWEEPJOB_STATE=" + shell_quoted(state_) +
         " LOG=" + shell_quoted(path("LOG")) + " XDG_CONFIG_HOME=" + shell_quoted(path("xdg")) +
         " PATH=" + shell_quoted(SWEEPJOB_BINARY_DIR) +
         ":$PATH LC_ALL=C CUDA_VISIBLE_DEVICES=; unset SWEEPJOB_CONFIG; ";
}

Output Sandbox::bash(const std::string& script) const {
  const ShellOutput output = run_bash(prelude() + script);
  return {exit_code(output.status), output.text};
}

nlohmann::json Sandbox::json(const std::string& arguments) const {
  const Output output = bash("sweepjob " + arguments + " 2>/dev/null");
  const auto value = nlohmann::json::parse(output.text, nullptr, false);
  EXPECT_FALSE(value.is_discarded()) << arguments << ": " << output.text;
  return value;
}

pid_t Sandbox::start(const std::string& arguments) {
  const std::string file = path("out." + std::to_string(started_.size()));
  std::string script =
      prelude() + "exec sweepjob " + arguments + " >" + shell_quoted(file) + " 2>&1 </dev/null";
  std::string shell = "bash";
  std::string flag = "-c";
  char* words[] = {shell.data(), flag.data(), script.data(), nullptr};
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  sigset_t signals;
  ::sigemptyset(&signals);
  ::posix_spawnattr_setsigmask(&attributes, &signals);
  for (const int signal : {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE}) {
    ::sigaddset(&signals, signal);
  }
  ::posix_spawnattr_setsigdefault(&attributes, &signals);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  pid_t pid = 0;
  if (::posix_spawnp(&pid, "bash", nullptr, &attributes, words, environ) != 0) std::abort();
  ::posix_spawnattr_destroy(&attributes);
  started_.emplace_back(pid, file);
  return pid;
}

std::string Sandbox::output_of(pid_t pid) const {
  for (const auto& [known, file] : started_) {
    if (known == pid) return read_file(file);
  }
  return {};
}

int Sandbox::wait(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) return -1;
  }
  return exit_code(status);
}

void Sandbox::kill_and_wait(pid_t pid) const {
  ASSERT_GT(pid, 1) << "there is no such process";
  ::kill(pid, SIGKILL);
  (void)wait(pid);
}

void Sandbox::stop_and_wait(pid_t pid) {
  ::kill(pid, SIGSTOP);
  int status = 0;
  while (::waitpid(pid, &status, WUNTRACED) < 0 && errno == EINTR) {
  }
  ASSERT_TRUE(WIFSTOPPED(status)) << "it has ended: " << status;
}

std::string Sandbox::sweep_folder(const std::string& name) const {
  std::error_code error;
  return fs::canonical(fs::path(state_) / "names" / name, error).string();
}

std::vector<std::string> Sandbox::journal(const std::string& name) const {
  std::vector<std::string> result;
  const std::string folder = sweep_folder(name);
  if (folder.empty()) return result;
  const auto report = replay_journal(folder, [&](std::uint64_t sequence, Event&& event) {
    result.push_back(event_to_json_line(sequence, event));
  });
  const bool readable = report.has_value() || report.error().code() == ErrorCode::NotFound;
  EXPECT_TRUE(readable) << report.error().text();
  return result;
}

std::vector<nlohmann::json> Sandbox::events(const std::string& name,
                                            const std::string& kind) const {
  std::vector<nlohmann::json> result;
  for (const std::string& line : journal(name)) {
    auto event = nlohmann::json::parse(line);
    if (event.at("event") == kind) result.push_back(std::move(event));
  }
  return result;
}

void Sandbox::append(const std::string& name, EventBody event) const {
  auto lease = acquire_lease(sweep_folder(name), nullptr);
  ASSERT_TRUE(lease.has_value()) << lease.error().text();
  const auto report = check_journal(sweep_folder(name));
  ASSERT_TRUE(report.has_value()) << report.error().text();
  auto journal = JournalWriter::take_over(sweep_folder(name), report->uid, {});
  ASSERT_TRUE(journal.has_value()) << journal.error().text();
  const auto now = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  const auto written = append_and_wait(**journal, {Event{now, std::move(event)}});
  ASSERT_TRUE(written.has_value()) << written.error().text();
}

std::int64_t Sandbox::seconds_since_submit(const std::string& name) const {
  std::optional<Timestamp> created;
  const auto report = replay_journal(sweep_folder(name), [&](std::uint64_t, Event&& event) {
    if (!created) created = event.time;
  });
  EXPECT_TRUE(report.has_value() && created);
  const auto age = std::chrono::system_clock::now() - created.value_or(Timestamp());
  return std::chrono::duration_cast<std::chrono::seconds>(age).count();
}

std::string Sandbox::record_value(const std::string& file, const std::string& key) {
  for (const std::string& line : split(read_file(file))) {
    if (line.starts_with(key + " ")) return line.substr(key.size() + 1);
  }
  return {};
}

pid_t Sandbox::controller_of(const std::string& name) const {
  const std::string folder = sweep_folder(name);
  if (folder.empty()) return 0;
  const auto view = look_at_lease(folder, LeaseIdentity::of_this_process());
  if (view.has_error() || !view->locked || !view->record) return 0;
  return static_cast<pid_t>(view->record->holder.pid);
}

std::vector<pid_t> Sandbox::processes() const { return processes_with(folder_); }

testing::AssertionResult Sandbox::nothing_runs() const {
  auto result = wait_until([this] { return processes().empty(); });
  if (!result) {
    for (const pid_t pid : processes()) {
      result << "\n" << pid << ": " << read_file("/proc/" + std::to_string(pid) + "/cmdline");
    }
  }
  return result;
}

testing::AssertionResult Sandbox::wait_until(const std::function<bool()>& condition,
                                             std::chrono::milliseconds patience) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) {
      return testing::AssertionFailure() << "not within " << patience.count() << " ms";
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return testing::AssertionSuccess();
}

}  // namespace sweepjob
