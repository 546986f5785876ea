// The simulated cluster under the contract suite of backends.
#pragma once

#include <memory>
#include <string>

#include <boost/asio/io_context.hpp>

#include "backends/simulated/sim_link.h"
#include "tests/support/backend_harness.h"

namespace sweepjob::testing {

class SimHarness final : public BackendHarness {
 public:
  explicit SimHarness(SimOptions options) : cluster_(clock_, options, &SimHarness::script) {
    restart();
  }

  boost::asio::io_context& context() override { return context_; }
  Backend& backend() override { return *link_; }
  void restart() override {
    link_.reset();
    link_ = std::make_unique<SimLink>(cluster_);
  }
  LaunchRequest request(AttemptKey key, Behaviour behaviour) override {
    LaunchRequest request;
    request.key = key;
    request.attempt_folder = key.token();
    request.command = std::to_string(static_cast<int>(behaviour));
    return request;
  }
  int times_started(const AttemptKey& key) override {
    const SimCluster::Attempt* attempt = cluster_.find(key);
    return attempt == nullptr ? 0 : static_cast<int>(attempt->starts);
  }
  void let_time_pass() override {
    context_.restart();
    if (context_.poll_one() == 0) clock_.step();
  }

 private:
  static SimRun script(const SimStart& start) {
    SimRun run;
    const auto behaviour = static_cast<Behaviour>(std::stoi(start.request.command));
    if (behaviour == Behaviour::Fails) run.code = 3;
    run.runs_on = behaviour == Behaviour::RunsOn;
    return run;
  }

  SimClock clock_;
  SimCluster cluster_;
  boost::asio::io_context context_{1};
  std::unique_ptr<SimLink> link_;
};

// Answers and changes that come late, and come again.
inline SimOptions slow_and_repetitive() {
  SimOptions options;
  options.seed = 7;
  options.workers = 3;
  options.answer_delay_max = std::chrono::seconds(5);
  options.startup_delay_max = std::chrono::seconds(5);
  options.status_delay_max = std::chrono::seconds(5);
  options.cancel_delay_max = std::chrono::seconds(5);
  options.status_repeated = 0.5;
  return options;
}

}  // namespace sweepjob::testing
