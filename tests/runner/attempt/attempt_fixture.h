// A fresh attempt folder, and the real attempt program run in it.
#pragma once

#include <string>

#include <gtest/gtest.h>

#include "model/attempt_record.h"
#include "model/ids.h"
#include "tests/support/attempt_world.h"

namespace sweepjob::testing {

class AttemptTest : public ::testing::Test {
 protected:
  AttemptTest() {
    // A control group is named by it: two programs with tests at once must not share one.
    launch_.token = SweepUid::random().hex() + "-0-1";
    launch_.epoch = 1;
    launch_.params_hash = "feedfacefeedface";
    launch_.sweep_folder = world_.path();
    // What a shell says of a program is read, in English.
    launch_.environment = {{"TEST_MARK", world_.path()}, {"LC_ALL", "C"}};
    launch_.grace_ms = 60'000;
  }
  ~AttemptTest() override {
    // Attempt programs, which the path alone tells, write their last record into the folder that
    // is about to go.
    eventually([&] {
      const std::vector<pid_t> left = processes_with(world_.path());
      for (const pid_t pid : left) ::kill(pid, SIGKILL);
      return left.empty();
    });
  }

  [[nodiscard]] std::string folder() const { return world_.path() + "/trials/0/1"; }
  [[nodiscard]] std::string path(const std::string& name) const { return folder() + '/' + name; }
  [[nodiscard]] std::string mark() const { return "TEST_MARK=" + world_.path(); }

  pid_t start(const std::string& command) {
    launch_.command = command;
    write_file(path("launch"), to_text(launch_));
    return start_program(folder());
  }
  ExitRecord run(const std::string& command) {
    EXPECT_EQ(wait_for_program(start(command)), 0);
    return exit_record();
  }
  [[nodiscard]] ExitRecord exit_record() const {
    const auto record = parse_exit(read_file(path("exit")));
    EXPECT_TRUE(record) << read_file(path("exit"));
    return record.value_or(ExitRecord{});
  }
  [[nodiscard]] std::string log() const { return read_file(path(attempt_file::kStdout)); }
  [[nodiscard]] bool log_has(const std::string& text) const {
    return eventually([&] { return log().find(text) != std::string::npos; });
  }
  // As the backend does.
  void cancel(pid_t program) const {
    write_file(path("cancel"), "");
    ::kill(program, SIGTERM);
  }

  TempFolder world_;
  LaunchRecord launch_;
};

}  // namespace sweepjob::testing
