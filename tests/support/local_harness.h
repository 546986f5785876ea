// The local backend with real processes in a temporary state folder.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include <fmt/format.h>
#include <boost/asio/io_context.hpp>

#include "backends/local/local_backend.h"
#include "tests/support/attempt_world.h"
#include "tests/support/backend_harness.h"

namespace sweepjob::testing {

class LocalHarness final : public BackendHarness {
 public:
  LocalHarness() { restart(); }
  ~LocalHarness() override {
    backend_.reset();
    for (const pid_t pid : processes_with(mark())) ::kill(pid, SIGKILL);
    // Attempt programs write their last record into the folder that is about to go.
    eventually([&] { return processes_with(mark()).empty(); });
  }

  boost::asio::io_context& context() override { return context_; }
  Backend& backend() override { return *backend_; }
  void restart() override {
    backend_.reset();
    backend_ = make_local_backend(context_.get_executor(), {attempt_program()});
  }
  LaunchRequest request(AttemptKey key, Behaviour behaviour) override {
    LaunchRequest request;
    request.key = key;
    request.epoch = 1;
    request.params_hash = "0123456789abcdef";
    request.sweep_folder = world_.path();
    request.attempt_folder = folder(key);
    request.environment = {{"TEST_MARK", world_.path()}};
    request.command = "echo started >> ../started; ";
    if (behaviour == Behaviour::Fails) request.command += "exit 3";
    if (behaviour == Behaviour::RunsOn) request.command += "sleep 1000";
    return request;
  }
  int times_started(const AttemptKey& key) override {
    const std::string text = read_file(folder(key) + "/started");
    return static_cast<int>(std::count(text.begin(), text.end(), '\n'));
  }
  void let_time_pass() override {
    context_.restart();
    context_.run_one_for(std::chrono::milliseconds(5));
  }

  [[nodiscard]] std::string folder(const AttemptKey& key) const {
    return fmt::format("{}/trials/{}/{}", world_.path(), index_of(key.attempt.trial),
                       key.attempt.number);
  }
  // The processes of it that sleep already, as `sleep` or by the mark's name; others, such as a
  // copy of the shell, are on their way to that.
  [[nodiscard]] std::size_t sleepers() const {
    std::size_t count = 0;
    for (const pid_t pid : processes_with(mark())) {
      const std::string words = read_file(fmt::format("/proc/{}/cmdline", pid));
      if (words.starts_with("sleep") || words.starts_with(mark())) ++count;
    }
    return count;
  }
  [[nodiscard]] std::string mark() const { return "TEST_MARK=" + world_.path(); }
  [[nodiscard]] const std::string& path() const { return world_.path(); }

 private:
  TempFolder world_;
  boost::asio::io_context context_{1};
  std::unique_ptr<Backend> backend_;
};

}  // namespace sweepjob::testing
