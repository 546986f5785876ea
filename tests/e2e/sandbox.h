// One test's world: a folder with a state folder, a shared file `LOG` that training commands append
// to, and whatever processes the test starts. At the end everything that still carries the state
// folder in its environment is killed, by pid, and the folder is removed.
//
//   write("job.yaml", job({.command = "echo acc=1"}));
//   EXPECT_EQ(sweepjob("submit job.yaml --name a").code, 0);
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/types.h>
#include <nlohmann/json.hpp>

#include "runner/core/event.h"

namespace sweepjob {

struct Output {
  int code = -1;     // exit code, or 1000 + signal
  std::string text;  // standard output and error, merged

  [[nodiscard]] std::vector<std::string> lines() const;
};

// A job file. Every text goes in as it is.
struct Job {
  std::string command = {};  // may have several lines
  std::string search_space = "x: {type: choice, values: [1, 2, 3, 4]}";
  std::string sampling = "grid";
  std::string limits = "max_total_trials: 4, max_concurrent_trials: 2";
  std::string early_termination = "";
  std::string extensions = "retry_backoff: 0";  // under properties.sweepjob, line by line
  std::string trial = "";                       // further keys of `trial`, two spaces in front
  std::string metric = "acc";
  std::string goal = "maximize";
};
std::string job(const Job& job);

// Processes, not zombies, with this text in their environment or arguments.
std::vector<pid_t> processes_with(const std::string& text);

class Sandbox : public testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  [[nodiscard]] std::string path(const std::string& name) const { return folder_ + "/" + name; }
  void write(const std::string& name, const std::string& text) const;
  [[nodiscard]] std::string read(const std::string& name) const;
  [[nodiscard]] std::vector<std::string> lines_of(const std::string& name) const;

  // Bash in the sandbox's folder; `sweepjob` is on the PATH, SWEEPJOB_STATE and LOG are set.
  Output bash(const std::string& script) const;
  Output sweepjob(const std::string& arguments) const { return bash("sweepjob " + arguments); }
  // Standard output alone, as JSON. A test that needs it fails where it is none.
  [[nodiscard]] nlohmann::json json(const std::string& arguments) const;
  [[nodiscard]] nlohmann::json show(const std::string& name) const {
    return json("show " + name + " -o json");
  }

  // Starts it with its output in the file out.<n> and gives its pid; `wait` gives its exit code.
  // Signals do to it what they do by default, also where the tests run with some of them ignored
  // (nohup, `&` in a script).
  pid_t start(const std::string& arguments);
  [[nodiscard]] std::string output_of(pid_t pid) const;
  static int wait(pid_t pid);
  void kill_and_wait(pid_t pid) const;
  // Returns when it has stopped, all threads of it: from then on it does nothing.
  static void stop_and_wait(pid_t pid);

  [[nodiscard]] std::string sweep_folder(const std::string& name) const;
  // Each event as a JSON line, in order; empty when there is no journal yet.
  [[nodiscard]] std::vector<std::string> journal(const std::string& name) const;
  [[nodiscard]] std::vector<nlohmann::json> events(const std::string& name,
                                                   const std::string& kind) const;
  // Puts an event behind the journal's end, where no command gives what a test needs (limits below
  // Azure's minute). No controller may run.
  void append(const std::string& name, EventBody event) const;
  [[nodiscard]] std::int64_t seconds_since_submit(const std::string& name) const;
  [[nodiscard]] std::string attempt_folder(const std::string& name, int trial, int attempt) const {
    return sweep_folder(name) + "/trials/" + std::to_string(trial) + "/" + std::to_string(attempt);
  }
  // The value of a key of a record such as `claim`; empty when it is not there.
  static std::string record_value(const std::string& file, const std::string& key);
  // The pid in the sweep's lease while somebody holds it, else 0.
  [[nodiscard]] pid_t controller_of(const std::string& name) const;
  [[nodiscard]] std::vector<pid_t> processes() const;
  // For after a controller was killed: its attempt server sees that by itself, and goes. Nothing
  // that a trial left behind goes within this patience.
  [[nodiscard]] testing::AssertionResult nothing_runs() const;

  static testing::AssertionResult wait_until(
      const std::function<bool()>& condition,
      std::chrono::milliseconds patience = std::chrono::seconds(120));

  std::string folder_;
  std::string state_;

 private:
  [[nodiscard]] std::string prelude() const;
  std::vector<std::pair<pid_t, std::string>> started_;
};

}  // namespace sweepjob
